"""The rows that the release tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from core.records import Origin, Turn
from core.release.formats import FORMATS
from core.release.options import ReleaseOptions
from core.release.row import Judged, RejectedAnswer, ReleaseRow

EVERY = tuple(FORMATS)

HOSTILE = (
    "a\x00b",
    "one\u2028two\u2029three\x85four",
    "😀\u202eright to left\u202c שלום",
    "tab\tcarriage\rboth\r\nline\n end",
    "NA",
    "null",
    "=1+1",
    "'=1+1",
    "+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-2",
    "\t=1",
    "\r\n=1",
    "1.50",
    "true",
    " spaces around ",
    "\ufeffbyte order mark",
    "\ufffe\uffff",
    "2020-01-01 00:00:00",
    "\x0b\x0c\x1c\x1d\x1e\x7f",
    "{input} {instruction} {0} %s",
    '"quoted", and, commas',
    "<img src=x onerror=alert(1)> ![](https://example.org/x.png)",
    "x" * 1_000_000,
)


def row(number: int, **changes: object) -> ReleaseRow:
    """Return row `number` of the plain release: two rows a task, every third task a classification."""
    task = number // 2
    fields: dict[str, object] = {
        "id": f"i{number}",
        "task": f"t{task}",
        "instruction": f"Say something kind about the number {task}.",
        "input": "" if number % 2 else f"Number: {number}",
        "output": f"{number} is a fine number.",
        "is_classification": task % 3 == 0,
        "origin": (Origin.SEED, Origin.SELF_INSTRUCT, Origin.REINSTRUCT)[task % 3],
        "verb": "say",
        "judged": Judged(number % 4 != 3, 3.0 - 2 * (number % 4 == 3), 1),
        "pairs": () if number % 3 == 2 else (RejectedAnswer(f"{number} is a number.", "edit", 1.0),),
        "lineage": {"run": 4, "request": 100 + number, "model": "base", "ratings": [{"reviewer": "a", "grade": "B"}]},
    }
    return ReleaseRow(**{**fields, **changes})  # type: ignore[arg-type]


def rows(count: int) -> list[ReleaseRow]:
    return [row(number) for number in range(count)]


def hostile_rows() -> list[ReleaseRow]:
    """Return one row for every hostile text, which is its output, its input and a part of its instruction."""
    return [
        row(
            number,
            task=f"t{number}",
            instruction=f"Repeat: {text[:60]}",
            input=text[:60],
            output=text,
            system=text[:60],
            turns=(Turn("user", text[:60]), Turn("assistant", text[:60])),
            pairs=(RejectedAnswer(f"worse: {text}", "edit"),),
        )
        for number, text in enumerate(HOSTILE)
    ]


def source(given: Sequence[ReleaseRow]) -> Callable[[], Iterator[ReleaseRow]]:
    return lambda: iter(given)


def options(*formats: str, **changes: object) -> ReleaseOptions:
    return ReleaseOptions("Kind numbers", formats or EVERY, **changes)  # type: ignore[arg-type]
