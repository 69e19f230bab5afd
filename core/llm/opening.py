"""How a line to a server is opened, and what is wrong where it breaks. Loads the packages that speak HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

import httpx2
from openai import AsyncOpenAI

from core.llm import surroundings
from core.llm.bounded import TooMuch, bind
from core.llm.demo import DemoTransport
from core.llm.diagnosis import Asked
from core.llm.errors import BadReply, ModelError, NoServer, RequestRefused
from core.llm.local import LocalTransport
from core.llm.providers import Provider
from core.llm.quoting import quoted

with suppress(ImportError):
    # The openai package looks into this one wherever it is loaded, at each request: while another thread is loading it
    # (a page for the Hub, say), a run's request would end in a fault.
    import httpx as httpx

CONNECT_S = 10.0
KEEPALIVE_S = 4.0  # many servers hang up after 5 s; a connection that is about to close would lose a request


_instead: list[httpx2.AsyncBaseTransport] = []


@contextmanager
def instead_of_all(transport: httpx2.AsyncBaseTransport) -> Iterator[None]:
    """Have one transport answer in the place of every provider, for a replay: nothing can be sent meanwhile."""
    _instead.append(transport)
    try:
        yield
    finally:
        _instead.remove(transport)


def in_process(provider: Provider) -> httpx2.AsyncBaseTransport | None:
    """What answers in the place of the network for this provider; None where a server does."""
    if _instead:
        return _instead[-1]
    if provider.is_demo:
        return DemoTransport()
    return LocalTransport() if provider.is_in_process else None


def opened(provider: Provider, key: str, connections: int, transport: httpx2.AsyncBaseTransport | None) -> AsyncOpenAI:
    """A client that talks to a provider's address, or to what runs in this process, and to nothing else."""
    with surroundings.understood():
        http = httpx2.AsyncClient(
            transport=transport,
            mounts=surroundings.STRAIGHT,
            event_hooks={"response": [bind]},
            limits=httpx2.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEPALIVE_S
            ),
            timeout=httpx2.Timeout(None, connect=CONNECT_S),
            verify=surroundings.trusted(provider.base_url),
            follow_redirects=False,
            trust_env=not provider.is_local,
        )
    # An empty key is spelt out, or the package would take one from the environment, maybe another server's.
    return AsyncOpenAI(
        api_key=key or "none",
        admin_api_key="",
        base_url=urlunsplit(urlsplit(provider.base_url)._replace(query="")),
        default_query={"api-version": provider.api_version} if provider.api_version else None,
        default_headers={"Accept-Encoding": "gzip, deflate"},
        max_retries=0,
        http_client=http,
    )


def no_line(asked: Asked, cause: BaseException | None) -> ModelError:
    """The error for a request that no answer came to, by what broke."""
    if isinstance(cause, TooMuch):
        return BadReply(
            f"{asked.server} sent an answer that is none ({cause}), and it was not read to its end; look into its log."
        )
    if isinstance(cause, httpx2.LocalProtocolError | httpx2.InvalidURL | UnicodeError | TypeError | ValueError):
        return no_header(asked)  # its words hold the header, and so maybe the key
    if "WRONG_VERSION_NUMBER" in str(cause):
        return NoServer(f"{asked.server} answers, but not in https; check the address, which may begin with http://.")
    if "CERTIFICATE_VERIFY_FAILED" in str(cause):
        return NoServer(
            f"{asked.server} answers with a certificate that is not trusted here{_said(asked, cause)}; check the "
            "address, or, where that server is your own, name its certificate in SSL_CERT_FILE and start Winnow again."
        )
    why = _said(asked, cause)
    never_reached = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol, httpx2.ProxyError)
    if isinstance(cause, never_reached):
        return NoServer(
            f"Nothing answers at {asked.server}{why}; check the address, and that the server is running and reachable."
        )
    hung_up = isinstance(cause, httpx2.ReadError) or "without sending a response" in str(cause)
    may_want = hung_up and asked.provider.base_url.lower().startswith("http://")
    https = " if it speaks https, begin the address with https://, else" if may_want else ""
    return BadReply(
        f"The connection to {asked.server} broke before the reply was whole{why};{https} look into its log."
    )


def _said(asked: Asked, cause: BaseException | None) -> str:
    return quoted(str(cause or ""), asked.key).replace("it says", "the system says")


def no_header(asked: Asked) -> RequestRefused:
    """The error for a key or header that HTTP doesn't carry; which one, nobody needs to see."""
    return RequestRefused(
        f"The request to {asked.server} can't be written: its key or a header holds a character that HTTP doesn't "
        "carry; enter them again."
    )
