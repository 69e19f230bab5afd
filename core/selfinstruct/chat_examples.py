"""Worked examples of a chat reply: which lines are heads ("Example 2", "**Input:**"), and what stands under each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from core.selfinstruct.chatter import ABOUT_ITSELF, FAREWELL, FENCE, GREETING, MARK, RULE, TITLE

_BEFORE = rf"(?P<indent>[ \t>]*)(?:[-*+•][ \t]+)?(?:\d{{1,2}}[.)][ \t]+)?(?P<hash>\#{{1,6}}[ \t]*)?(?P<open>{MARK})?"
_KIND = r"(?:(?:Expected|Sample|Example|Model|User|Desired|Correct|Test|Possible)[ \t]+)?"
_NUMBER = r"(?:[ \t]*\#?\d+)?(?:[ \t]*\([^)\n]*\))?"
_COLON = "[:：]"
_AFTER = (
    rf"(?:(?P<first>(?P=open))[ \t]*{_COLON}|[ \t]*{_COLON}(?P<second>(?P=open))?|(?P<bare>(?P=open)?[ \t]*\Z))"
    r"[ \t]*(?P<rest>.*)"
)


class Kind(Enum):
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
    rf"(?:[ \t]*\#?\d+\b(?P<rest>.*)|[ \t]*{_COLON}?(?:\*\*|__)?[ \t]*\Z)"
)
_INSIDE = re.compile(rf"(?:\*\*|__)?{_KIND}(?:Input|Output|Class [Ll]abel)[ \t]*\d*(?:\*\*|__)?[ \t]*{_COLON}")
_INLINE_OUTPUT = re.compile(rf"[ \t|;,→]+(?:\*\*|__)?Output[ \t]*\d*(?:(?:\*\*|__){_COLON}|{_COLON}(?:\*\*|__)?)[ \t]*")
_INLINE_INPUT = re.compile(rf"[ \t|;,→]+(?:\*\*|__)?Input[ \t]*\d*(?:(?:\*\*|__){_COLON}|{_COLON}(?:\*\*|__)?)[ \t]*")
_NOTHING = re.compile(
    r"[\W_]*(?:none|n/?a|n\.a|nil|null|empty|blank|not applicable|(?:not|none) (?:needed|required|necessary|provided)"
    r"|no ?(?:additional |further |specific )?input(?: is)?(?: needed| required| necessary| provided)?|无|無|なし)"
    r"[\W_]*\Z|[\s\"'“”()<>\[\]–—-]*\Z",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Part:
    """A head and what stands under it; `lines[0]` is the rest of the head's own line, `written` that line whole."""

    kind: Kind | None
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


def parts(text: str) -> list[Part]:
    """Cut a reply at its heads; the first part has no kind and holds what stands before them.

    A head inside fenced code that belongs to a value, or indented deeper than the heads, is part of that value.
    """
    lines = text.splitlines()
    names = _names(lines)
    fenced, wrappers = _fences(lines, names)
    found = [Part(None)]
    indent: int | None = None
    for n, line in enumerate(lines):
        if n in wrappers:
            continue
        kind, match = (None, None) if n in fenced else _kind(line, names)
        if match is not None and kind in (Kind.INPUT, Kind.OUTPUT, Kind.LABEL):
            deep = len(match["indent"].expandtabs(4))
            if indent is not None and deep > indent + 1:
                match = None
            else:
                indent = deep if indent is None else indent
        if match is None:
            found[-1].lines.append(line)
            continue
        found.append(_part(kind, line, match))
        if kind is Kind.EXAMPLE and (inside := _INSIDE.search(match["rest"] or "")):
            found[-1].lines = [match["rest"][: inside.start()]]
            found.extend(_again(match["rest"][inside.start() :], names))
    return found


def _again(line: str, names: _Names) -> Iterator[Part]:
    kind, match = _kind(line, names)
    if match is not None:
        yield _part(kind, line, match)


