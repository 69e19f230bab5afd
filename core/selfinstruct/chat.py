"""What chat models really write, read: numbered lists, a yes or no, and worked examples in their many dresses.

A chat reply greets, numbers in its own way, sets labels in bold, draws lines and says good-bye. Heads and labels lose
that dress; a value is stored as it was written. `tests/selfinstruct/chat_shapes.jsonl` holds the shapes this is built
for. No text makes a reader fail.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.selfinstruct import chat_lists as unlisted
from core.selfinstruct.chatter import FAREWELL, FENCE, GREETING, HEADING, MARK, RULE

_BULLET = r"(?:[-*+•–][ \t]+)?"
# Chinese and Japanese lists number with wide marks that need no space after them.
_NAMES = "Task|Instruction|Prompt|Question|Item|任务|任務|指令|タスク"
_ITEM = re.compile(
    rf"(?P<indent>[ \t>]*){_BULLET}(?P<hash>\#{{1,6}}[ \t]*)?(?P<open>{MARK})?[(\[]?"
    rf"(?:(?P<word>{_NAMES})[ \t]*\#?[ \t]*)?(?P<number>\d{{1,4}})(?P<first>(?P=open))?"
    r"(?:(?P<stop>[.)\]:]{1,2})(?P<second>(?P=open))?(?=\s|\*|_|`|$)|[ \t]+[-–—](?=[ \t])|(?P<wide>[、．）：])"
    r"|(?P<none>(?=[ \t]*(?P=open)?[ \t]*$)))(?P<third>(?P=open))?[ \t]*(?P<rest>.*)"
)
_LABEL = re.compile(
    r"\A(?:\*\*|__)?(?:Task|Instruction|Prompt)(?:(?:\*\*|__)[ \t]*[:：]|[ \t]*[:：](?:\*\*|__)?)[ \t]*(?=\S)"
)
_ITEM_BULLET = re.compile(r"\A[ \t]*[-*+•–][ \t]+(?=\S)")
_BOLD = re.compile(r"\A(\*\*|__)(?=\S)(.+?)(?<=\S)\1(?!\w)", re.DOTALL)
_QUOTES = {'"': '"', "“": "”", "‘": "’", "「": "」", "`": "`"}


def instructions(text: str) -> list[str]:
    """Return the items of a list of tasks, as written but for their numbers, labels and bold marks around the head."""
    if (listed := unlisted.items(text)) is not None:
        return [item for one in listed if (item := _bare(one))]
    lines = unlisted.plainly_numbered(text).splitlines()
    heads = _in_sequence([head for n, line in enumerate(lines) if (head := _Head.of(n, line, lines))])
    if not heads:
        return _unnumbered(lines)
    ends = [*(head.line for head in heads[1:]), len(lines)]
    items = []
    for head, end in zip(heads, ends, strict=True):
        body = _without_furniture([head.rest, *lines[head.line + 1 : end]], is_last=end == len(lines))
        items.append(_bare("\n".join(body), head.unclosed))
    return [item for item in items if item]


@dataclass(frozen=True, slots=True)
class _Head:
    """A line that may open an item: its place, number, and what follows; `unclosed` is a mark that it opened."""

    line: int
    number: int
    indent: int
    is_named: bool
    is_first_under_heading: bool
    rest: str
    unclosed: str

    @classmethod
    def of(cls, n: int, line: str, lines: Sequence[str]) -> _Head | None:
        match = _ITEM.match(line)
        if match is None or (match["none"] is not None and not (match["word"] or match["hash"] or match["open"])):
            return None
        closed = match["first"] or match["second"] or match["third"]
        before = next((earlier for earlier in reversed(lines[:n]) if earlier.strip()), "")
        return cls(
            n,
            int(match["number"]),
            len(match["indent"].expandtabs(4)),
            bool(match["word"] or match["hash"]),
            bool(HEADING.match(before)) and not _ITEM.match(before),
            match["rest"],
            "" if closed else match["open"] or "",
        )


def _in_sequence(heads: Sequence[_Head]) -> list[_Head]:
    """The heads that count on from one another; the numbers of a list inside a task do not, and are left in it."""
    flat = [head for head in heads if head.indent <= heads[0].indent + 1]
    if any(head.is_named for head in flat):  # "Task 9" or "### 9." heads an item; a bare "1." below it does not
        flat = [head for head in flat if head.is_named]
    if len({head.number for head in flat}) == 1:
        return flat  # Markdown numbers for whoever leaves it at "1."
    chosen, inside = flat[:1], 0  # the last number of a list inside the task
    for n, head in enumerate(flat[1:], 1):
        last = chosen[-1].number
        follows = head.number == last + 1 or (head.number == last > 1 and not inside)
        skips = head.number > last and not any(later.number == last + 1 for later in flat[n:])
        # A heading of its own stands between, and not just the last item's text that ends in a colon.
        restarts = head.number == 1 and head.is_first_under_heading and head.line - flat[n - 1].line > 1
        if follows or skips or restarts or head.is_named:
            chosen.append(head)
            inside = 0
        elif head.number in (1, inside + 1):
            inside = head.number
    return chosen


def _without_furniture(lines: Sequence[str], is_last: bool) -> list[str]:
    """An item's lines without rules drawn below it, the heading of what follows, and the reply's farewell."""
    kept = list(lines)
    while len(kept) > 1 and (not kept[-1].strip() or RULE.match(kept[-1]) or _closes_nothing(kept)):
        kept.pop()
    if is_last:
        blank = next((n for n in range(len(kept) - 1, 0, -1) if not kept[n].strip() or RULE.match(kept[n])), None)
        if blank is not None and FAREWELL.match(kept[blank + 1]) and not kept[blank + 1][:1].isspace():
            return _without_furniture(kept[:blank], is_last=False)
    elif len(kept) > 2 and not kept[-2].strip() and HEADING.match(kept[-1]):
        return _without_furniture(kept[:-1], is_last=False)
    return kept


def _closes_nothing(lines: Sequence[str]) -> bool:
    """Whether the last line closes a fence around the whole list, and not one of the item's own."""
    return bool(FENCE.match(lines[-1])) and sum(bool(FENCE.match(line)) for line in lines) % 2 == 1


