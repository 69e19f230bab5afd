"""What a release is made of: rows, each with its text, its place in the pool and its lineage kept apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.records import Origin, Turn

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RejectedAnswer:
    """An answer that somebody held for worse than a row's output to the same instruction and input.

    `source`: edit (the output before a person mended it), import (a rejected answer that came with the row) or task
    (another instance, rated lower). `margin`: the difference of the mean grades (A 4 to D 1), None where one of the
    two was never rated.
    """

    rejected: str
    source: str
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What the present text's ratings come to: `valid` (None: nobody said, or people differ), mean grade, how many."""

    valid: bool | None = None
    score: float | None = None
    ratings: int = 0


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One instance as it goes out.

    `id` is stable between releases; `task` is the key by which rows of one task stay on one side of a split.
    `admitted`: false for what reviewers judged and the rule left behind for that; only formats that learn from bad
    answers hold it. `system`, `turns`, `thoughts` and `fields` (by column, as text) are what the instance has beside.
    `lineage` goes to the sidecar lineage.jsonl and never into a trainer's file: run, request, model, settings, seeds
    shown, filters passed, grades, edits; any value that JSON can hold.
    """

    id: str
    task: str
    instruction: str
    input: str
    output: str
    is_classification: bool | None
    origin: Origin
    demo: bool = False
    verb: str | None = None
    lineage: Mapping[str, Any] = field(default_factory=dict)
    system: str = ""
    turns: tuple[Turn, ...] = ()
    thoughts: str = ""
    judged: Judged = Judged()
    pairs: tuple[RejectedAnswer, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    admitted: bool = True


RowSource = Callable[[], Iterator[ReleaseRow]]
"""Call it for a fresh pass over the same rows in the same order; a release reads them once and holds none."""


def mended(row: ReleaseRow) -> tuple[ReleaseRow, dict[str, str]]:
    """Return the row as valid Unicode, and the exact text of each field that was not.

    A lone surrogate becomes U+FFFD, one for one: pyarrow, orjson and `datasets` refuse a file that holds even its
    JSON escape, and pandas drops it in silence. The exact text goes to lineage.jsonl, so nothing is lost.
    """
    if _encodes("".join(every_text(row))):
        return row, {}
    broken = {name: text for name, text in _texts(row).items() if not _encodes(text)}
    own = {name: _fixed(text) for name, text in broken.items() if name in _OWN}
    turns = tuple(Turn(_fixed(turn.role), _fixed(turn.text)) for turn in row.turns)
    pairs = tuple(replace(pair, rejected=_fixed(pair.rejected)) for pair in row.pairs)
    fields = {_fixed(name): _fixed(text) for name, text in row.fields.items()}
    return replace(row, **own, turns=turns, pairs=pairs, fields=fields), broken  # type: ignore[arg-type]


_OWN = ("id", "task", "instruction", "input", "output", "verb", "system", "thoughts")


def every_text(row: ReleaseRow) -> Iterator[str]:
    """Every text of a row that a file may hold."""
    yield from (row.id, row.task, row.instruction, row.input, row.output, row.verb or "", row.system, row.thoughts)
    for turn in row.turns:
        yield from (turn.role, turn.text)
    for pair in row.pairs:
        yield pair.rejected
    for name, text in row.fields.items():
        yield from (name, text)


def _texts(row: ReleaseRow) -> dict[str, str]:
    """The same by a name."""
    texts: dict[str, str] = {name: getattr(row, name) or "" for name in _OWN}
    for place, turn in enumerate(row.turns, start=1):
        texts |= {f"turns {place} role": turn.role, f"turns {place}": turn.text}
    texts |= {f"pairs {place}": pair.rejected for place, pair in enumerate(row.pairs, start=1)}
    for place, (name, text) in enumerate(row.fields.items(), start=1):
        texts |= {f"fields {place} name": name, f"fields {place}": text}
    return texts


def _fixed(text: str) -> str:
    return LONE_SURROGATE.sub("\ufffd", text)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
