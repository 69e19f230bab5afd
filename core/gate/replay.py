"""The novelty gate again over a pool's stored candidates, in their order of arrival, without a model call."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import sqlalchemy as sa

from core.database import Database
from core.gate.admission import tokeniser_of
from core.gate.rules import THRESHOLD, TOO_CLOSE
from core.novelty import admit
from core.pool import measured, tasks
from core.records import Origin, Pool, Refused


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that the threshold drops, and the task or seed that it is too close to (ROUGE-L F1)."""

    task_id: int
    instruction: str
    nearest_id: int
    nearest: str
    score: float


@dataclass(frozen=True, slots=True)
class Replay:
    """What the gate does at a threshold: ids kept in order of arrival, and what is dropped with its evidence."""

    threshold: float
    seeds: int
    candidates: int
    kept: tuple[int, ...]
    dropped: tuple[Dropped, ...]


def candidates(c: sa.Connection, pool_id: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """(seeds, candidates) as (id, instruction): all that reached the gate, whatever then became of it.

    A seed that was promoted from one of the candidates is left out: the gate met that text when the candidate came, and
    nothing is too close to its own copy.
    """
    arrived = tasks.reached_gate(c, pool_id, TOO_CLOSE)
    return seeds_met(c, pool_id, lambda some: {task_id for task_id, _ in arrived}.intersection(some)), arrived


def seeds_met(
    c: sa.Connection, pool_id: int, reached: Callable[[Collection[int]], Collection[int]]
) -> list[tuple[int, str]]:
    """The seeds, as `candidates` says; `reached`: those of some tasks that reached the gate."""
    promoted = measured.promotions(c, pool_id)
    there = reached(set(promoted.values())) if promoted else ()
    seeds = tasks.instructions(c, pool_id, origins=(Origin.SEED,))
    return [(key, text) for key, text in seeds if promoted.get(key) not in there]


def replay(
    database: Database, pool: Pool, threshold: float, on_progress: Callable[[int, int], None] | None = None
) -> Replay:
    """Replay the gate at `threshold` over everything that reached it; nothing is changed."""
    if not 0 < threshold <= 1:
        raise Refused(f"The threshold is a ROUGE-L F1 above 0 and up to 1, such as {THRESHOLD}.")
    with database.read() as c:
        seeds, arrived = candidates(c, pool.id)
    every = seeds + arrived
    outcome = admit(
        [text for _, text in every], threshold, tokeniser_of(pool), fixed=len(seeds), on_progress=on_progress
    )
    kept, dropped = [], []
    for place in range(len(seeds), len(every)):
        task_id, text = every[place]
        if outcome.kept[place]:
            kept.append(task_id)
        else:
            near = every[int(outcome.nearest[place])]
            dropped.append(Dropped(task_id, text, near[0], near[1], float(outcome.score[place])))
    return Replay(threshold, len(seeds), len(arrived), tuple(kept), tuple(dropped))
