"""Conversations, however they are written down: who said what, and which turns are the instruction and its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.records import Turn

WHO = ("role", "from", "speaker", "author", "sender", "user_type")
WHAT = ("content", "value", "text", "message", "parts", "utterance", "body")
THOUGHTS = ("reasoning_content", "reasoning", "thinking", "thoughts")
SPEAKERS: Mapping[str, tuple[str, ...]] = {
    "user": ("user", "human", "prompter", "customer", "question", "instruction", "input", "usr", "person", "prompt"),
    "assistant": (
        *("assistant", "gpt", "chatgpt", "bing", "bard", "bot", "model", "ai", "claude", "chatbot", "llm", "answer"),
        *("output", "response", "agent", "gemini", "completion"),
    ),
    "system": ("system", "developer"),
    "tool": ("tool", "function", "observation", "function_call", "function_response", "tool_call", "ipython"),
}
_SPEAKER = {name: speaker for speaker, names in SPEAKERS.items() for name in names}
_MARKED = re.compile(r"(?:^|\n\n)(Human|Assistant): ?")
_THOUGHT = re.compile(r"\s*<(think|thinking|thought|reasoning)>(.*?)</\1>\s*", re.DOTALL | re.IGNORECASE)
_LONE_END = re.compile(r"</think>\s*", re.IGNORECASE)


class Unreadable(Exception):
    """A row that holds no example; the message is the reason for the report."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation taken apart. `output` is None where nobody answered; `whole`: nothing else stood in its turns."""

    system: str
    turns: tuple[Turn, ...]
    instruction: str
    output: str | None
    thoughts: str = ""
    whole: bool = True


@dataclass(slots=True)
class _Heard:
    turns: list[Turn] = field(default_factory=list)
    thoughts: str = ""  # of the latest turn
    whole: bool = True


def is_talk(value: Any) -> bool:
    """Whether a column's value is a conversation and not a text or a list of texts."""
    if isinstance(value, str):
        return value.startswith("\n\nHuman:")  # an answer may well be a list in JSON
    if isinstance(value, Mapping):
        return (
            "messages" in value
            or _is_turn(value)
            or (any(w in value for w in WHO) and all(isinstance(v, list) for v in value.values()))
        )
    return isinstance(value, Sequence) and bool(value) and all(_is_turn(turn) for turn in value)


def _is_turn(turn: Any) -> bool:
    return isinstance(turn, Mapping) and (any(isinstance(turn.get(name), str) for name in WHO) or bool(_both(turn)))


def _both(turn: Mapping[str, Any]) -> list[Turn]:
    """A question and its answer that stand in one object under the speakers' own names."""
    both = ((_SPEAKER.get(str(name).lower()), text) for name, text in turn.items())
    said = [Turn(speaker, text) for speaker, text in both if speaker and isinstance(text, str)]
    return said if {"user", "assistant"} <= {one.role for one in said} else []


def talk(value: Any, before: Sequence[Turn] = ()) -> Talk:
    """A conversation's last instruction and its answer, with what was said before. Raises Unreadable."""
    heard = listen(value)
    turns = [*before, *heard.turns]
    system = "\n\n".join(turn.text for turn in turns if turn.role == "system" and turn.text.strip())
    rest = [turn for turn in turns if turn.role != "system"]
    asked = max((place for place, turn in enumerate(rest) if turn.role == "user"), default=None)
    if asked is None:
        raise Unreadable("the conversation has no turn of a user" + _seen(turns))
    if not rest[asked].text.strip():
        raise Unreadable("the turn of user is empty")
    answers = rest[asked + 1 :]
    if any(turn.role == "tool" for turn in answers):
        raise Unreadable("a tool was called between the last question and its answer, which one output cannot hold")
    output = "\n\n".join(turn.text for turn in answers) if answers else None
    return Talk(system, tuple(rest[:asked]), rest[asked].text, output, heard.thoughts if answers else "", heard.whole)


