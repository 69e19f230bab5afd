"""Coverage over time: how many different verb-noun pairs a pool has, and what share of its candidates gets in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

MOST_STEPS = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One batch, or several neighbours of a long run, or a slice of an import.

    `candidates` and `accepted` came in this step; `pairs` is how many different verb-noun pairs there are after it,
    `new_pairs` how many of them it brought; `batches` how many batches it holds, `number` the candidates up to its end.
    """

    number: int
    candidates: int
    accepted: int
    pairs: int
    new_pairs: int
    batches: int

    @property
    def acceptance(self) -> float:
        return self.accepted / self.candidates


def growth(arrivals: Iterable[Any], most: int = MOST_STEPS) -> tuple[Step, ...]:
    """The steps of arrivals (run_id, batch, is_in, verb, noun) in order, at most so many: neighbours are put together.

    What belongs to no batch is cut into slices, one sixtieth of all candidates each.
    """
    rows = list(arrivals)
    slice_size = max(1, -(-len(rows) // most))
    steps: list[Step] = []
    seen: set[tuple[str, str]] = set()
    for _, group in groupby(enumerate(rows), lambda row: _place(row[0], row[1], slice_size)):
        candidates = accepted = 0
        before = len(seen)
        for number, (_, _, is_in, verb, noun) in group:  # noqa: B007  # its last value is used
            candidates += 1
            accepted += bool(is_in)
            if is_in and verb and noun:
                seen.add((verb, noun))
        steps.append(Step(number + 1, candidates, accepted, len(seen), len(seen) - before, 1))
    return tuple(_merged(steps, most))


def _place(number: int, row: Any, slice_size: int) -> tuple[Any, Any]:
    return (row[0], row[1]) if row[1] is not None else ("slice", number // slice_size)


def _merged(steps: list[Step], most: int) -> list[Step]:
    size = -(-len(steps) // most) or 1
    return [_together(steps[start : start + size]) for start in range(0, len(steps), size)]


def _together(steps: list[Step]) -> Step:
    return Step(
        number=steps[-1].number,
        candidates=sum(step.candidates for step in steps),
        accepted=sum(step.accepted for step in steps),
        pairs=steps[-1].pairs,
        new_pairs=sum(step.new_pairs for step in steps),
        batches=sum(step.batches for step in steps),
    )
