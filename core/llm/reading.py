"""From the bytes of an answer to the reply in it. Servers differ; what all of them agree on is read here."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.llm import thoughts
from core.llm.diagnosis import Asked, hidden, unreadable
from core.llm.quoting import name_of
from core.records import Endpoint
from core.words import number_of

MOST_PARTS, A_LIST = 4_000_000, 4  # of an answer, and how many a list or object counts for: of 240 MB at most
MOST_COUNT = 2**31 - 1  # more tokens than any reply has, and as many as every database can count
FINISHED = {
    **dict.fromkeys(("max_tokens", "max_output_tokens", "model_length", "incomplete", "MAX_TOKENS"), "length"),
    **dict.fromkeys(("eos", "eos_token", "end_turn", "stop_sequence", "completed", "STOP"), "stop"),
    **dict.fromkeys(("content-filter", "SAFETY", "PROHIBITED_CONTENT", "RECITATION", "sensitive"), "content_filter"),
}


_ANSWERED = {Endpoint.RESPONSES: "output", Endpoint.EMBEDDINGS: "data"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply's text without thoughts, its thoughts, why it ended, what it took (None where unsaid), its JSON whole."""

    text: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    body: Mapping[str, Any]
    thoughts: str = ""


def read_json(raw: str) -> Any:
    """Return a text's JSON with its numbers as every database can keep them: one too large becomes text.

    Raises ValueError or RecursionError where it is none, ValueError also where it has more parts than any answer:
    32 MB of empty lists, which are 32 KB on the line, would take 800 MB.
    """
    if raw.count(",") + A_LIST * (raw.count("[") + raw.count("{")) > MOST_PARTS:
        raise ValueError("more parts than an answer has")
    return json.loads(raw, parse_constant=lambda name: None, parse_int=_integer, parse_float=_float)


def read_answer(asked: Asked, raw: str) -> Answer:
    """Return the reply in the text of an answer with status 200.

    Raises BadReply where there is none, and what the answer says where a gateway hides an error behind status 200.
    """
    try:
        body = read_json(raw)
    except (ValueError, RecursionError) as error:
        raise unreadable(asked, raw, "it isn't JSON, or was cut off") from error
    if len(asked.key) >= 12 and asked.key in raw:
        body = read_json(raw.replace(asked.key, "[key]"))
    return answer_in(asked, body, raw)


def answer_in(asked: Asked, body: Any, raw: str = "") -> Answer:
    """Return the reply in an answer's JSON. Raises as `read_answer` does."""
    if isinstance(body, list) and body and isinstance(body[0], Mapping) and body[0].get("error"):
        raise hidden(asked, _hidden_status(body[0]["error"]), body)
    if not isinstance(body, dict):
        raise unreadable(asked, raw, "it isn't a JSON object")
    answered = body.get(_ANSWERED.get(asked.endpoint, "choices") if asked.endpoint else "choices")
    if body.get("error") and not answered:
        raise hidden(asked, _hidden_status(body["error"], 502 if body.get("status") == "failed" else 400), body)
    if asked.endpoint is Endpoint.EMBEDDINGS:
        return _embeddings(asked, body, raw)
    said = _responses(asked, body, raw) if asked.endpoint is Endpoint.RESPONSES else _choice(asked, body, raw)
    usage = body.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    prompt = _count(usage.get("prompt_tokens", usage.get("input_tokens")))
    completion = _count(usage.get("completion_tokens", usage.get("output_tokens")))
    if asked.endpoint is Endpoint.RESPONSES and asked.limit and completion is not None and completion >= asked.limit:
        said.finish = said.finish.replace("stop", "length")  # seen completed although cut
    thought = said.thoughts.strip() or _thought_tokens(usage) > 0
    if said.refusal.strip() and not said.text.strip():
        said.finish, said.text = "refusal", said.refusal
    elif not said.text.strip() and said.finish in ("length", "stop") and thought:
        said.finish = "thoughts"
    elif not said.text.strip() and said.finish == "length" and asked.endpoint is not Endpoint.COMPLETIONS:
        said.finish = "thoughts"  # content null: some servers keep the thoughts to themselves
    return Answer(said.text, said.finish, prompt, completion, body, said.thoughts)


