"""Worked examples of a chat reply: the (input, output) pairs of both layouts, put together from its heads."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.selfinstruct.chat_heads import COLON, INLINE_OUTPUT, HeadedPart, HeadKind, parts
from core.selfinstruct.chatter import ABOUT_ITSELF, FAREWELL, GREETING, HOPES, MARK, TITLE

_INLINE_INPUT = re.compile(rf"[ \t|;,→]+(?:\*\*|__)?Input[ \t]*\d*(?:(?:\*\*|__){COLON}|{COLON}(?:\*\*|__)?)[ \t]*")
_NOTHING = re.compile(
    r"[\W_]*(?:none|n/?a|n\.a|nil|null|empty|blank|not applicable|(?:not|none) (?:needed|required|necessary|provided)"
    r"|no ?(?:additional |further |specific )?input(?: is)?(?: needed| required| necessary| provided)?|无|無|なし)"
    r"[\W_]*\Z|[\s\"'“”()<>\[\]–—-]*\Z",
    re.IGNORECASE,
)


def worked(text: str) -> list[tuple[str, str]]:
    """Return the (input, output) pairs of an input-first reply, in its order; empty where no head can be found."""
    found = _until_another_task(parts(text))
    kinds = {part.kind for part in found}
    if HeadKind.OUTPUT not in kinds and HeadKind.EXAMPLE not in kinds and HeadKind.INPUT not in kinds:
        return []
    pairs = _Pairs()
    opening = "" if {HeadKind.EXAMPLE, HeadKind.INPUT} & kinds else _matter(found[0].value())
    pairs.loose = opening
    for part in found[1:]:
        pairs.take(part)
    return pairs.all()


class _Pairs:
    """Pairs put together head by head; an output closes the pair, an example's head opens the next."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []
        self.loose, self._given, self._answer = "", None, None  # type: str, str | None, str | None

    def take(self, part: HeadedPart) -> None:
        if part.kind is HeadKind.EXAMPLE or (
            part.kind in (HeadKind.INPUT, HeadKind.OUTPUT) and self._answer is not None
        ):
            self._flush()
        if part.kind is HeadKind.EXAMPLE:
            self.loose = _matter("\n".join(part.lines[1:]))
        elif part.kind is HeadKind.INPUT:
            self._given = part.value() if self._given is None else f"{self._given}\n{part.written.strip()}"
        elif part.kind is HeadKind.OUTPUT:
            self._answer = part.value()

    def all(self) -> list[tuple[str, str]]:
        self._flush()
        if self._found:
            given, answer = self._found[-1]
            self._found[-1] = (given, without_farewell(answer))
        return self._found

    def _flush(self) -> None:
        given, answer = self._given, self._answer
        if given is not None and answer is None and (inline := INLINE_OUTPUT.search(given)):
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
    order = [part.kind for part in found if part.kind in (HeadKind.INPUT, HeadKind.LABEL, HeadKind.OUTPUT)]
    if HeadKind.LABEL not in order or order[0] is HeadKind.INPUT:
        kinds = {part.kind for part in found}
        if not {HeadKind.LABEL, HeadKind.OUTPUT} & kinds:
            return []
        for part in found:
            part.kind = HeadKind.OUTPUT if part.kind is HeadKind.LABEL else part.kind
        pairs = _Pairs()
        for part in found[1:]:
            pairs.take(part)
        return [(given, _plain_label(answer)) for given, answer in pairs.all() if given or answer]
    pairs_found: list[tuple[str, str]] = []
    for n, part in enumerate(found):
        if part.kind is HeadKind.LABEL:
            following = found[n + 1 :]
            end = next((k for k, later in enumerate(following) if later.kind is HeadKind.LABEL), len(following))
            pairs_found.append(_under_label(part, following[:end]))
    if pairs_found:
        given, label = pairs_found[-1]
        pairs_found[-1] = (without_farewell(given), label)
    return pairs_found


def _under_label(part: HeadedPart, below: Sequence[HeadedPart]) -> tuple[str, str]:
    label, _, rest = part.value().partition("\n")
    inline = _INLINE_INPUT.search(label)
    if inline:
        label, rest = label[: inline.start()], label[inline.end() :] + "\n" + rest
    given = rest.strip()
    for later in below:
        if later.kind in (HeadKind.INPUT, HeadKind.OUTPUT):
            value = later.value()
            given = f"{given}\n{value}".strip() if given else value
        elif later.kind is HeadKind.EXAMPLE and not given:  # the next example's head, or one whose title is the input
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
    if blank and FAREWELL.match(last) and (ABOUT_ITSELF.search(last) or HOPES.match(last)):
        return re.sub(r"(?:\s*\n[-*_]{3,}[ \t]*)+\Z", "", head).rstrip()
    return value


def _matter(text: str) -> str:
    """What stands before the first label as input: not a greeting, a title, or the task said again."""
    lines = [line for line in text.split("\n") if not TITLE.match(line) and not GREETING.match(line)]
    if sum(bool(line.strip()) for line in lines) == 1 and lines and "".join(lines).rstrip().endswith((":", "：")):
        return ""
    return "\n".join(lines).strip()


def _until_another_task(found: list[HeadedPart]) -> list[HeadedPart]:
    """The parts up to where the model ran on to a task of its own; a "Task:" line inside a value stays in it."""
    kept: list[HeadedPart] = []
    for n, part in enumerate(found):
        if part.kind is not HeadKind.TASK:
            kept.append(part)
        elif kept[-1].kind in (HeadKind.INPUT, HeadKind.OUTPUT, HeadKind.LABEL):
            if _runs_on(part, found[n + 1 :]):
                break
            kept[-1].lines += [part.written, *part.lines[1:]]
    return kept


def _runs_on(task: HeadedPart, later: Sequence[HeadedPart]) -> bool:
    """Whether examples of another task follow at once, counted from the first, and not the next one of this task."""
    if any(line.strip() for line in task.lines[1:]) or not later:
        return False
    return later[0].kind is not HeadKind.EXAMPLE or re.search(r"(?<!\d)1\b", later[0].written) is not None