def _bare(item: str, unclosed: str = "") -> str:
    """An item without a bullet, a label, marks around its first words, or quotes around it all; `unclosed` is a mark
    that the head's line opened."""
    if unclosed:
        item = item.replace(unclosed, "", 1)
    item = _ITEM_BULLET.sub("", item.strip(), count=1)
    item = _LABEL.sub("", item, count=1).strip()
    bold = _BOLD.match(item)
    if bold and (bold[1] == "**" or " " in bold[2]):  # __init__ is a name, not bold
        item = bold[2] + item[bold.end() :]
    closing = _QUOTES.get(item[:1])
    if closing and len(item) > 2 and item.find(closing, 1) == len(item) - 1:
        item = item[1:-1]
    return item.strip()


def _unnumbered(lines: Sequence[str]) -> list[str]:
    """The items of a reply without numbers: its bullets, or else its lines, less greeting and farewell."""
    bullets = [n for n, line in enumerate(lines) if _ITEM_BULLET.match(line)]
    if bullets:
        indent = min(_indent(lines[n]) for n in bullets)
        heads = [n for n in bullets if _indent(lines[n]) == indent]
        ends = [*heads[1:], len(lines)]
        bodies = (_without_furniture(lines[n:end], end == len(lines)) for n, end in zip(heads, ends, strict=True))
        return [item for body in bodies if (item := _bare("\n".join(body)))]
    written = [line for line in lines if line.strip() and not RULE.match(line) and not FENCE.match(line)]
    found = [line for line in written if not (GREETING.match(line) or FAREWELL.match(line))]
    if len(found) > 1 and HEADING.match(found[0]):
        found = found[1:]
    return [item for line in found if (item := _bare(line))]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


_ANSWER = r"(?P<answer>yes|no|是的?|否|不是|はい|いいえ)"
_OPENING = re.compile(
    rf"\A\W*(?:(?:final |short |my |the )?(?:answer|a|response|reply|result|verdict|classification)(?:\s*\d+)?"
    rf"(?:\W+(?:is|would be)|\W*[:：\n=]|\W+(?=\S+\W*\Z))\W*)?{_ANSWER}(?![\w’'])",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"\W*(?:/|\||\bor\b|\band\b)\W*(?:yes|no)\b", re.IGNORECASE)
_CONCLUSION = re.compile(
    rf"\b(?:answer|verdict|conclusion|label)\b(?:\W+(?:is|would be|should be))?\W+{_ANSWER}(?![\w’'])", re.IGNORECASE
)
_ALONE = re.compile(rf"(?m)^[^\w\n]*{_ANSWER}[^\w\n]*$", re.IGNORECASE)
_YES = {"yes", "是", "是的", "はい"}


def is_classification(text: str) -> bool | None:
    """Return the answer of a reply to the question of step 2; None where it holds none, or two that differ."""
    opening = _OPENING.match(text)
    if opening and not _CHOICE.match(text, opening.end()):
        return opening["answer"].lower() in _YES
    said = {match["answer"].lower() in _YES for pattern in (_CONCLUSION, _ALONE) for match in pattern.finditer(text)}
    return said.pop() if len(said) == 1 else None
