"""What a run has found of a pool's similar pairs, in parts, and the texts that it compares."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from core.database.parts import in_parts
from core.database.schema import decisions, edits, nearness, nearness_parts, tasks
from core.gate.rules import TOO_CLOSE
from core.records import Origin, State

IN = (State.ACCEPTED.value, State.REJECTED.value)
BEGUN = 0  # the step of what is known before anything is compared


def moment(c: sa.Connection, pool_id: int) -> tuple[int, int, int]:
    """(newest task, decision, changed instruction) of a pool: one grows whenever a comparison may differ."""
    newest = (
        sa.select(sa.func.coalesce(sa.func.max(tasks.c.id), 0)).where(tasks.c.pool_id == pool_id),
        sa.select(sa.func.coalesce(sa.func.max(decisions.c.id), 0)).where(decisions.c.pool_id == pool_id),
        sa.select(sa.func.coalesce(sa.func.max(edits.c.id), 0)).where(
            edits.c.pool_id == pool_id, edits.c.field == "instruction"
        ),
    )
    row = c.execute(sa.select(*(query.scalar_subquery() for query in newest))).one()
    return int(row[0]), int(row[1]), int(row[2])


def since(c: sa.Connection, pool_id: int, then: Sequence[int]) -> tuple[int, int, int]:
    """How many tasks came to a pool, decisions were made in it and instructions changed, after that moment."""
    counts = (
        sa.select(sa.func.count()).where(tasks.c.pool_id == pool_id, tasks.c.id > then[0]),
        sa.select(sa.func.count()).where(decisions.c.pool_id == pool_id, decisions.c.id > then[1]),
        sa.select(sa.func.count()).where(
            edits.c.pool_id == pool_id, edits.c.id > then[2], edits.c.field == "instruction"
        ),
    )
    row = c.execute(sa.select(*(query.scalar_subquery() for query in counts))).one()
    return int(row[0]), int(row[1]), int(row[2])


def arrived(c: sa.Connection, pool_id: int) -> Iterator[tuple[int, str, bool]]:
    """(id, instruction, is accepted) of all that reached a pool's gate, in order of arrival, streamed."""
    query = sa.select(tasks.c.id, tasks.c.instruction, tasks.c.state).where(
        tasks.c.pool_id == pool_id,
        tasks.c.origin != Origin.SEED.value,
        tasks.c.state.in_(IN) | (tasks.c.rule == TOO_CLOSE),
    )
    for row in c.execute(query.order_by(tasks.c.id), execution_options={"yield_per": 5_000}):
        yield row.id, row.instruction, row.state == State.ACCEPTED.value


def reached(c: sa.Connection, task_ids: Collection[int]) -> set[int]:
    """Those of these tasks that reached their pool's gate."""
    let_in = tasks.c.state.in_(IN) | (tasks.c.rule == TOO_CLOSE)
    query = sa.select(tasks.c.id).where(tasks.c.origin != Origin.SEED.value, let_in)
    return {one for some in in_parts(list(task_ids)) for one in c.execute(query.where(tasks.c.id.in_(some))).scalars()}


def begin(c: sa.Connection, pool_id: int, run_id: int, at: Sequence[int | str], n: int, seeds: int) -> int:
    """A comparison of `n` texts of which nothing is known; return its id."""
    new = nearness.insert().values(
        pool_id=pool_id, run_id=run_id, moment=list(at), texts=n, seeds=seeds, created_at=time.time()
    )
    return int(c.execute(new.returning(nearness.c.id)).scalar_one())


def put(c: sa.Connection, nearness_id: int, name: str, step: int, number: int, data: bytes) -> None:
    """Keep a part of an array; it counts from when its step does."""
    c.execute(nearness_parts.insert().values(nearness_id=nearness_id, name=name, step=step, number=number, data=data))


def reach(c: sa.Connection, nearness_id: int, step: int, done: int, pairs: int, seconds: float, is_whole: bool) -> None:
    """All parts of a step are kept: from now on it counts."""
    values = {"step": step, "done": done, "pairs": pairs, "seconds": seconds, "whole": is_whole}
    c.execute(nearness.update().where(nearness.c.id == nearness_id).values(**values))


def of_run(c: sa.Connection, run_id: int) -> sa.Row[Any] | None:
    """What a run has kept so far; None before anything."""
    return c.execute(sa.select(nearness).where(nearness.c.run_id == run_id).order_by(nearness.c.id.desc())).first()


def newest(c: sa.Connection, pool_id: int) -> sa.Row[Any] | None:
    """The pool's newest comparison that is whole; None before the first."""
    query = sa.select(nearness).where(nearness.c.pool_id == pool_id, nearness.c.whole.is_(True))
    return c.execute(query.order_by(nearness.c.id.desc()).limit(1)).first()


def parts(c: sa.Connection, nearness_id: int, name: str, first_step: int, last_step: int) -> list[bytes]:
    """An array's parts of these steps, in order."""
    query = sa.select(nearness_parts.c.data).where(
        nearness_parts.c.nearness_id == nearness_id,
        nearness_parts.c.name == name,
        nearness_parts.c.step.between(first_step, last_step),
    )
    return list(c.execute(query.order_by(nearness_parts.c.step, nearness_parts.c.number)).scalars())


def needless(
    c: sa.Connection, pool_id: int, nearness_id: int, replaced: Sequence[str], limit: int, *, others: bool
) -> list[sa.Row[Any]]:
    """Some parts that no longer count: of steps that never did, of arrays that a later step has, of what was left
    unfinished by others; with `others` all that those have."""
    own, step = nearness.c.id == nearness_id, nearness_parts.c.step
    superseded = nearness_parts.c.name.in_(replaced) & (step < nearness.c.step)
    gone = (own & ((step > nearness.c.step) | superseded)) | (~own if others else ~own & nearness.c.whole.is_(False))
    names = ("nearness_id", "name", "step", "number")
    query = (
        sa.select(*(nearness_parts.c[name] for name in names))
        .join(nearness, nearness.c.id == nearness_parts.c.nearness_id)
        .where(nearness.c.pool_id == pool_id, gone)
    )
    return list(c.execute(query.limit(limit)))


def drop(c: sa.Connection, those: Sequence[sa.Row[Any]]) -> None:
    """Let go of parts."""
    its = nearness_parts.c
    for one in those:
        key = (its.nearness_id == one.nearness_id, its.name == one.name, its.step == one.step)
        c.execute(nearness_parts.delete().where(*key, its.number == one.number))


def drop_others(c: sa.Connection, pool_id: int, nearness_id: int) -> None:
    """Let go of what others had found, whose parts are gone."""
    c.execute(nearness.delete().where(nearness.c.pool_id == pool_id, nearness.c.id != nearness_id))
