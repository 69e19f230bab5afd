"""Coverage over time: how many different verb-noun pairs a pool has, and what share of its candidates gets in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    inside: Any = None
    for number, (run_id, batch, is_in, verb, noun) in enumerate(rows, 1):
        its = ("run", run_id, batch) if batch is not None else ("slice", None, (number - 1) // slice_size)
        if its != inside:
            inside = its
            steps.append(Step(number, 0, 0, len(seen), 0, 1))
        fresh = bool(is_in and verb and noun and (verb, noun) not in seen)
        if fresh:
            seen.add((verb, noun))
        last = steps[-1]
        steps[-1] = replace(
            last,
            number=number,
            candidates=last.candidates + 1,
            accepted=last.accepted + bool(is_in),
            pairs=len(seen),
            new_pairs=last.new_pairs + fresh,
        )
    return tuple(_merged(steps, most))


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
