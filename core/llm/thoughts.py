"""What a reasoning model wrote before its answer, told apart from the answer in every shape that servers send it.

Thoughts are kept with the stored reply and never read as an answer: a numbered plan inside one looks exactly like a
list of tasks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
"""Fields beside a message's content, by one server or another; the first that isn't empty is read."""

_TAGS = (
    *(("<" + name + ">", "</" + name + ">") for name in ("think", "thinking", "thought", "reasoning", "seed:think")),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|channel|>analysis<|message|>", "<|end|>"),
)
_OPENING = re.compile(r"(?m)^[ \t]*(?:" + "|".join(re.escape(tag) for tag, _ in _TAGS) + ")", re.I)
_CLOSING = {tag.lower(): closing.lower() for tag, closing in _TAGS}
_LONE = tuple(closing for _, closing in _TAGS if closing != "<|end|>")
_ANSWER_HEAD = re.compile(
    r"\A\s*(?:<\|start\|>assistant)?\s*(?:<\|channel\|>final<\|message\|>|<\|START_RESPONSE\|>|<answer>)", re.I
)
_ANSWER_END = re.compile(r"(?:<\|return\|>|<\|END_RESPONSE\|>|</answer>)\s*\Z", re.I)


def part(text: str) -> tuple[str, str]:
    """Return (thoughts, answer) of a text that may hold both.

    A block that was never closed is all thoughts: the reply was cut while the model still thought. A closing mark
    alone means that the template opened the block. A text without marks comes back as it is, white space included.
    """
    thoughts: list[str] = []
    rest, was_parted = text, False
    while opening := _OPENING.search(rest):
        closing = _CLOSING[opening[0].strip().lower()]
        end = rest.lower().find(closing, opening.end())
        if end < 0 and rest[: opening.start()].strip():
            break  # a mark in the middle of an answer that never closes is a part of the answer
        was_parted = True
        if end < 0:
            thoughts.append(rest[opening.end() :])
            rest = ""
            break
        thoughts.append(rest[opening.end() : end])
        rest = rest[: opening.start()] + rest[end + len(closing) :].lstrip()
    lower = rest.lower()
    lone = max(((lower.find(mark.lower()), len(mark)) for mark in _LONE), default=(-1, 0))
    if lone[0] >= 0 and not thoughts:
        at, length = lone
        return rest[:at].strip(), _unwrapped(rest[at + length :].lstrip())
    if not was_parted:
        return "", text
    return "\n\n".join(block.strip() for block in thoughts if block.strip()), _unwrapped(rest.lstrip())


def beside(message: Mapping[str, Any]) -> str:
    """Return the thoughts that a server sends beside a message's content, empty where there are none."""
    for field in FIELDS:
        value = message.get(field)
        found = value if isinstance(value, str) else _joined(value)
        if found.strip():
            return found
    return _joined(message.get("reasoning_details"))


def of_parts(content: Sequence[Any]) -> tuple[str, str, str]:
    """Return (thoughts, answer, refusal) of a content that comes in parts."""
    thoughts, answer, refusal = [], [], []
    for one in content:
        if isinstance(one, str):
            answer.append(one)
        if not isinstance(one, Mapping):
            continue
        kind = str(one.get("type", ""))
        if kind == "refusal" or "refusal" in one:
            refusal.append(str(one.get("refusal") or ""))
        elif "think" in kind or "reason" in kind or "thought" in kind or one.get("thought") is True:
            thoughts.append(_joined(one.get("thinking") or one.get("text") or one.get("summary") or one.get("content")))
        else:
            answer.append(str(one.get("text") or ""))
    return "\n\n".join(filter(None, thoughts)), "".join(answer), "".join(refusal)


def _joined(value: Any) -> str:
    """The text in whatever a server puts thoughts into: a text, parts, parts of parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        inner = (value.get(name) for name in ("text", "thinking", "summary", "content"))
        return next((text for text in map(_joined, inner) if text.strip()), "")
    if isinstance(value, list | tuple):
        return "\n\n".join(filter(None, map(_joined, value)))
    return ""


def _unwrapped(answer: str) -> str:
    return _ANSWER_END.sub("", _ANSWER_HEAD.sub("", answer)).lstrip()
