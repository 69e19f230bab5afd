"""What a row means: the formats that Winnow knows, told apart by their fields.

| name | fields |
|---|---|
| seeds | `instruction`, `instances: [{input, output}]`, `is_classification` |
| self-instruct | `instruction`, `input`, `output` (also Alpaca) |
| self-instruct-instructions | `instruction` alone, as in the released `machine_generated_instructions.jsonl` |
| prompt-completion | `prompt`, `completion` |
| openai-chat | `messages: [{role, content}]` |
| sharegpt | `conversations: [{from, value}]` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Example:
    """One imported row: an instruction and its instances (none where the file has only instructions)."""

    instruction: str
    instances: tuple[tuple[str, str], ...]
    is_classification: bool | None = None
    name: str | None = None


class Unreadable(Exception):
    """A row that holds no example; the message is the reason for the report."""


def detect(row: Mapping[str, Any]) -> str | None:
    """The format of a row by its fields, None where it is none of ours."""
    for name, (needed, _) in FORMATS.items():
        if all(_field(row, field) is not None for field in needed):
            return name
    return None


def example(row: Mapping[str, Any]) -> Example:
    """The example that a row holds; Unreadable says why it holds none."""
    name = detect(row)
    if name is None:
        shown = ", ".join(list(map(str, row))[:6]) or "none"
        raise Unreadable(f"no instruction with an output, messages or conversations; its fields are: {shown}")
    return FORMATS[name][1](row)


def _seed(row: Mapping[str, Any]) -> Example:
    from core.records import Fault
    from core.seeds.seeds import seed_of

    seed = seed_of(row, 0)
    if isinstance(seed, Fault):
        raise Unreadable(seed.reason)
    labelled = row.get("is_classification")
    return Example(seed.instruction, seed.instances, labelled, seed.name or None)


def _flat(row: Mapping[str, Any]) -> Example:
    given = _text(row, "input") if _field(row, "input") is not None else ""
    return Example(_filled(row, "instruction"), ((given, _text(row, "output")),), _labelled(row))


def _instruction_only(row: Mapping[str, Any]) -> Example:
    return Example(_filled(row, "instruction"), (), _labelled(row))


def _completion(row: Mapping[str, Any]) -> Example:
    return Example(_filled(row, "prompt"), (("", _text(row, "completion").strip()),))


def _chat(row: Mapping[str, Any]) -> Example:
    return _dialogue(row["messages"], "role", "content", "user", "assistant")


def _sharegpt(row: Mapping[str, Any]) -> Example:
    return _dialogue(row["conversations"], "from", "value", "human", "gpt", row.get("system"))


def _dialogue(turns: Any, who: str, what: str, asks: str, answers: str, system: Any = None) -> Example:
    if not isinstance(turns, Sequence) or isinstance(turns, str) or not all(isinstance(t, Mapping) for t in turns):
        raise Unreadable("the conversation is not a list of turns")
    said = [(str(turn.get(who, "")), turn.get(what)) for turn in turns]
    if any(not isinstance(text, str) for _, text in said):
        raise Unreadable(f"a turn has no text in {what}")
    opening = [str(text) for role, text in said if role == "system"] + ([system] if isinstance(system, str) else [])
    rest = [(role, str(text)) for role, text in said if role != "system"]
    if [role for role, _ in rest] != [asks, answers]:
        turns_seen = ", ".join(role or "?" for role, _ in rest[:4]) or "none"
        raise Unreadable(f"not one turn of {asks} and one of {answers} (turns: {turns_seen})")
    question = "\n\n".join([*(text for text in opening if text.strip()), rest[0][1]])
    if not question.strip():
        raise Unreadable(f"the turn of {asks} is empty")
    return Example(question, (("", rest[1][1]),))


FORMATS: Mapping[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any]], Example]]] = {
    "seeds": (("instruction", "instances"), _seed),
    "self-instruct": (("instruction", "output"), _flat),
    "openai-chat": (("messages",), _chat),
    "sharegpt": (("conversations",), _sharegpt),
    "prompt-completion": (("prompt", "completion"), _completion),
    "self-instruct-instructions": (("instruction",), _instruction_only),
}


def _field(row: Mapping[str, Any], name: str) -> Any:
    return row.get(name)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise Unreadable(f"the field {name} is not text")
    return value


def _filled(row: Mapping[str, Any], name: str) -> str:
    text = _text(row, name)
    if not text.strip():
        raise Unreadable(f"the field {name} is empty")
    return text


def _labelled(row: Mapping[str, Any]) -> bool | None:
    value = row.get("is_classification")
    return value if isinstance(value, bool) else None
