"""Lists of tasks that a chat model wrote as something else: a table, a list in JSON, numbers of another dress."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from core.selfinstruct.chatter import FAREWELL, FENCE, GREETING, RULE

_KEYCAP = re.compile(r"(?m)^([ \t>]*)((?:[0-9]\ufe0f?\u20e3)+|\U0001f51f)[.):]?[ \t]*(?=\S)")
_ESCAPED = re.compile(r"(?m)^([ \t>]*\d{1,4})\\([.)])(?=\s)")
_LINE = re.compile(r"[ \t>]*#*[ \t]*\|?[ \t:|-]*\Z")  # below a table's heads
_NAMES = ("instruction", "task", "prompt", "question", "text")


def items(text: str) -> list[str] | None:
    """The tasks of a reply that is a table or a list in JSON as a whole, None for every other."""
    lines = [line for line in text.splitlines() if line.strip() and not RULE.match(line) and not FENCE.match(line)]
    while lines and GREETING.match(lines[0]) and lines[0].rstrip().endswith((":", ".", "!")):
        lines = lines[1:]
    while lines and FAREWELL.match(lines[-1]):
        lines = lines[:-1]
    if lines and lines[0].lstrip()[:1] in "[{":
        return _in_json("\n".join(lines))
    return _in_table(lines)


def plainly_numbered(text: str) -> str:
    """The reply with keycaps and escaped numbers as plain ones."""
    return _ESCAPED.sub(r"\1\2", _KEYCAP.sub(_as_number, text))


def _as_number(match: re.Match[str]) -> str:
    digits = re.sub(r"[^0-9]", "", match[2]) or "10"
    return f"{match[1]}{digits}. "


def _in_json(text: str) -> list[str] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, Mapping):
        found = next((value for value in found.values() if isinstance(value, list)), None)
    if not isinstance(found, list) or not found:
        return None
    texts = [_said(one) for one in found]
    return [one for one in texts if one] if all(texts) else None


def _said(one: object) -> str:
    if isinstance(one, Mapping):
        one = next((one[name] for name in _NAMES if isinstance(one.get(name), str)), "")
    return one.strip() if isinstance(one, str) else ""


def _in_table(lines: list[str]) -> list[str] | None:
    """The longest cell of each row below the heads; a table is one only with a drawn line below them."""
    if len(lines) < 3 or not all(line.strip().startswith("|") for line in lines):
        return None
    if not (_LINE.match(lines[1]) and "-" in lines[1]):
        return None
    rows = [re.split(r"(?<!\\)\|", line.strip().strip("|")) for line in lines[2:]]
    return [max((cell.strip() for cell in row), key=len).replace("\\|", "|") for row in rows]
