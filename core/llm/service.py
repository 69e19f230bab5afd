"""The line to a server for the few calls that are not a model's reply: files and fine-tuning jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.llm import surroundings
from core.llm.providers import Provider
from core.records import Refused

if TYPE_CHECKING:
    from openai import OpenAI

CONNECT_S = 10.0


def open_service(provider: Provider, key: str) -> OpenAI:
    """Return a client that talks to that address and to nothing else; close it after use.

    Raises Refused for the demo, which trains nothing, and where the address needs a key and there is none.
    """
    import httpx2
    from openai import OpenAI

    from core.llm.bounded import CALL_S, bind_call, bind_head

    if provider.is_demo:
        raise Refused("The demo replays replies and trains nothing; choose another provider on the page Models.")
    if provider.needs_key and not key:
        raise Refused(f"{provider.label} needs a key; set OPENAI_API_KEY or type it in on the page Models.")
    with surroundings.understood():
        http = httpx2.Client(
            mounts=surroundings.STRAIGHT,
            event_hooks={"request": [bind_head], "response": [bind_call]},
            limits=httpx2.Limits(max_keepalive_connections=0),
            timeout=httpx2.Timeout(CALL_S, connect=CONNECT_S),  # an upload is answered when the whole file has arrived
            follow_redirects=False,
            verify=surroundings.trusted(provider.base_url),
            trust_env=not provider.is_local,
        )
    # An empty key is spelt out, or the package would take one from the environment, maybe another server's.
    return OpenAI(
        api_key=key or "none",
        admin_api_key="",
        base_url=provider.base_url,
        default_headers={"Accept-Encoding": "gzip, deflate"},
        max_retries=0,
        http_client=http,
    )
