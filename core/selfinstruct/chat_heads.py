"""The heads of a chat reply's worked examples ("Example 2", "**Input:**"), and what stands under each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from core.selfinstruct.chatter import FENCE, MARK, RULE

_BEFORE = (
    rf"(?P<indent>[ \t>]*)(?:[-*+•][ \t]+)?(?:\d{{1,2}}[.)][ \t]+)?(?P<at>)(?P<hash>\#{{1,6}}[ \t]*)?(?P<open>{MARK})?"
)
_KIND = r"(?:(?:Expected|Sample|Example|Model|User|Desired|Correct|Test|Possible)[ \t]+)?"
_NUMBER = r"(?:[ \t]*\#?\d+)?(?:[ \t]*\([^)\n]*\))?"
COLON = "[:：]"
_AFTER = (
    rf"(?:(?P<first>(?P=open))[ \t]*{COLON}|[ \t]*{COLON}(?P<second>(?P=open))?|(?P<bare>(?P=open)?[ \t]*\Z))"
    r"[ \t]*(?P<rest>.*)"
)


class HeadKind(Enum):
    EXAMPLE, TASK, INPUT, OUTPUT, LABEL = range(5)


def _head(names: str) -> re.Pattern[str]:
    return re.compile(rf"{_BEFORE}{_KIND}(?P<label>{names}){_NUMBER}{_AFTER}")


_INPUT = _head("Input|INPUT|输入|輸入|入力")
_OUTPUT = _head("Output|OUTPUT|输出|輸出|出力")
_ANSWER = _head("Answer|Response|Completion|Solution")
_LABEL = _head("Class [Ll]abel|CLASS LABEL|Class_label|类别标签|類別標籤|クラスラベル")
_OTHER_LABEL = _head("Label|LABEL|Class|Category")
_TASK = _head("Task|TASK|Instruction")
_EXAMPLE = re.compile(
    rf"{_BEFORE}(?:Example|EXAMPLE|Instance|示例|例子|例)"
    rf"(?:[ \t]*\#?\d+\b(?P<rest>.*)|[ \t]*{COLON}?(?:\*\*|__)?[ \t]*\Z)"
)
_INSIDE = re.compile(rf"(?:\*\*|__)?{_KIND}(?:Input|Output|Class [Ll]abel)[ \t]*\d*(?:\*\*|__)?[ \t]*{COLON}")
INLINE_OUTPUT = re.compile(rf"[ \t|;,→]+(?:\*\*|__)?Output[ \t]*\d*(?:(?:\*\*|__){COLON}|{COLON}(?:\*\*|__)?)[ \t]*")


@dataclass(slots=True)
class HeadedPart:
    """A head and what stands under it; `lines[0]` is the rest of the head's own line, `written` that line whole."""

    kind: HeadKind | None
    written: str = ""
    unclosed: str = ""
    lines: list[str] = field(default_factory=list)

    def value(self) -> str:
        """The text under the head as it was written, without rules drawn below it and what the head's marks closed."""
        lines = list(self.lines)
        while lines and (not lines[-1].strip() or RULE.match(lines[-1])):
            lines.pop()
        text = "\n".join(lines).strip()
        if self.unclosed:
            first, *others = text.split("\n")
            text = "\n".join([first.replace(self.unclosed, "", 1).rstrip(), *others]).strip()
        return text


def parts(text: str) -> list[HeadedPart]:
    """Cut a reply at its heads; the first part has no kind and holds what stands before them.

    A head inside fenced code that belongs to a value, or indented deeper than the heads, is part of that value.
    """
    lines = text.splitlines()
    names = _names(lines)
    fenced, wrappers = _fences(lines, names)
    found = [HeadedPart(None)]
    indent: int | None = None
    for n, line in enumerate(lines):
        if n in wrappers:
            continue
        kind, match = (None, None) if n in fenced else _kind(line, names)
        if match is not None and kind in (HeadKind.INPUT, HeadKind.OUTPUT, HeadKind.LABEL):
            deep = len(match["indent"].expandtabs(4))
            if indent is not None and deep > indent + 1:
                match = None
            elif (
                indent is None
            ):  # where a list's number or bullet stands before the first, the next are below its words
                indent = len(line[: match.start("at")].expandtabs(4))
        if match is None:
            found[-1].lines.append(line)
            continue
        found.append(_part(kind, line, match))
        if kind is HeadKind.EXAMPLE and (inside := _INSIDE.search(match["rest"] or "")):
            found[-1].lines = [match["rest"][: inside.start()]]
            found.extend(_again(match["rest"][inside.start() :], names))
    return found


def _again(line: str, names: _Names) -> Iterator[HeadedPart]:
    kind, match = _kind(line, names)
    if match is not None:
        yield _part(kind, line, match)


_Names = Sequence[tuple[HeadKind, re.Pattern[str]]]


def _names(lines: Sequence[str]) -> _Names:
    """The heads to look for: "Answer:" or "Label:" count only in a reply that has no "Output:" or "Class label:"."""
    output = _OUTPUT if any(_OUTPUT.match(line) or INLINE_OUTPUT.search(line) for line in lines) else _ANSWER
    label = _LABEL if any(_LABEL.match(line) for line in lines) else _OTHER_LABEL
    return (
        (HeadKind.EXAMPLE, _EXAMPLE),
        (HeadKind.INPUT, _INPUT),
        (HeadKind.OUTPUT, output),
        (HeadKind.LABEL, label),
        (HeadKind.TASK, _TASK),
    )


def _kind(line: str, names: _Names) -> tuple[HeadKind | None, re.Match[str] | None]:
    for kind, pattern in names:
        match = pattern.match(line)
        if match is None:
            continue
        bare = kind is not HeadKind.EXAMPLE and match["bare"] is not None
        if not bare or match["hash"] or (match["open"] and match["open"] in match["bare"]):
            return kind, match
    return None, None


def _part(kind: HeadKind | None, line: str, match: re.Match[str]) -> HeadedPart:
    if kind is HeadKind.EXAMPLE:
        return HeadedPart(kind, line, "", [(match["rest"] or "").strip(" \t*_:：.-–—()[]")])
    rest = re.sub(r"\A(?:\*\*|__)(?=\s|\Z)[ \t]*", "", match["rest"])  # a mark that closes what was never opened
    closed = match["first"] or match["second"] or match["bare"]
    return HeadedPart(kind, line, "" if closed else match["open"] or "", [rest])


def _fences(lines: Sequence[str], names: _Names) -> tuple[set[int], set[int]]:
    """Lines inside fenced code of a value, and the fences that wrap heads and are no part of any value."""
    fenced: set[int] = set()
    wrappers: set[int] = set()
    in_value, start = False, None
    for n, line in enumerate(lines):
        if FENCE.match(line):
            if start is None:
                start = n
                continue
            heads = [k for k in range(start + 1, n) if _kind(lines[k], names)[1]]
            if heads and not in_value:
                wrappers |= {start, n}
            else:
                fenced.update(range(start, n + 1))
            start = None
        elif start is None:
            kind, match = _kind(line, names)
            if match is not None:
                in_value = kind in (HeadKind.INPUT, HeadKind.OUTPUT, HeadKind.LABEL)
    return fenced, wrappers
