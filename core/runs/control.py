"""Acts on runs: start, pause, stop, resume; and which there are. One run of a method works on a pool at a time."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from core import methods
from core.database import Database
from core.pool import pools, tasks
from core.pool.journal import Noted, note
from core.records import Budget, Control, Refused, Run, RunState, WinnowError
from core.runs import owners
from core.runs.rows import runs
from core.runs.rows.runs import LEASE_S
from core.runs.rows.runs import Batch as Batch

NOTED = {Control.PAUSE: Noted.PAUSED, Control.STOP: Noted.STOPPED}

MOST_BUDGET = 1e15  # of anything


@dataclass(frozen=True, slots=True)
class AtWork:
    """A run that waits or works, the name of its pool, and whether it asks a model and so may spend."""

    run: Run
    pool: str
    asks: bool


def start(
    database: Database,
    pool_id: int,
    method: str,
    settings: Mapping[str, Any],
    budget: Budget | None = None,
    *,
    here: bool = False,
) -> Run:
    """Queue a run; a Runner of any program on this database takes it up. `here` keeps it for `work_here`.

    Refused while another run of the method waits or works in the pool: two would spend twice for the same.
    """
    _must_bind(budget)
    with database.write() as c:
        _refuse_second(c, pool_id, method)
        run = runs.queue(c, pool_id, method, settings, budget or Budget(), {})
        note(c, pool_id, Noted.STARTED, run.id)
        if here:
            runs.reserve(c, run.id, owners.HERE)
        return run


def resume(database: Database, run_id: int, budget: Budget | None = None, *, here: bool = False) -> Run:
    """Queue a run again that was put down or lost its owner, perhaps with another budget.

    Refused where it is at work or done, or another run of the method has begun in its pool since.
    """
    _must_bind(budget)
    with database.write() as c:
        run = runs.get(c, run_id)
        _refuse_second(c, run.pool_id, run.method)
        if not runs.resume(c, run_id, budget):
            raise Refused(f"Run {run_id} is {run.state.value}; only a run that was put down can be resumed.")
        note(c, run.pool_id, Noted.RESUMED, run_id)
        if here:
            runs.reserve(c, run_id, owners.HERE)
        return runs.get(c, run_id)


def resume_same(
    database: Database,
    pool_id: int,
    method: str,
    settings: Mapping[str, Any],
    budget: Budget | None = None,
    *,
    here: bool = False,
) -> Run | None:
    """Queue the pool's latest run again if it was put down before its end and had these very settings, else None.

    A run whose program was killed a moment ago counts. Refused where a program is still at work on it.
    """
    same = json.loads(json.dumps(settings))  # as the database gives them back
    with database.write() as c:
        runs.mark_interrupted(c, owners.has_ended)
        latest = next((run for run in runs.of_pool(c, pool_id) if run.method == method), None)
        if latest is None or not _same_plan(method, latest.settings, same):
            return None
        kept = latest.state is RunState.QUEUED and latest.owner and latest.lease_until > time.time()
        if latest.state is RunState.RUNNING or kept:
            raise Refused(
                f"Run {latest.id} of this pool is at work with these very settings; stop it first, or wait "
                f"{LEASE_S:.0f} seconds if its program was killed on another machine."
            )
        if latest.state is not RunState.QUEUED:
            _refuse_second(c, pool_id, method)
            if not runs.resume(c, latest.id, budget):
                return None
            note(c, pool_id, Noted.RESUMED, latest.id)
        if here:
            runs.reserve(c, latest.id, owners.HERE)
        return runs.get(c, latest.id)


def again(database: Database, run_id: int, settings: Mapping[str, Any]) -> Run:
    """Queue an ended run once more from nothing, with these settings; one that waits or works is left as it is."""
    with database.write() as c:
        changed = runs.again(c, run_id, settings)
        run = runs.get(c, run_id)
        if changed:
            note(c, run.pool_id, Noted.RESUMED, run_id)
        return run


def ask(database: Database, run_id: int, what: Control) -> Run:
    """Ask something of a run: what is on its way comes home first. One that nobody works on is put down at once."""
    with database.write() as c:
        before = runs.get(c, run_id)
        runs.ask(c, run_id, what)
        run = runs.get(c, run_id)
        if (run.state, run.asked) != (before.state, before.asked):
            note(c, run.pool_id, NOTED[what], run_id)
        return run


def pause(database: Database, run_id: int) -> Run:
    """Ask a run to pause, as `ask` does."""
    return ask(database, run_id, Control.PAUSE)


def stop(database: Database, run_id: int) -> Run:
    """Ask a run to stop, as `ask` does."""
    return ask(database, run_id, Control.STOP)


def get(database: Database, run_id: int) -> Run:
    """The run as it stands; NotFound where there is none of that id."""
    with database.read() as c:
        return runs.get(c, run_id)


def of_pool(database: Database, pool_id: int, method: str | None = None, limit: int = 50) -> list[Run]:
    """A pool's runs, newest first; with `method` those of it alone."""
    with database.read() as c:
        return runs.of_pool(c, pool_id, limit, method)


