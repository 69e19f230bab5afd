"""Runs and their batches: who owns a run, what it was asked to do, where it stands."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from core.database.schema import batches, runs
from core.pool import missing
from core.records import Budget, Control, Run, RunState

LEASE_S = 20.0


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch of a run: what was drawn for it, and what came of it once admitted."""

    run_id: int
    number: int
    plan: Mapping[str, Any]
    counts: Mapping[str, Any] | None
    admitted_at: float | None
    planned_at: float = 0.0


def queue(
    c: sa.Connection, pool_id: int, method: str, settings: Mapping[str, Any], budget: Budget, counts: Mapping[str, Any]
) -> Run:
    """Make a run that waits for an owner."""
    row = c.execute(
        runs.insert()
        .values(
            pool_id=pool_id,
            method=method,
            state=RunState.QUEUED.value,
            settings=dict(settings),
            budget=asdict(budget),
            counts=dict(counts),
            created_at=time.time(),
        )
        .returning(runs)
    ).one()
    return _run(row)


def get(c: sa.Connection, run_id: int) -> Run:
    row = c.execute(sa.select(runs).where(runs.c.id == run_id)).first()
    if row is None:
        raise missing.no_such(c, missing.RUN, run_id)
    return _run(row)


def of_pool(c: sa.Connection, pool_id: int, limit: int = 50, method: str | None = None) -> list[Run]:
    """A pool's runs, newest first."""
    query = sa.select(runs).where(runs.c.pool_id == pool_id).order_by(runs.c.id.desc()).limit(limit)
    if method is not None:
        query = query.where(runs.c.method == method)
    return [_run(row) for row in c.execute(query)]


def active(c: sa.Connection) -> list[Run]:
    """Every run that waits or works, of all pools."""
    states = (RunState.QUEUED.value, RunState.RUNNING.value)
    return [_run(row) for row in c.execute(sa.select(runs).where(runs.c.state.in_(states)).order_by(runs.c.id))]


def claim(c: sa.Connection, owner: str, run_id: int | None = None) -> Run | None:
    """Take a queued run (or that one) for `owner`, by one conditional update; None if another was quicker."""
    now = time.time()
    # One that a program keeps for itself is free to others once that program must have ended.
    kept = runs.c.owner.is_not(None) & (runs.c.owner != owner) & (runs.c.lease_until >= now)
    free = (runs.c.state == RunState.QUEUED.value) & ~kept
    pick = sa.select(runs.c.id).where(free).order_by(runs.c.id).limit(1)
    if run_id is not None:
        pick = pick.where(runs.c.id == run_id)
    row = c.execute(
        runs.update()
        .where(runs.c.id == pick.scalar_subquery(), free)
        .values(
            state=RunState.RUNNING.value,
            owner=owner,
            lease_until=now + LEASE_S,
            asked="",
            message="",
            started_at=sa.func.coalesce(runs.c.started_at, now),
            ended_at=None,
        )
        .returning(runs)
    ).first()
    return _run(row) if row else None


def reserve(c: sa.Connection, run_id: int, owner: str) -> None:
    """Keep a queued run for `owner` to claim, for as long as a lease."""
    queued = (runs.c.id == run_id) & (runs.c.state == RunState.QUEUED.value)
    c.execute(runs.update().where(queued).values(owner=owner, lease_until=time.time() + LEASE_S))


def beat(c: sa.Connection, run_id: int, owner: str) -> str | None:
    """Renew the owner's lease; return what was asked ("", "pause", "stop"), None where it is no longer theirs."""
    mine = (runs.c.id == run_id) & (runs.c.owner == owner) & (runs.c.state == RunState.RUNNING.value)
    row = c.execute(runs.update().where(mine).values(lease_until=time.time() + LEASE_S).returning(runs.c.asked)).first()
    return str(row.asked) if row else None


def owns(c: sa.Connection, run_id: int, owner: str) -> bool:
    """Whether the run is still this owner's; asked inside each of its writes, so that a ghost cannot write."""
    query = sa.select(runs.c.id).where(
        runs.c.id == run_id, runs.c.owner == owner, runs.c.state == RunState.RUNNING.value
    )
    return c.execute(query).first() is not None


def count(c: sa.Connection, run_id: int, counts: Mapping[str, Any]) -> None:
    c.execute(runs.update().where(runs.c.id == run_id).values(counts=dict(counts)))


def end(c: sa.Connection, run_id: int, owner: str, state: RunState, message: str = "") -> None:
    """Let go of a run, saying how it ended."""
    mine = (runs.c.id == run_id) & (runs.c.owner == owner)
    c.execute(
        runs.update()
        .where(mine)
        .values(state=state.value, message=message, owner=None, lease_until=0, asked="", ended_at=time.time())
    )


