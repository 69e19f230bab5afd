"""What was measured of a pool's candidates, and the one place that says whether it still holds.

Pairs and nearest seeds are measured against the pool's seeds by its tokeniser. Whoever stores, switches or changes a
seed goes through this package (`arrivals.add`, `tasks.set_state`, `edits.change_task`), which call `forget`: no room
above can leave it out.

A pool's epoch counts how often that has changed, and a task's row carries the epoch in which it was measured: what it
says holds while the two are the same, so that a million are forgotten by counting one. Nobody else reads or writes
these columns; only `arrivals.add` fills them, of what the gate has just measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.database.parts import in_parts
from core.database.schema import decisions, pools, tasks
from core.records import Decided

FROM_TASK = "from-task"  # the rule of a promotion
COLUMNS = frozenset({"paired", "seed_id", "seed_score", "epoch"})  # of `tasks`
NOTHING: Mapping[str, Any] = {"paired": False, "seed_id": None, "seed_score": None}  # of a text that was changed
_pool = pools.alias("its_pool")
_EPOCH = sa.select(pools.c.epoch).where(pools.c.id == sa.bindparam("its_pool"))


def forget(c: sa.Connection, pool_id: int) -> None:
    """Note that a pool's pairs and nearest seeds no longer hold: its seeds or its tokeniser have changed."""
    c.execute(pools.update().where(pools.c.id == pool_id).values(epoch=pools.c.epoch + 1))


def epoch(c: sa.Connection, pool_id: int) -> int:
    """The pool's epoch: what was measured while it was another does not hold."""
    return int(c.execute(_EPOCH, {"its_pool": pool_id}).scalar_one())


def holds(pool_id: int | None = None) -> sa.ColumnElement[bool]:
    """Whether what a row of `tasks` says was measured holds, as part of a query; of one pool it is asked for once."""
    now = sa.select(_pool.c.epoch)
    if pool_id is None:
        return tasks.c.epoch == now.where(_pool.c.id == tasks.c.pool_id).correlate(tasks).scalar_subquery()
    return tasks.c.epoch == now.where(_pool.c.id == pool_id).scalar_subquery()


def seed_id(pool_id: int | None = None) -> sa.ColumnElement[int | None]:
    """The nearest seed of a task, as part of a query; null where it is not known (any more)."""
    return sa.case((holds(pool_id), tasks.c.seed_id)).label("seed_id")


def seed_score(pool_id: int | None = None) -> sa.ColumnElement[float | None]:
    """ROUGE-L F1 with the nearest seed, as part of a query; null where it is not known (any more)."""
    return sa.case((holds(pool_id), tasks.c.seed_score)).label("seed_score")


def lacks_seed(pool_id: int) -> sa.ColumnElement[bool]:
    """Whether a task's nearest seed has not been looked for, as part of a query."""
    return ~holds(pool_id) | tasks.c.seed_score.is_(None)


def lacks_pairs(pool_id: int) -> sa.ColumnElement[bool]:
    """Whether a task's pairs are not all in `similar`, as part of a query."""
    return ~holds(pool_id) | tasks.c.paired.is_(False)


def keep_seeds(c: sa.Connection, pool_id: int, found: Mapping[int, tuple[int | None, float]]) -> None:
    """Keep (seed id, ROUGE-L F1) of tasks by id, as measured in the present epoch, where none is kept yet."""
    if not found:
        return
    now = epoch(c, pool_id)
    lacks = (tasks.c.epoch != now) | tasks.c.seed_score.is_(None)
    paired = sa.and_(tasks.c.epoch == now, tasks.c.paired)
    if c.dialect.name == "sqlite":
        mine = (tasks.c.id == sa.bindparam("its_id")) & lacks
        score: dict[str, Any] = {"seed_id": sa.bindparam("its_seed"), "seed_score": sa.bindparam("its_score")}
        rows = [{"its_id": task_id, "its_seed": seed, "its_score": score} for task_id, (seed, score) in found.items()]
        c.execute(tasks.update().where(mine).values(**score, epoch=now, paired=paired), rows)
        return
    # In one statement: a server's driver goes there and back for each row of many.
    seeds, scores = zip(*found.values(), strict=True)
    lists = ((list(found), sa.Integer), (list(seeds), sa.Integer), (list(scores), sa.Float))
    columns = sa.func.unnest(*(sa.literal(values, sa.ARRAY(kind)) for values, kind in lists))
    its = columns.table_valued("id", "seed", "score", name="its").render_derived()
    mine = (tasks.c.id == its.c.id) & lacks
    c.execute(tasks.update().where(mine).values(seed_id=its.c.seed, seed_score=its.c.score, epoch=now, paired=paired))


def mark_paired(c: sa.Connection, pool_id: int, task_ids: Sequence[int]) -> None:
    """Note that all pairs of these tasks with what came before are kept, as found in the present epoch."""
    now = epoch(c, pool_id)
    same = {name: sa.case((tasks.c.epoch == now, tasks.c[name])) for name in ("seed_id", "seed_score")}
    for some in in_parts(task_ids):
        c.execute(tasks.update().where(tasks.c.id.in_(some)).values(paired=True, epoch=now, **same))


def unmark_paired(c: sa.Connection, task_ids: Sequence[int]) -> None:
    """Note that pairs of these tasks are about to go."""
    for some in in_parts(task_ids):
        c.execute(tasks.update().where(tasks.c.id.in_(some), tasks.c.paired.is_(True)).values(paired=False))


def promoted_from(c: sa.Connection, task_id: int, among: Iterable[int]) -> set[int]:
    """The seeds among these tasks that were promoted from that task."""
    query = sa.select(decisions.c.task_id, decisions.c.evidence).where(
        decisions.c.task_id.in_(list(among)), decisions.c.kind == Decided.PROMOTE.value
    )
    return {seed_id for seed_id, evidence in c.execute(query).tuples() if evidence.get("from") == task_id}


def promotions(c: sa.Connection, pool_id: int) -> dict[int, int]:
    """Seed id to task id for the seeds that were promoted from a task of the pool."""
    query = sa.select(decisions.c.task_id, decisions.c.evidence).where(
        decisions.c.pool_id == pool_id, decisions.c.kind == Decided.PROMOTE.value
    )
    return {seed_id: int(evidence["from"]) for seed_id, evidence in c.execute(query).tuples() if "from" in evidence}
