"""A pool deleted for good: every row of it goes, and a tombstone says who did it, when and why.

It is the one exception to "history is append-only": an upload by mistake, or a person's right to have their texts gone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.database.schema import instances, metadata, pools, runs, tasks, tombstones
from core.pool import search
from core.records import Refused, RunState

_AT_WORK = (RunState.QUEUED.value, RunState.RUNNING.value)


def delete(c: sa.Connection, pool_id: int, actor: str, reason: str) -> Mapping[str, int]:
    """Delete a pool with all that is in it; return how many rows went, by table.

    Refused while a run waits or works in it, and where another pool was branched from it and names its runs.
    """
    pool = c.execute(sa.select(pools).where(pools.c.id == pool_id)).one()
    _refuse(c, pool_id)
    _forget_words(c, pool_id)
    owned: dict[str, sa.ColumnElement[bool]] = {"pools": pools.c.id == pool_id}
    for table in metadata.sorted_tables:
        if table.name not in ("pools", "tombstones") and (its := _is_its(table, pool_id, owned)) is not None:
            owned[table.name] = its
    went: dict[str, int] = {}
    for table in reversed(metadata.sorted_tables):
        if table.name in owned:
            went[table.name] = c.execute(table.delete().where(owned[table.name])).rowcount
        else:
            _let_go(c, table, owned)
    told = {name: n for name, n in went.items() if n}
    c.execute(
        tombstones.insert().values(
            pool_id=pool_id, name=pool.name, reason=reason, actor=actor, counts=told, at=time.time()
        )
    )
    return told


def gone(c: sa.Connection) -> list[sa.Row[Any]]:
    """The tombstones, newest first."""
    return list(c.execute(sa.select(tombstones).order_by(tombstones.c.id.desc())).all())


def _refuse(c: sa.Connection, pool_id: int) -> None:
    working = c.execute(sa.select(runs.c.id).where(runs.c.pool_id == pool_id, runs.c.state.in_(_AT_WORK))).scalar()
    if working is not None:
        raise Refused(f"Run {working} waits or works in this pool; stop it first (`winnow run stop {working}`).")
    its_runs = sa.select(runs.c.id).where(runs.c.pool_id == pool_id)
    other = (
        sa.select(pools.c.name)
        .join(tasks, tasks.c.pool_id == pools.c.id)
        .where(tasks.c.run_id.in_(its_runs), tasks.c.pool_id != pool_id)
    )
    branched = c.execute(other.limit(1)).scalar()
    if branched is not None:
        raise Refused(f"The pool {branched} was branched from this one and names its runs; delete that one first.")


def _is_its(
    table: sa.Table, pool_id: int, owned: Mapping[str, sa.ColumnElement[bool]]
) -> sa.ColumnElement[bool] | None:
    """Which rows of a table are the pool's: by its id, else by what each of them belongs to; None for no such table."""
    if "pool_id" in table.c:
        return table.c.pool_id == pool_id
    for key in table.foreign_keys:
        column, parent = key.parent, key.column.table
        if not column.nullable and parent.name in owned and parent is not table:
            return column.in_(sa.select(key.column).where(owned[parent.name]))
    return None


def _let_go(c: sa.Connection, table: sa.Table, owned: Mapping[str, sa.ColumnElement[bool]]) -> None:
    """Rows of other rooms that may name a run, request or release of the pool name none any more."""
    for key in table.foreign_keys:
        column, parent = key.parent, key.column.table
        if column.nullable and parent.name in owned:
            mine = column.in_(sa.select(key.column).where(owned[parent.name]))
            c.execute(table.update().where(mine).values({column.name: None}))


def _forget_words(c: sa.Connection, pool_id: int) -> None:
    """Take the pool's texts out of SQLite's index of words, which keeps no text but must be told which one goes."""
    if c.dialect.name != "sqlite":
        return
    search.index_new(c)
    for words, table, names in (
        ("task_words", tasks, ["instruction"]),
        ("instance_words", instances, ["input", "output"]),
    ):
        index = sa.table(words, sa.column(words), sa.column("rowid"), *map(sa.column, names))
        texts = [sa.type_coerce(table.c[name], sa.Text) for name in names]
        old = sa.select(sa.literal("delete"), table.c.id, *texts).where(table.c.pool_id == pool_id)
        c.execute(index.insert().from_select([words, "rowid", *names], old))
