"""What a server complains about, found in every shape in which complaints come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

MOST_WORDS = 20_000  # signs of a complaint: what follows is no part of a sentence


@dataclass(frozen=True, slots=True)
class ServerFault:
    """What a server complains about: its words, and what it names beside them."""

    message: str
    code: str = ""
    type: str = ""
    parameter: str = ""


def wants_https(answer: Any) -> bool:
    """Whether what was answered is what nginx, Apache and Go's servers say to http on a port of https."""
    said = str(answer)[:MOST_WORDS].lower()
    return ("http request" in said and "https " in said) or "speaking plain http to an ssl" in said


def fault_in(answer: Any) -> ServerFault:
    """What the server complains about, as far as anybody reads it."""
    fault = _fault_in(answer)
    return replace(
        fault,
        message=fault.message[:MOST_WORDS],
        code=fault.code[:MOST_WORDS],
        type=fault.type[:MOST_WORDS],
        parameter=fault.parameter[:MOST_WORDS],
    )


def _fault_in(answer: Any) -> ServerFault:
    """Servers put it in `error`, `error.message`, `message` or `detail`."""
    if isinstance(answer, list) and answer and isinstance(answer[0], Mapping):  # as Gemini's layer sends it
        answer = answer[0]
    if not isinstance(answer, Mapping):
        text = str(answer or "")
        return ServerFault("" if text.lstrip()[:1] == "<" else text)
    fault = answer.get("error") or answer
    if not isinstance(fault, Mapping):
        return ServerFault(str(fault), str(answer.get("code") or ""))
    message = fault.get("message") or fault.get("detail") or ""
    if (raw := _within(fault)) is not None:
        return raw
    if isinstance(message, Mapping) and isinstance(message.get("detail"), list):  # as Mistral sends FastAPI's
        message = message["detail"]
    if isinstance(message, list):  # FastAPI's, one for each field
        return _of_fields(message)
    return ServerFault(
        str(message), str(fault.get("code") or ""), str(fault.get("type") or ""), str(fault.get("param") or "")
    )


def _within(fault: Mapping[str, Any]) -> ServerFault | None:
    """The complaint of the vendor behind a gateway, where the gateway passes it on as text (OpenRouter does)."""
    about = fault.get("metadata")
    raw = about.get("raw") if isinstance(about, Mapping) else None
    if not isinstance(raw, str) or not raw.strip():
        return None
    try:
        inner = json.loads(raw)
    except (ValueError, RecursionError):
        inner = raw
    if isinstance(inner, Mapping) and isinstance(inner.get("metadata"), Mapping):
        return None
    found = _fault_in(inner)
    return found if found.message else None


def _of_fields(complaints: list[Any]) -> ServerFault:
    said, named = [], ""
    for one in complaints:
        if isinstance(one, Mapping):
            where = [str(part) for part in one.get("loc") or () if part != "body"]
            named = named or (where[0] if where else "")
            said.append(f"{'.'.join(where)}: {one.get('msg') or ''}")
        else:
            said.append(str(one))
    return ServerFault("; ".join(said), parameter=named)