def ask(c: sa.Connection, run_id: int, what: Control) -> None:
    """Ask something of a run; one that nobody works on is put down at once."""
    working = runs.update().where(runs.c.id == run_id, runs.c.state == RunState.RUNNING.value)
    c.execute(working.values(asked=what.value))
    idle = (RunState.QUEUED.value, RunState.INTERRUPTED.value, RunState.PAUSED.value)
    c.execute(
        runs.update()
        .where(runs.c.id == run_id, runs.c.state.in_(idle))
        .values(state=what.state.value, ended_at=time.time(), message=f"{what.told}.")
    )


def resume(c: sa.Connection, run_id: int, budget: Budget | None = None) -> bool:
    """Queue a run again that was put down or lost its owner; False where it is at work or done."""
    states = [state.value for state in RunState if state.is_resumable]
    changed = {"budget": asdict(budget)} if budget else {}
    return (
        c.execute(
            runs.update()
            .where(runs.c.id == run_id, runs.c.state.in_(states))
            .values(state=RunState.QUEUED.value, asked="", message="", **changed)
        ).rowcount
        == 1
    )


def again(c: sa.Connection, run_id: int, settings: Mapping[str, Any]) -> bool:
    """Queue an ended run once more from nothing, with these settings; False where it waits or works."""
    busy = (RunState.QUEUED.value, RunState.RUNNING.value)
    anew = {"state": RunState.QUEUED.value, "settings": dict(settings), "counts": {}, "asked": "", "message": ""}
    return c.execute(runs.update().where(runs.c.id == run_id, runs.c.state.not_in(busy)).values(**anew)).rowcount == 1


def mark_interrupted(
    c: sa.Connection,
    has_ended: Callable[[str], bool] = lambda owner: False,
    only: Collection[tuple[int, str]] | None = None,
) -> int:
    """Mark running runs that have lost their owner: its lease has run out, or `has_ended` knows that it is no more.

    `only`: of these (id, owner). Nothing is paid for until somebody resumes them.
    """
    message = "The program that ran this ended before the run did. Resume goes on where it was; nothing is paid twice."
    gone = {"state": RunState.INTERRUPTED.value, "owner": None, "message": message}
    found = [one for one in lost(c, has_ended) if only is None or one in only]
    for run_id, owner in found:
        live = runs.c.state.in_((RunState.RUNNING.value, RunState.QUEUED.value))
        c.execute(runs.update().where((runs.c.id == run_id) & (runs.c.owner == owner) & live).values(**gone))
    return len(found)


def lost(c: sa.Connection, has_ended: Callable[[str], bool] = lambda owner: False) -> list[tuple[int, str]]:
    """(id, owner) of the runs that have lost their owner: at work, or kept for itself by a program that has ended."""
    query = sa.select(runs.c.id, runs.c.owner, runs.c.state, runs.c.lease_until).where(
        (runs.c.state == RunState.RUNNING.value) | ((runs.c.state == RunState.QUEUED.value) & runs.c.owner.is_not(None))
    )
    now = time.time()
    return [
        (run_id, owner or "")
        for run_id, owner, state, until in c.execute(query)
        if has_ended(owner or "") or (state == RunState.RUNNING.value and until < now)
    ]


def plan(c: sa.Connection, run_id: int, number: int, plan: Mapping[str, Any]) -> Batch:
    """Store what was drawn for a batch, before any of it is sent."""
    c.execute(batches.insert().values(run_id=run_id, number=number, plan=dict(plan), planned_at=time.time()))
    return Batch(run_id, number, plan, None, None)


def admit(c: sa.Connection, run_id: int, number: int, counts: Mapping[str, Any]) -> None:
    """Mark a batch as admitted, in the transaction that stores its candidates."""
    same = (batches.c.run_id == run_id) & (batches.c.number == number)
    c.execute(batches.update().where(same).values(admitted_at=time.time(), counts=dict(counts)))


def batches_of(c: sa.Connection, run_id: int) -> Sequence[Batch]:
    """A run's batches, in order."""
    query = sa.select(batches).where(batches.c.run_id == run_id).order_by(batches.c.number)
    return [Batch(r.run_id, r.number, r.plan, r.counts, r.admitted_at, r.planned_at) for r in c.execute(query)]


def acceptance(c: sa.Connection, pool_id: int, limit: int) -> list[tuple[int, int]]:
    """(candidates, accepted) of a pool's latest batches that brought any, oldest first."""
    query = (
        sa.select(batches.c.counts)
        .join(runs, runs.c.id == batches.c.run_id)
        .where(runs.c.pool_id == pool_id, batches.c.admitted_at.is_not(None))
        .order_by(batches.c.run_id.desc(), batches.c.number.desc())
        .limit(limit)
    )
    found = [(int(n.get("candidates", 0)), int(n.get("accepted", 0))) for n in c.execute(query).scalars() if n]
    return [pair for pair in reversed(found) if pair[0]]


def _run(row: sa.Row[Any]) -> Run:
    return Run(
        row.id,
        row.pool_id,
        row.method,
        RunState(row.state),
        row.settings,
        Budget(**row.budget),
        row.counts,
        row.message,
        row.asked,
        row.owner,
        row.lease_until,
        row.created_at,
        row.started_at,
        row.ended_at,
    )