_Names = Sequence[tuple[Kind, re.Pattern[str]]]


def _names(lines: Sequence[str]) -> _Names:
    """The heads to look for: "Answer:" or "Label:" count only in a reply that has no "Output:" or "Class label:"."""
    output = _OUTPUT if any(_OUTPUT.match(line) or _INLINE_OUTPUT.search(line) for line in lines) else _ANSWER
    label = _LABEL if any(_LABEL.match(line) for line in lines) else _OTHER_LABEL
    return (
        (Kind.EXAMPLE, _EXAMPLE),
        (Kind.INPUT, _INPUT),
        (Kind.OUTPUT, output),
        (Kind.LABEL, label),
        (Kind.TASK, _TASK),
    )


def _kind(line: str, names: _Names) -> tuple[Kind | None, re.Match[str] | None]:
    for kind, pattern in names:
        match = pattern.match(line)
        if match is None:
            continue
        bare = kind is not Kind.EXAMPLE and match["bare"] is not None
        if not bare or match["hash"] or (match["open"] and match["open"] in match["bare"]):
            return kind, match
    return None, None


def _part(kind: Kind | None, line: str, match: re.Match[str]) -> Part:
    if kind is Kind.EXAMPLE:
        return Part(kind, line, "", [(match["rest"] or "").strip(" \t*_:：.-–—()[]")])
    rest = re.sub(r"\A(?:\*\*|__)(?=\s|\Z)[ \t]*", "", match["rest"])  # a mark that closes what was never opened
    closed = match["first"] or match["second"] or match["bare"]
    return Part(kind, line, "" if closed else match["open"] or "", [rest])


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
                in_value = kind in (Kind.INPUT, Kind.OUTPUT, Kind.LABEL)
    return fenced, wrappers


def worked(text: str) -> list[tuple[str, str]]:
    """Return the (input, output) pairs of an input-first reply, in its order; empty where no head can be found."""
    found = _until_another_task(parts(text))
    kinds = {part.kind for part in found}
    if Kind.OUTPUT not in kinds and Kind.EXAMPLE not in kinds and Kind.INPUT not in kinds:
        return []
    pairs = _Pairs()
    opening = "" if {Kind.EXAMPLE, Kind.INPUT} & kinds else _matter(found[0].value())
    pairs.loose = opening
    for part in found[1:]:
        pairs.take(part)
    return pairs.all()