def listen(value: Any) -> _Heard:
    """The turns of a conversation in order. Raises Unreadable."""
    if isinstance(value, str):
        value = _from_marks(value) if "Human:" in value[:12] else _from_json(value)
    if isinstance(value, Mapping) and "messages" in value:
        value = value["messages"]
    if isinstance(value, Mapping) and _is_turn(value):
        value = [value]
    if isinstance(value, Mapping):  # columns of turns, as tables keep them
        names = list(value)
        value = [dict(zip(names, each, strict=False)) for each in zip(*value.values(), strict=False)]
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise Unreadable("the conversation is not a list of turns")
    heard = _Heard()
    for place, turn in enumerate(value):
        if isinstance(turn, str):
            heard.turns.append(Turn("assistant" if place % 2 else "user", turn))
        elif isinstance(turn, Mapping):
            _hear(turn, heard)
        elif isinstance(turn, Sequence) and len(turn) == 2 and all(isinstance(text, str) for text in turn):
            heard.turns += [Turn("user", turn[0]), Turn("assistant", turn[1])]
        else:
            raise Unreadable("the conversation is not a list of turns")
    return heard


def without_thoughts(text: str) -> tuple[str, str]:
    """(thoughts, answer) of a reasoning model's text: what stands between its marks at the beginning, and the rest."""
    if "</" not in text:
        return "", text
    found = _THOUGHT.match(text)
    if found:
        return found[2].strip(), text[found.end() :]
    end = _LONE_END.search(text)
    if end and "<think>" not in text[: end.start()].lower():
        return text[: end.start()].strip(), text[end.end() :]
    return "", text


def text_of(value: Any) -> str | None:
    """The text of a turn: a text, or a list of parts that are all text; None where it is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        inner = next((value[name] for name in ("text", "content", "value", "parts") if name in value), None)
        return text_of(inner) if isinstance(inner, str | list) else None
    if isinstance(value, Sequence) and value:
        parts = [text_of(part) for part in value]
        if all(part is not None for part in parts):
            return "\n".join(part for part in parts if part)
    return None


def _hear(turn: Mapping[str, Any], heard: _Heard) -> None:
    who = next((name for name in WHO if isinstance(turn.get(name), str)), None)
    if who is None:
        said = _both(turn)
        if not said:
            raise Unreadable("the conversation is not a list of turns with a role and a text")
        heard.turns += said
        heard.whole &= len(said) == len(turn)
        return
    speaker = _SPEAKER.get(turn[who].strip().lower())
    if speaker is None:
        raise Unreadable(f'a turn is of an unknown role ("{turn[who][:40]}")')
    what = next((name for name in WHAT if turn.get(name) is not None), None)
    text = text_of(turn[what]) if what else None
    calls = turn.get("tool_calls") or turn.get("function_call")
    if text is None and calls:
        speaker, text = "tool", json.dumps(calls, ensure_ascii=False, default=str)
    if text is None:
        raise Unreadable(f"a turn has no text in {what or WHAT[0]}")
    heard.thoughts = next((turn[name] for name in THOUGHTS if isinstance(turn.get(name), str)), "")
    heard.turns.append(Turn(speaker, text))
    used = {who, what, *(name for name in THOUGHTS if isinstance(turn.get(name), str))}
    heard.whole &= all(name in used or value in (None, "", [], {}) for name, value in turn.items())


def _from_marks(text: str) -> list[dict[str, str]]:
    _, *parts = _MARKED.split(text)
    if len(parts) > 2 and parts[-2] == "Assistant" and not parts[-1].strip():
        parts = parts[:-2]  # a prompt that ends where the answer is to begin
    return [
        {"role": "user" if who == "Human" else "assistant", "content": said.strip()}
        for who, said in zip(parts[::2], parts[1::2], strict=True)
    ]


def _from_json(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and found and isinstance(found[0], Mapping) else None


def _seen(turns: Sequence[Turn]) -> str:
    return f" (turns: {', '.join(turn.role for turn in turns[:4]) or 'none'})"
