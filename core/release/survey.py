"""The first pass over the rows: what there is, how long it is, how it was graded, and which side each task is on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
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
        self.bars[next((bar for bar, most in enumerate(BARS) if words <= most), len(BARS))] += 1

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
    """A hash over rows in order, by which a second pass is known to be the same as the first."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)

    def add(self, row: ReleaseRow) -> None:
        beside = repr((row.system, row.turns, row.thoughts, row.judged, row.pairs, dict(row.fields), row.admitted))
        parts = (row.id, row.task, row.instruction, row.input, row.output, beside)
        self._hash.update("\x00".join((*map(str, map(len, parts)), *parts)).encode("utf-8", "surrogatepass"))

    def value(self) -> bytes:
        return self._hash.digest()


def surveyed(source: RowSource, shares: Shares, seed: int, on_row: Callable[[int], None]) -> Survey:
    """Return the figures of the rows; `on_row` hears the count so far and may raise to stop.

    Memory grows with ids and task keys, not with text. Raises Refused when there are no rows or two with one id.
    """
    digest, counts, seen, told = Digest(), Counter[str](), set[str](), set[str]()
    provenances = Provenances()
    origins, kinds, grades, verbs = Counter[Origin](), Counter[bool | None](), Counter[str](), Counter[str]()
    lengths = {name: Lengths() for name in ("instruction", "input", "output")}
    strata: dict[str, Stratum] = {}
    rows_of_task: Counter[str] = Counter()
    for count, given in enumerate(source(), start=1):
        digest.add(given)
        row, exact = mended(given)
        if row.id in seen:
            raise Refused(f"Two rows have the id {row.id!r}; a lineage is keyed by id, so give each row its own.")
        seen.add(row.id)
        strata.setdefault(row.task, Stratum(row.is_classification, row.origin))
        on_row(count)
        if not row.admitted:
            counts["judged"] += 1
            continue
        if row.task not in told:
            told.add(row.task)
            lengths["instruction"].add(row.instruction)
        rows_of_task[row.task] += 1
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
    if not told:
        raise Refused("The rule admits no row, so there is nothing to release; loosen it or rate more instances.")
    side_of = divide(strata.items(), shares, seed)
    rows_of_side: Counter[Split] = Counter()
    for task, rows in rows_of_task.items():
        rows_of_side[side_of[task]] += rows
    return Survey(
        digest.value(), len(seen) - counts["judged"], len(told), counts["demo"], counts["empty inputs"],
        counts["empty outputs"], counts["replaced"], origins, kinds, grades, verbs, lengths, side_of, rows_of_side,
        counts["judged"], counts["tools"], counts["systems"], counts["turns"], counts["thoughts"],
        provenances.value(),
    )  # fmt: skip


def _grades(lineage: Mapping[str, Any]) -> list[str]:
    return [str(rating["grade"]) for rating in lineage.get("ratings", ()) if rating.get("grade") is not None]
