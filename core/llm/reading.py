"""From the bytes of an answer to the reply in it. Servers differ; what all of them agree on is read here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.llm.diagnosis import Asked, diagnose, unreadable
from core.records import Endpoint


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply's text, why it ended, what it took (None where the server doesn't say) and its JSON whole."""

    text: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    body: Mapping[str, Any]


def read_answer(asked: Asked, raw: str) -> Answer:
    """Return the reply in the text of an answer with status 200.

    Raises BadReply where there is none, and what the answer says where a gateway hides an error behind status 200.
    """
    try:
        body = json.loads(raw, parse_constant=lambda name: None)
    except (ValueError, RecursionError) as error:
        raise unreadable(asked, raw, "it isn't JSON, or was cut off") from error
    if not isinstance(body, dict):
        raise unreadable(asked, raw, "it isn't a JSON object")
    if len(asked.key) >= 12 and asked.key in raw:
        body = json.loads(raw.replace(asked.key, "[key]"))
    choices = body.get("choices")
    if body.get("error") and not choices:
        raise diagnose(asked, _hidden_status(body["error"]), body, {})
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise unreadable(asked, raw, "it has no choices")
    text = _text(asked.endpoint, choices[0])
    if text is None:
        raise unreadable(asked, raw, "its first choice has no text")
    usage = body.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    return Answer(
        text,
        str(choices[0].get("finish_reason") or "stop"),
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
        body,
    )


def read_models(asked: Asked, raw: str) -> list[str]:
    """Return the model names in the text of a server's model list, sorted. Raises BadReply where there is none."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise unreadable(asked, raw, "it isn't JSON") from error
    if isinstance(body, dict) and body.get("error"):
        raise diagnose(asked, _hidden_status(body["error"]), body, {})
    listed = body.get("data") if isinstance(body, dict) else body
    if listed is None:  # Ollama with no model pulled yet
        listed = []
    if not isinstance(listed, list):
        raise unreadable(asked, raw, "it has no list of models")
    return sorted({str(row["id"]) for row in listed if isinstance(row, Mapping) and row.get("id")})


def _text(endpoint: Endpoint | None, choice: Mapping[str, Any]) -> str | None:
    if endpoint is Endpoint.COMPLETIONS:
        text = choice.get("text")
        return text if isinstance(text, str) else None
    message = choice.get("message")
    if not isinstance(message, Mapping):
        return None
    content = message.get("content")
    if isinstance(content, list):  # parts, as some gateways send them
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""  # null: the model refused or only reasoned


def _hidden_status(error: Any) -> int:
    code = error.get("code") if isinstance(error, Mapping) else None
    if isinstance(code, int) and 300 <= code < 600:
        return code
    # LM Studio answers a path that it doesn't know so.
    return 404 if "unexpected endpoint" in str(error).lower() else 400


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