def _embeddings(asked: Asked, body: Mapping[str, Any], raw: str) -> Answer:
    """An answer whose vectors nobody has looked at yet: it is stored whole first (`vectors` reads them)."""
    rows = body.get("data")
    if not isinstance(rows, list) or not rows:
        raise unreadable(asked, raw, "it has no embeddings")
    usage = body.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    prompt = _count(usage.get("prompt_tokens", usage.get("input_tokens", usage.get("total_tokens"))))
    return Answer(f"{number_of(len(rows), 'embedding')}", "stop", prompt, 0, body)


@dataclass(slots=True)
class _Said:
    text: str
    finish: str
    thoughts: str = ""
    refusal: str = ""


def _choice(asked: Asked, body: Mapping[str, Any], raw: str) -> _Said:
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise unreadable(asked, raw, "it has no choices")
    choice = choices[0]
    finish = name_of(choice.get("finish_reason") or "stop")
    if finish == "error" or choice.get("error"):
        raise hidden(asked, _hidden_status(choice.get("error"), 502), choice)
    message = choice if asked.endpoint is Endpoint.COMPLETIONS else choice.get("message")
    content = message.get("text" if message is choice else "content") if isinstance(message, Mapping) else None
    if not isinstance(message, Mapping) or (message is choice and not isinstance(content, str)):
        raise unreadable(asked, raw, "its first choice has no text")
    refusal = str(message.get("refusal") or "")
    inside = ""
    if isinstance(content, list):  # parts, as some gateways send them
        inside, content, refused = thoughts.of_parts(content)
        refusal = refusal or refused
    own, text = thoughts.part(content) if isinstance(content, str) else ("", "")  # null: it refused or only reasoned
    kept = [one for one in (thoughts.beside(message), inside, own) if one.strip()]
    if kept and not own:
        text = text.lstrip("\n")
    return _Said(text, FINISHED.get(finish, finish), "\n\n".join(dict.fromkeys(kept)), refusal)


def _responses(asked: Asked, body: Mapping[str, Any], raw: str) -> _Said:
    output = body.get("output")
    status = str(body.get("status") or "completed")
    if status in ("failed", "cancelled"):
        raise hidden(asked, _hidden_status(body.get("error"), 502), body)
    if not isinstance(output, list):
        raise unreadable(asked, raw, "it has no output")
    thought, text, refusal = [], [], []
    for item in output:
        if not isinstance(item, Mapping):
            continue
        parts = _list(item.get("content"))
        if item.get("type") == "reasoning":
            shown = [one for one in [*_list(item.get("summary")), *parts] if isinstance(one, Mapping)]
            thought.append(thoughts.of_parts([{**one, "type": "reasoning"} for one in shown])[0])
        elif item.get("type", "message") == "message":
            inside, said, refused = thoughts.of_parts(parts)
            thought.append(inside)
            text.append(said)
            refusal.append(refused)
    details = body.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, Mapping) else ""
    finish = FINISHED.get(name_of(reason), name_of(reason or "length")) if status == "incomplete" else "stop"
    own, answer = thoughts.part("".join(text))
    return _Said(answer, finish, "\n\n".join(one for one in [*thought, own] if one.strip()), "".join(refusal))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _hidden_status(error: Any, otherwise: int = 400) -> int:
    code = error.get("code") if isinstance(error, Mapping) else None
    if isinstance(code, int) and 300 <= code < 600:
        return code
    # LM Studio answers a path that it doesn't know so.
    return 404 if "unexpected endpoint" in str(error).lower() else otherwise


def _thought_tokens(usage: Mapping[str, Any]) -> int:
    details = usage.get("completion_tokens_details", usage.get("output_tokens_details"))
    return (_count(details.get("reasoning_tokens")) or 0) if isinstance(details, Mapping) else 0


def _count(value: Any) -> int | None:
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_COUNT
    return value if usable else None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= 18 else digits


def _float(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else digits
