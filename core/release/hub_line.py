"""The line to the Hub: what it may answer has bounds, and no redirect takes what is sent to another place."""

from __future__ import annotations

from functools import cache

import httpx2

from core.llm.bounded import bind_call, bind_head
from core.llm.service import CONNECT_S
from core.llm.surroundings import STRAIGHT

WAIT_S = 120.0  # for the next byte: the Hub looks through a commit before it answers


class LedAway(httpx2.TransportError):
    """The Hub sends a call on to another host, which nobody agreed to."""


@cache
def take() -> None:
    """Have the Hub's own package speak through this line from now on; models that it downloads are as before."""
    from huggingface_hub import set_client_factory

    set_client_factory(_opened)


def _opened() -> httpx2.Client:
    from huggingface_hub.utils._http import hf_request_event_hook

    return httpx2.Client(
        mounts=STRAIGHT,
        event_hooks={"request": [hf_request_event_hook, _bind_head], "response": [_stay, _bind]},
        limits=httpx2.Limits(max_keepalive_connections=0),
        timeout=httpx2.Timeout(WAIT_S, connect=CONNECT_S),
        follow_redirects=True,  # a repository that has another name now is answered so
    )


def _is_a_call(request: httpx2.Request) -> bool:
    """Whether a request belongs to a push: a download asks for files, which may be large and lie elsewhere."""
    return request.method not in ("GET", "HEAD") or request.url.path.startswith("/api/datasets/")


def _bind_head(request: httpx2.Request) -> None:
    if _is_a_call(request):
        bind_head(request)


def _stay(response: httpx2.Response) -> None:
    asked = response.request
    if response.has_redirect_location and _is_a_call(asked):
        to = asked.url.join(response.headers["location"])
        if (to.scheme, to.host, to.port) != (asked.url.scheme, asked.url.host, asked.url.port):
            raise LedAway(f"it sends requests on to {to.scheme}://{to.host}"[:200])


def _bind(response: httpx2.Response) -> None:
    if _is_a_call(response.request):
        bind_call(response)