def shown(database: Database, pool_id: int, method: str) -> Run | None:
    """The run of a method that a page shows: the one that waits or works, else the newest; None before the first."""
    with database.read() as c:
        return _live(c, pool_id, method) or next(iter(runs.of_pool(c, pool_id, 1, method)), None)


def at_work(database: Database) -> list[AtWork]:
    """Every run that waits or works, of all pools, in the order of their starts."""
    known = methods.every()
    with database.read() as c:
        return [
            AtWork(run, pools.by_id(c, run.pool_id).name, run.method in known and known[run.method].asks)
            for run in runs.active(c)
        ]


def batches(database: Database, run_id: int) -> list[Batch]:
    """A run's batches that were admitted, in order."""
    with database.read() as c:
        return [batch for batch in runs.batches_of(c, run_id) if batch.admitted_at is not None]


def acceptance(database: Database, pool_id: int, limit: int) -> list[tuple[int, int]]:
    """(candidates, accepted) of a pool's latest batches that brought any, oldest first."""
    with database.read() as c:
        return runs.acceptance(c, pool_id, limit)


def accepted(database: Database, pool_id: int) -> int:
    """How many accepted tasks a pool has beside its seeds: what a run "until the pool has" counts."""
    with database.read() as c:
        return tasks.accepted_count(c, pool_id)


def pace(run: Run) -> tuple[float | None, float | None]:
    """Accepted tasks a minute since the run (re)started, and the seconds left to its target; None where unknown."""
    began, accepted = run.counts.get("began_at"), run.counts.get("accepted", 0)
    if run.state is not RunState.RUNNING or not began:
        return None, None
    seconds = max(time.time() - began, 0.1)
    rate = 60 * (accepted - run.counts.get("began_with", 0)) / seconds
    there, goal = progress(run)
    return rate, (60 * max(0, goal - there) / rate if goal and rate else None)


def progress(run: Run) -> tuple[int, int | None]:
    """How far a growing run is, and its goal: the pool's tasks where the goal is the pool's, else those it brought."""
    if run.counts.get("pool_target"):
        return run.counts.get("in_pool", 0), run.counts["pool_target"]
    return run.counts.get("accepted", 0), run.counts.get("target")


def _live(c: sa.Connection, pool_id: int, method: str) -> Run | None:
    return next((run for run in runs.active(c) if (run.pool_id, run.method) == (pool_id, method)), None)


def _refuse_second(c: sa.Connection, pool_id: int, method: str) -> None:
    runs.mark_interrupted(c, owners.has_ended)
    known = methods.every().get(method)
    live = _live(c, pool_id, method)
    if live is None or (known is not None and not known.alone):
        return
    if live.state is RunState.QUEUED:
        raise Refused(
            f"Run {live.id} of this pool waits to begin; let it, or take it back with Stop or "
            f"`winnow run stop {live.id}`."
        )
    doing = known.doing if known else "is at work on this pool"
    raise Refused(f"Run {live.id} {doing} already; pause or stop it first (`winnow run stop {live.id}`).")


def _same_plan(method: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two stored plans ask for the same; one that can't be read any more asks for something else."""
    if one == other:
        return True
    try:
        return methods.named(method).same_plan(one, other)
    except (KeyError, TypeError, ValueError, WinnowError):
        return False


def _must_bind(budget: Budget | None) -> None:
    """Raise Refused for a bound that nothing ever reaches (nan, infinity), or that is reached before anything began."""
    for name, bound in asdict(budget or Budget()).items():
        if bound is not None and not (math.isfinite(bound) and 0 < bound < MOST_BUDGET):
            raise Refused(f"A budget in {name} is a number above 0, such as 10.")
