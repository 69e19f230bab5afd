"""The similar pairs of a pool's candidates: derived from the texts, kept so that a threshold costs nothing to try."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import sqlalchemy as sa

from core.database.engine import insert_new
from core.database.parts import in_parts
from core.database.schema import decisions, edits, similar, tasks
from core.pool import measured
from core.records import Origin, State


def unpaired(c: sa.Connection, pool_id: int, rule: str) -> list[int]:
    """The candidates that reached the gate (see `tasks.reached_gate`) whose pairs are not known, in order."""
    let_in = tasks.c.state.in_((State.ACCEPTED.value, State.REJECTED.value))
    query = sa.select(tasks.c.id).where(
        tasks.c.pool_id == pool_id,
        tasks.c.origin != Origin.SEED.value,
        measured.lacks_pairs(pool_id),
        let_in | (tasks.c.rule == rule),
    )
    return list(c.execute(query.order_by(tasks.c.id)).scalars().all())


def of_pool(c: sa.Connection, pool_id: int) -> tuple[array[int], array[int], array[float]]:
    """All pairs of a pool, which may be millions, as arrays: the later task's id, the other's, ROUGE-L F1."""
    query = (
        sa.select(similar.c.task_id, similar.c.other_id, similar.c.score)
        .join(tasks, tasks.c.id == similar.c.task_id)
        .where(tasks.c.pool_id == pool_id)
    )
    later, earlier, score = array("q"), array("q"), array("d")
    for part in c.execute(query, execution_options={"yield_per": 20_000}).partitions():
        one, other, how_close = zip(*part, strict=True)
        later.extend(one)
        earlier.extend(other)
        score.extend(how_close)
    return later, earlier, score


def forget(c: sa.Connection, task_ids: Sequence[int]) -> None:
    """Drop what is kept of these later tasks' pairs, before they are found again; none is marked any more."""
    measured.unmark_paired(c, task_ids)
    for some in in_parts(task_ids):
        c.execute(similar.delete().where(similar.c.task_id.in_(some)))


def keep(c: sa.Connection, pairs: Sequence[tuple[int, int, float]]) -> None:
    """Keep pairs of (later id, earlier id, ROUGE-L F1); one that is kept already stays."""
    insert_new(c, similar, ("task_id", "other_id", "score"), pairs)


def state(c: sa.Connection, pool_id: int) -> tuple[int, int, int]:
    """Three numbers of which one grows whenever what the gate would do with the pool's candidates could change."""
    newest = [sa.select(sa.func.coalesce(sa.func.max(query.c.id), 0)) for query in (tasks, decisions, edits)]
    newest[:2] = [newest[0].where(tasks.c.pool_id == pool_id), newest[1].where(decisions.c.pool_id == pool_id)]
    row = c.execute(sa.select(*(query.scalar_subquery() for query in newest))).one()
    return int(row[0]), int(row[1]), int(row[2])


def basis(c: sa.Connection, pool_id: int) -> tuple[int, int]:
    """What pairs that are found now are found of: another one once a text of the pool, its seeds or its tokeniser have
    changed."""
    query = sa.select(edits.c.id).where(edits.c.pool_id == pool_id, edits.c.field == "instruction")
    newest = c.execute(query.order_by(edits.c.id.desc()).limit(1)).scalar()
    return int(newest or 0), measured.epoch(c, pool_id)


def holds(c: sa.Connection, pairs: Sequence[tuple[int, int, float]]) -> bool:
    """Whether these pairs of one later task are kept, each the last of those that were kept together.

    Who forgets takes all at once, and keeps them again from the first on: what is lacking ends with one of these.
    """
    others = [earlier for _, earlier, _ in pairs]
    kept = sa.select(similar.c.other_id).where(similar.c.task_id.in_({later for later, _, _ in pairs}))
    found = {one for some in in_parts(others) for one in c.execute(kept.where(similar.c.other_id.in_(some))).scalars()}
    return found.issuperset(others)
