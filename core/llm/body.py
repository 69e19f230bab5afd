"""The one place that makes the body of a request, for every method, step and endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.llm.sampling import Sampling
from core.records import Endpoint

ANSWERING = tuple(endpoint for endpoint in Endpoint if endpoint is not Endpoint.EMBEDDINGS)
"""The endpoints on which a model may be asked to write."""


def request_body(
    endpoint: Endpoint,
    model: str,
    prompt: str,
    sampling: Sampling,
    *,
    system: str = "",
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what is asked of a model, as the endpoint names it; a system message is for chat models only.

    What an endpoint or a model doesn't take is left out where the request is sent, and told there (`fitting`). `extra`
    is the connection's own, and holds over the rest.
    """
    asked = sampling.parameters()
    spoken: dict[str, Any] = {"prompt": prompt}
    if endpoint is not Endpoint.COMPLETIONS:
        said = [{"role": "system", "content": system}] if system else []
        said.append({"role": "user", "content": prompt})
        spoken = {"messages": said}
    if endpoint is Endpoint.RESPONSES:
        spoken = {"input": spoken["messages"], "store": False}  # nothing is kept at the server
        if "max_tokens" in asked:
            asked["max_output_tokens"] = asked.pop("max_tokens")
    return {"model": model, **spoken, **asked, **(extra or {})}


def embeddings_body(model: str, texts: Sequence[str]) -> dict[str, Any]:
    """Return what an embedding model is asked; numbers come packed, a third of their length as text, where it can."""
    return {"model": model, "input": list(texts), "encoding_format": "base64"}


LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""The names by which a body says how long a reply may be."""


def limit_of(asked: Mapping[str, Any]) -> int | None:
    """Return the most tokens that one reply may have, None where the body sets no such limit."""
    found = next((asked[name] for name in LIMITS if asked.get(name) is not None), None)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 1 else None


def stops_of(asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the stop sequences that a body asks for."""
    stop = asked.get("stop")
    stops = [stop] if isinstance(stop, str) else stop if isinstance(stop, list | tuple) else []
    return tuple(one for one in stops if isinstance(one, str) and one)