class _Pairs:
    """Pairs put together head by head; an output closes the pair, an example's head opens the next."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []
        self.loose, self._given, self._answer = "", None, None  # type: str, str | None, str | None

    def take(self, part: Part) -> None:
        if part.kind is Kind.EXAMPLE or (part.kind in (Kind.INPUT, Kind.OUTPUT) and self._answer is not None):
            self._flush()
        if part.kind is Kind.EXAMPLE:
            self.loose = _matter("\n".join(part.lines[1:]))
        elif part.kind is Kind.INPUT:
            self._given = part.value() if self._given is None else f"{self._given}\n{part.written.strip()}"
        elif part.kind is Kind.OUTPUT:
            self._answer = part.value()

    def all(self) -> list[tuple[str, str]]:
        self._flush()
        if self._found:
            given, answer = self._found[-1]
            self._found[-1] = (given, without_farewell(answer))
        return self._found

    def _flush(self) -> None:
        given, answer = self._given, self._answer
        if given is not None and answer is None and (inline := _INLINE_OUTPUT.search(given)):
            given, answer = given[: inline.start()], given[inline.end() :].strip()
        if given is not None or answer is not None:
            whole = "\n".join(piece for piece in (self.loose, given or "") if piece)
            self._found.append((or_nothing(whole), answer or ""))
        elif self.loose:
            self._found.append(("", self.loose))
        self.loose, self._given, self._answer = "", None, None


def labelled(text: str) -> list[tuple[str, str]]:
    """Return the (input, label) pairs of an output-first reply, in its order, whichever of the two came first."""
    found = _until_another_task(parts(text))
    order = [part.kind for part in found if part.kind in (Kind.INPUT, Kind.LABEL, Kind.OUTPUT)]
    if Kind.LABEL not in order or order[0] is Kind.INPUT:
        kinds = {part.kind for part in found}
        if not {Kind.LABEL, Kind.OUTPUT} & kinds:
            return []
        for part in found:
            part.kind = Kind.OUTPUT if part.kind is Kind.LABEL else part.kind
        pairs = _Pairs()
        for part in found[1:]:
            pairs.take(part)
        return [(given, _plain_label(answer)) for given, answer in pairs.all() if given or answer]
    pairs_found: list[tuple[str, str]] = []
    for n, part in enumerate(found):
        if part.kind is Kind.LABEL:
            following = found[n + 1 :]
            end = next((k for k, later in enumerate(following) if later.kind is Kind.LABEL), len(following))
            pairs_found.append(_under_label(part, following[:end]))
    if pairs_found:
        given, label = pairs_found[-1]
        pairs_found[-1] = (without_farewell(given), label)
    return pairs_found


def _under_label(part: Part, below: Sequence[Part]) -> tuple[str, str]:
    label, _, rest = part.value().partition("\n")
    inline = _INLINE_INPUT.search(label)
    if inline:
        label, rest = label[: inline.start()], label[inline.end() :] + "\n" + rest
    given = rest.strip()
    for later in below:
        if later.kind in (Kind.INPUT, Kind.OUTPUT):
            value = later.value()
            given = f"{given}\n{value}".strip() if given else value
        elif later.kind is Kind.EXAMPLE and not given:  # the next example's head, or one whose title is the input
            given = "\n".join(later.lines).strip() if any(later.lines) else ""
    return or_nothing(given), _plain_label(label)


def _plain_label(label: str) -> str:
    """A class label without marks or quotes around the whole of it, so that one label is one text in all examples."""
    whole = re.fullmatch(rf"\s*({MARK}|[\"“”'\[])(?P<label>[^*_`\"“”\]]+)({MARK}|[\"“”'\]])[.]?\s*", label)
    return (whole["label"] if whole else label).strip()


def or_nothing(given: str) -> str:
    """An input as written, or the empty one where the model wrote that there is none."""
    return "" if _NOTHING.match(given) else given


def without_farewell(value: str) -> str:
    """The last value of a reply without a closing paragraph that speaks of the reply itself."""
    head, blank, last = value.rpartition("\n\n")
    if blank and FAREWELL.match(last) and ABOUT_ITSELF.search(last):
        return re.sub(r"(?:\s*\n[-*_]{3,}[ \t]*)+\Z", "", head).rstrip()
    return value


def _matter(text: str) -> str:
    """What stands before the first label as input: not a greeting, a title, or the task said again."""
    lines = [line for line in text.split("\n") if not TITLE.match(line) and not GREETING.match(line)]
    if sum(bool(line.strip()) for line in lines) == 1 and lines and "".join(lines).rstrip().endswith((":", "：")):
        return ""
    return "\n".join(lines).strip()


def _until_another_task(found: list[Part]) -> list[Part]:
    """The parts up to where the model ran on to a task of its own; a "Task:" line inside a value stays in it."""
    kept: list[Part] = []
    for n, part in enumerate(found):
        if part.kind is not Kind.TASK:
            kept.append(part)
        elif kept[-1].kind in (Kind.INPUT, Kind.OUTPUT, Kind.LABEL):
            if _runs_on(part, found[n + 1 :]):
                break
            kept[-1].lines += [part.written, *part.lines[1:]]
    return kept


def _runs_on(task: Part, later: Sequence[Part]) -> bool:
    """Whether examples of another task follow at once, counted from the first, and not the next one of this task."""
    if any(line.strip() for line in task.lines[1:]) or not later:
        return False
    return later[0].kind is not Kind.EXAMPLE or re.search(r"(?<!\d)1\b", later[0].written) is not None
