"""The line to a server: how it is opened, which models it has, and in plain words what is wrong with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

from core.llm.body import limit_of, request_body
from core.llm.diagnosis import Asked, diagnose, quoted
from core.llm.errors import (
    BadReply,
    ModelError,
    NeedsRoom,
    NoServer,
    NoSuchEndpoint,
    ParameterRefused,
    RequestRefused,
    TimedOut,
)
from core.llm.listing import Listed, read_models
from core.llm.providers import Provider
from core.llm.reading import Answer, read_answer
from core.llm.sampling import Sampling
from core.records import Endpoint

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

PATHS = {
    Endpoint.COMPLETIONS: "/completions",
    Endpoint.CHAT: "/chat/completions",
    Endpoint.RESPONSES: "/responses",
}
CONNECT_S = 10.0
CHECK_S = 30.0
KEEPALIVE_S = 4.0  # many servers hang up after 5 s; a connection that is about to close would lose a request

T = TypeVar("T")


class Connection:
    """An open line to one server. Talks to that server's address and to nothing else; redirects aren't followed."""

    def __init__(
        self,
        provider: Provider,
        key: str,
        *,
        connections: int = 1,
        timeout: float = CHECK_S,
        headers: Mapping[str, str] | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`timeout` is the most seconds that one request may take from its start to the whole answer.

        `headers` go with every request; none of them is a key.
        """
        self.provider, self._key, self._headers = provider, key, dict(headers or {})
        # A model in this program is first loaded, maybe downloaded, and answers as fast as the machine can.
        self._timeout = None if provider.is_in_process else timeout
        self._openai = _open(provider, key, connections, transport)

    async def post(self, endpoint: Endpoint, body: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
        """Send a body exactly as it is and return the answer. Raises ModelError."""
        return read_answer(self.asked(endpoint, body), await self.text_of(endpoint, body, headers))

    async def text_of(self, endpoint: Endpoint, body: Mapping[str, Any], headers: Mapping[str, str]) -> str:
        """Send a body exactly as it is and return the answer unread. Raises ModelError."""
        asked = self.asked(endpoint, body)
        where = PATHS[endpoint]
        if self.provider.is_azure and self.provider.api_version:
            where = f"/deployments/{quote(asked.model, safe='')}{where}"
        return await self._send(asked, "post", where, body, headers)

    def asked(self, endpoint: Endpoint, body: Mapping[str, Any]) -> Asked:
        """Who is asked what, for the sentences about the answer."""
        return Asked(self.provider, self._key, str(body.get("model", "")), endpoint, tuple(body), limit_of(body))

    async def models(self) -> list[Listed]:
        """Return the server's models, by name. Raises ModelError."""
        asked = Asked(self.provider, self._key)
        return read_models(asked, await self._send(asked, "get", "/models", None, {}))

    async def close(self) -> None:
        await self._openai.close()

    async def _send(
        self, asked: Asked, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> str:
        import httpx2
        import openai

        options: Any = {
            "headers": {**self._withheld(), **self._headers, **headers},
            "security": {"bearer_auth": True},
        }
        try:
            async with asyncio.timeout(self._timeout):
                if method == "get":
                    response = await self._openai.get(path, cast_to=httpx2.Response, options=options)
                else:
                    # Escaped, because half a surrogate pair, which models do produce, has no UTF-8.
                    content = json.dumps(dict(body or {}), allow_nan=False).encode("ascii")
                    response = await self._openai.post(path, cast_to=httpx2.Response, content=content, options=options)
            return response.text
        except openai.APIStatusError as error:
            answer = _json_or_text(error.response.text)
            raise diagnose(asked, error.status_code, answer, error.response.headers) from None
        except UnicodeError:  # the openai package writes headers in ASCII; which one, nobody needs to see
            raise _no_header(asked) from None
        except TimeoutError:
            raise TimedOut(
                f"{asked.server} didn't answer within {self._timeout:g} s; allow more time or lower the concurrency."
            ) from None
        except openai.APIConnectionError as error:
            raise _no_line(asked, error.__cause__) from None

    def _withheld(self) -> dict[str, Any]:
        """Headers that the openai package would add from the environment and this server has no business with."""
        from openai import Omit

        withheld: dict[str, Any] = {}
        if not self._key or self.provider.is_azure:
            withheld["Authorization"] = Omit()
        if self._key and self.provider.is_azure:
            withheld["api-key"] = self._key
        if not self.provider.is_openai:
            withheld |= {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
        return withheld


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """Whether a model can be used as asked: one sentence, what was tried in order, and the server's models."""

    ok: bool
    sentence: str
    tried: tuple[str, ...]
    models: tuple[str, ...] = ()


def list_models(provider: Provider, key: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> list[str]:
    """Return the names of a server's models, sorted. Raises ModelError with a sentence for a person."""

    async def ask() -> list[str]:
        connection = Connection(provider, key, transport=transport)
        try:
            return [model.name for model in await connection.models()]
        finally:
            await connection.close()

    return _finished(ask())


def check_connection(
    provider: Provider,
    key: str,
    model: str,
    endpoint: Endpoint,
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> ConnectionReport:
    """Try a model as a run would, with a reply of one token at most, and say in plain words what is wrong.

    Never raises for what a server does; the report's sentence says it.
    """
    return _finished(_check(Connection(provider, key, transport=transport), model, endpoint))


async def _check(connection: Connection, model: str, endpoint: Endpoint) -> ConnectionReport:
    tried: list[str] = []
    models: list[str] = []
    server = Asked(connection.provider, "").server
    try:
        tried.append("listing the models")
        try:
            models = [listed.name for listed in await connection.models()]
        except (NoSuchEndpoint, BadReply) as error:
            if not model:
                raise
            tried.append(f"no list of models came: {error}")
        if not model:
            return _report(False, f"{server} answers; choose one of its {len(models)} models.", tried, models)
        tried.append(f"asking {model} for one token on the {endpoint} endpoint")
        await _one_token(connection, model, endpoint)
    except ModelError as error:
        return _report(False, str(error), tried, models)
    finally:
        await connection.close()
    unlisted = " (its list doesn't name it)" if models and model not in models else ""
    return _report(True, f"{server} answers with the model {model} on {endpoint}{unlisted}.", tried, models)


async def _one_token(connection: Connection, model: str, endpoint: Endpoint) -> None:
    asked = request_body(endpoint, model, "Hello", Sampling(None, None, None, None, 1))
    try:
        await connection.post(endpoint, asked, {})
    except ParameterRefused as refused:
        if not refused.instead:
            raise
        asked[refused.instead] = asked.pop(refused.name)
        with suppress(NeedsRoom):  # it ran out of its one token while it thought: it works
            await connection.post(endpoint, asked, {})
    except NeedsRoom:
        return


def _report(ok: bool, sentence: str, tried: list[str], models: list[str]) -> ConnectionReport:
    return ConnectionReport(ok, sentence, tuple(tried), tuple(models))


def _open(provider: Provider, key: str, connections: int, transport: httpx2.AsyncBaseTransport | None) -> AsyncOpenAI:
    import httpx2
    from openai import AsyncOpenAI

    from core.llm.bounded import bind

    if transport is None and provider.is_demo:
        from core.llm.demo import DemoTransport

        transport = DemoTransport()
    http = httpx2.AsyncClient(
        transport=transport,
        event_hooks={"response": [bind]},
        limits=httpx2.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEPALIVE_S
        ),
        timeout=httpx2.Timeout(None, connect=CONNECT_S),
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


def _no_line(asked: Asked, cause: BaseException | None) -> ModelError:
    import httpx2

    from core.llm.bounded import TooMuch

    if isinstance(cause, TooMuch):
        return BadReply(
            f"{asked.server} sent an answer that is none ({cause}), and it was not read to its end; look into its log."
        )
    if isinstance(cause, httpx2.LocalProtocolError | httpx2.InvalidURL | UnicodeError | TypeError | ValueError):
        return _no_header(asked)  # its words hold the header, and so maybe the key
    why = quoted(str(cause or ""), asked.key).replace("it says", "the system says")
    never_reached = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol, httpx2.ProxyError)
    if isinstance(cause, never_reached):
        return NoServer(
            f"Nothing answers at {asked.server}{why}; check the address, and that the server is running and reachable."
        )
    return BadReply(f"The connection to {asked.server} broke before the reply was whole{why}; look into its log.")


def _no_header(asked: Asked) -> RequestRefused:
    return RequestRefused(
        f"The request to {asked.server} can't be written: its key or a header holds a character that HTTP doesn't "
        "carry; enter them again."
    )


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, from code that isn't one, even where an event loop runs already (a notebook)."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
