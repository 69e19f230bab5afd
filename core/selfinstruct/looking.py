"""What runs brought, for whoever looks: candidates with their fates, and what reviewers made of what stayed."""

from __future__ import annotations

from dataclasses import dataclass

from core.database import Database
from core.pool import tallies, tasks
from core.records import Discard, Run, Task
from core.runs import control

LARGEST_BATCH = 2000  # candidates shown of one


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate, what dropped it (None where nothing did), and the instruction that was nearest when it came."""

    task: Task
    discard: Discard | None
    nearest: str


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run, and of the instances that it brought how many were rated and how many of these are valid."""

    run: Run
    rated: int
    valid: int


def candidates(database: Database, run: Run, batch: int) -> list[Candidate]:
    """A batch's candidates in the order in which they met the gate."""
    with database.read() as c:
        found = tasks.page(c, run.pool_id, run_id=run.id, batch=batch, limit=LARGEST_BATCH)
        why = tasks.evidence(c, [task.id for task in found])
        near = tasks.texts(c, {task.nearest_id for task in found if task.nearest_id})
    return [Candidate(task, why.get(task.id), near.get(task.nearest_id or 0, "")) for task in found]


def past_runs(database: Database, pool_id: int, method: str) -> list[PastRun]:
    """A pool's runs of a method, newest first."""
    with database.read() as c:
        judged = tallies.grades_by_run(c, pool_id)
    return [PastRun(run, *judged.get(run.id, (0, 0))) for run in control.of_pool(database, pool_id, method)]
