"""The first pass over the rows: what there is, how long it is, how it was graded, and which side each task is on."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from core.records import Origin, Refused
from core.release.provenance import Provenance, Provenances
from core.release.row import ReleaseRow, RowSource, mended
from core.release.split import Shares, Split, Stratum, divide

CHATTING = ("system", "user", "assistant")  # who speaks in a conversation without tools
# Upper ends of the bars, in words.
BARS = (5, 10, 20, 40, 80, 160, 320)


@dataclass(slots=True)
class Lengths:
    """Lengths in words of one field: how many texts, their sum, and bars up to 5, 10, 20 ... 320 and above."""

    count: int = 0
    words: int = 0
    bars: list[int] = field(default_factory=lambda: [0] * (len(BARS) + 1))

    def add(self, text: str) -> None:
        words = len(text.split())
        self.count += 1
        self.words += words
        self.bars[bisect_left(BARS, words)] += 1

    @property
    def mean(self) -> float | None:
        return self.words / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class Survey:
    """The figures of a release. `digest` stands for the rows and their order; lengths of instructions are by task.

    `judged`: how many rows came beside the others, as bad examples alone, and are in no other figure; `tools`,
    `systems`, `turns`, `thoughts`: how many rows have them; `provenance`: what their lineage comes to.
    """

    digest: bytes
    rows: int
    tasks: int
    demo: int
    empty_inputs: int
    empty_outputs: int
    replaced: int
    origins: Mapping[Origin, int]
    kinds: Mapping[bool | None, int]
    grades: Mapping[str, int]
    verbs: Mapping[str, int]
    lengths: Mapping[str, Lengths]
    side_of: Mapping[str, Split]
    rows_of_side: Mapping[Split, int]
    judged: int
    tools: int
    systems: int
    turns: int
    thoughts: int
    provenance: Provenance


class Digest:
    """A hash over rows in order: the same wherever the same rows are written."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)

    def add(self, row: ReleaseRow) -> None:
        beside = repr((row.system, row.turns, row.thoughts, row.judged, row.pairs, dict(row.fields), row.admitted))
        parts = (row.id, row.task, row.instruction, row.input, row.output, beside)
        self._hash.update("\x00".join((*map(str, map(len, parts)), *parts)).encode("utf-8", "surrogatepass"))

    def value(self) -> bytes:
        return self._hash.digest()


def surveyed(
    source: RowSource,
    shares: Shares,
    seed: int,
    on_row: Callable[[int], None],
    keep: Callable[[ReleaseRow, Mapping[str, str]], None] = lambda row, exact: None,
) -> Survey:
    """Return the figures of the rows; `on_row` hears the count so far and may raise to stop, `keep` each row as it
    is written and its exact texts.

    Memory grows with task keys, not with text. Raises Refused when there are no rows or two with one id.
    """
    digest, counts, ids, tasks = Digest(), Counter[str](), array("q"), _Tasks()
    provenances = Provenances()
    origins, kinds, grades, verbs = Counter[Origin](), Counter[bool | None](), Counter[str](), Counter[str]()
    lengths = {name: Lengths() for name in ("instruction", "input", "output")}
    for count, given in enumerate(source(), start=1):
        digest.add(given)
        row, exact = mended(given)
        keep(row, exact)
        ids.append(hash(row.id))
        is_told = tasks.add(row)
        on_row(count)
        if not row.admitted:
            counts["judged"] += 1
            continue
        if not is_told:
            lengths["instruction"].add(row.instruction)
        if row.input:
            lengths["input"].add(row.input)
        lengths["output"].add(row.output)
        counts["demo"] += row.demo
        counts["empty inputs"] += not row.input
        counts["empty outputs"] += not row.output.strip()
        counts["replaced"] += bool(exact)
        counts["systems"] += bool(row.system)
        counts["turns"] += bool(row.turns)
        counts["tools"] += any(turn.role not in CHATTING for turn in row.turns)
        counts["thoughts"] += bool(row.thoughts)
        origins[row.origin] += 1
        kinds[row.is_classification] += 1
        grades.update(_grades(row.lineage))
        provenances.add(row)
        if row.verb:
            verbs[row.verb] += 1
    _each_has_its_own_id(source, ids)
    side_of = divide(tasks.strata(), shares, seed)
    rows_of_side: Counter[Split] = Counter()
    n_tasks = 0
    for task, rows in tasks.rows():
        rows_of_side[side_of[task]] += rows
        n_tasks += 1
    if not n_tasks:
        raise Refused("The rule admits no row, so there is nothing to release; loosen it or rate more instances.")
    return Survey(
        digest.value(), len(ids) - counts["judged"], n_tasks, counts["demo"], counts["empty inputs"],
        counts["empty outputs"], counts["replaced"], origins, kinds, grades, verbs, lengths, side_of, rows_of_side,
        counts["judged"], counts["tools"], counts["systems"], counts["turns"], counts["thoughts"],
        provenances.value(),
    )  # fmt: skip


class _Tasks:
    """The kind of each task and how many of its rows are admitted, in one small number a task: a million have room."""

    def __init__(self) -> None:
        self._strata: dict[tuple[bool | None, Origin], int] = {}
        self._of: dict[str, int] = {}  # the number of its stratum, and _KINDS for every row

    def add(self, row: ReleaseRow) -> bool:
        """Take a row; tell whether one of its task was admitted before."""
        before = self._of.get(row.task)
        if before is None:
            kind = (row.is_classification, row.origin)
            before = self._strata.setdefault(kind, len(self._strata))
        self._of[row.task] = before + _KINDS * row.admitted
        return before >= _KINDS

    def strata(self) -> Iterator[tuple[str, Stratum]]:
        """Every task and its kind, that of its first row."""
        strata = [Stratum(*kind) for kind in self._strata]
        return ((task, strata[its % _KINDS]) for task, its in self._of.items())

    def rows(self) -> Iterator[tuple[str, int]]:
        """Every task that has an admitted row, and how many."""
        return ((task, its // _KINDS) for task, its in self._of.items() if its >= _KINDS)


_KINDS = 3 * len(Origin)  # strata are fewer than this


def _each_has_its_own_id(source: RowSource, hashes: array[int]) -> None:
    """Refuse rows of one id. Equal hashes alone say nothing yet: where there are any, their rows are read again."""
    import numpy as np

    ordered = np.sort(np.array(hashes, np.int64))
    equal = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
    seen = set[str]()
    for row in source() if equal else ():
        row_id = mended(row)[0].id
        if row_id in seen:
            raise Refused(f"Two rows have the id {row_id!r}; a lineage is keyed by id, so give each row its own.")
        if hash(row_id) in equal:
            seen.add(row_id)


def _grades(lineage: Mapping[str, Any]) -> list[str]:
    return [str(rating["grade"]) for rating in lineage.get("ratings", ()) if rating.get("grade") is not None]
