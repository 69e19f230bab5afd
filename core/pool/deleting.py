"""A pool deleted for good: every row of it goes, and a tombstone says who did it, when and why.

It is the one exception to "history is append-only": an upload by mistake, or a person's right to have their texts gone.
A pool of a million goes in parts, so that others can write between. Its tombstone comes first and counts what has gone,
at last the pool itself: until then the pool is half deleted, put away under another name, and deleting it again does
the rest.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

import sqlalchemy as sa

from core.database.schema import metadata, pools, runs, tasks, tombstones
from core.pool import search
from core.records import Refused, RunState

_AT_WORK = (RunState.QUEUED.value, RunState.RUNNING.value)
_WORDS = {"tasks": ("task_words", ["instruction"]), "instances": ("instance_words", ["input", "output"])}
_LAST = ("pools", "tombstones", "task_counts", "instance_counts", "discard_counts")  # they count what goes


@dataclass(frozen=True, slots=True)
class Belonging:
    """Rows that go with a pool, or with rows that go with it: of which table, and which of it."""

    table: sa.Table
    which: sa.ColumnElement[bool]

    @property
    def key(self) -> sa.Column[int] | None:
        """The number by which its rows are known one by one, if they have one."""
        keys = list(self.table.primary_key)
        return keys[0] if len(keys) == 1 else None


def half_deleted(c: sa.Connection, pool_id: int) -> sa.Row[Any] | None:
    """The tombstone of a pool that is still there in part; None of a whole one."""
    its = c.execute(sa.select(tombstones).where(tombstones.c.pool_id == pool_id))  # of former pools of that number too
    return next((stone for stone in its if pools.name not in stone.counts), None)


def begin(c: sa.Connection, pool_id: int, actor: str, reason: str) -> None:
    """Put a pool away under another name with its tombstone; whatever of other pools names something of it lets go.

    Refused while a run waits or works in it, and where another pool was branched from it and names its runs.
    """
    _refuse(c, pool_id)
    if half_deleted(c, pool_id):
        return
    _refuse_branched(c, pool_id, sa.select(runs.c.id).where(runs.c.pool_id == pool_id))
    name = c.execute(sa.select(pools.c.name).where(pools.c.id == pool_id)).scalar_one()
    owned = _owned(pool_id)
    for table in metadata.sorted_tables:
        if table.name not in owned:
            _let_go(c, table, owned)
    new = {"pool_id": pool_id, "name": name, "reason": reason, "actor": actor, "counts": {}, "at": time.time()}
    c.execute(tombstones.insert().values(**new))
    away = {"name": f"{name[:50]} (half deleted, {pool_id})", "archived_at": time.time()}
    c.execute(pools.update().where(pools.c.id == pool_id).values(**away))


def of_pool(pool_id: int) -> list[Belonging]:
    """What is the pool's by its number, those first that name others, by themselves or by what goes with them: a queue
    before the instances that wait in it."""
    order = TopologicalSorter[sa.Table]()
    every = [table for table in metadata.sorted_tables if "pool_id" in table.c or table in _parents()]
    for table in every:
        for key in table.foreign_keys:
            first, then = _root(table), _root(key.column.table)
            order.add(then, *([first] if first is not then else []))
        order.add(_root(table))
    tables = [table for table in order.static_order() if "pool_id" in table.c and table.name not in _LAST]
    return [Belonging(table, table.c.pool_id == pool_id) for table in tables]


def beneath(table: sa.Table, keys: Sequence[int]) -> list[Belonging]:
    """What goes with these rows of a table, and is no pool's by a number of its own."""
    return [
        Belonging(child, column.in_(keys)) for child, column in _parents().items() if column_of(column).table is table
    ]


def let_go(c: sa.Connection, pool_id: int, those: Belonging, keys: Sequence[int]) -> None:
    """Have these rows, and what goes with them, name no others of their table any more: a database that looks at each
    row would mind the order in which they go."""
    own = {key.parent.name: None for key in those.table.foreign_keys if key.column.table is those.table}
    if those.key is not None:
        named = sa.or_(*(those.table.c[name].is_not(None) for name in own))
        c.execute(those.table.update().where(those.key.in_(keys), named).values(own))
    went = [(child.table, c.execute(child.table.delete().where(child.which))) for child in beneath(those.table, keys)]
    _count(c, pool_id, {table.name: done.rowcount for table, done in went})


def names_its_own(those: Belonging) -> bool:
    """Whether rows name others of their table."""
    return any(key.column.table is those.table for key in those.table.foreign_keys)


def some(c: sa.Connection, those: Belonging, after: int, limit: int) -> list[int]:
    """The next keys of rows that are known by one; of others as many numbers as there are rows, up to the limit."""
    if those.key is None:
        found = sa.select(sa.literal(0)).select_from(those.table).where(those.which).limit(limit)
    else:
        found = sa.select(those.key).where(those.which, those.key > after).order_by(those.key).limit(limit)
    return list(c.execute(found).scalars())


def take_out(c: sa.Connection, pool_id: int, those: Belonging, keys: Sequence[int], limit: int) -> int:
    """Delete the rows of these keys with all that goes with them, or, where rows have none, so many; return how many.

    Refused where somebody has begun a run in the pool.
    """
    _refuse(c, pool_id)
    table, went = those.table, dict[str, int]()
    if table is runs:
        _refuse_branched(c, pool_id, sa.select(runs.c.id).where(runs.c.id.in_(keys)))
    if those.key is not None:
        for child in beneath(table, keys):
            went[child.table.name] = c.execute(child.table.delete().where(child.which)).rowcount
        which: sa.ColumnElement[bool] = those.key.in_(keys)
        _forget_words(c, table, which)
    else:
        its = list(table.primary_key)
        which = sa.tuple_(*its).in_(sa.select(*its).where(those.which).limit(limit))
    went[table.name] = c.execute(table.delete().where(which)).rowcount
    _count(c, pool_id, went)
    return went[table.name]


def end(c: sa.Connection, pool_id: int) -> bool:
    """Delete the pool itself where nothing of it is left; return whether that was so, for others may have written."""
    _refuse(c, pool_id)
    for those in of_pool(pool_id):
        indexed = any(next(iter(index.columns)).name == "pool_id" for index in those.table.indexes)
        if indexed and c.execute(sa.select(sa.literal(1)).select_from(those.table).where(those.which).limit(1)).first():
            return False
    for name in _LAST[2:]:
        table = metadata.tables[name]
        c.execute(table.delete().where(table.c.pool_id == pool_id))
    c.execute(pools.delete().where(pools.c.id == pool_id))
    _count(c, pool_id, {pools.name: 1})
    return True


def gone(c: sa.Connection) -> list[sa.Row[Any]]:
    """The tombstones of pools that are gone, newest first."""
    every = c.execute(sa.select(tombstones).order_by(tombstones.c.at.desc(), tombstones.c.id.desc())).all()
    return [stone for stone in every if pools.name in stone.counts]


def _refuse(c: sa.Connection, pool_id: int) -> None:
    working = c.execute(sa.select(runs.c.id).where(runs.c.pool_id == pool_id, runs.c.state.in_(_AT_WORK))).scalar()
    if working is not None:
        raise Refused(f"Run {working} waits or works in this pool; stop it first (`winnow run stop {working}`).")


def _refuse_branched(c: sa.Connection, pool_id: int, its_runs: sa.Select[int]) -> None:
    other = (
        sa.select(pools.c.name)
        .join(tasks, tasks.c.pool_id == pools.c.id)
        .where(tasks.c.run_id.in_(its_runs), tasks.c.pool_id != pool_id)
    )
    branched = c.execute(other.limit(1)).scalar()
    if branched is not None:
        raise Refused(f"The pool {branched} was branched from this one and names its runs; delete that one first.")


@cache
def _parents() -> dict[sa.Table, sa.Column[Any]]:
    """Tables that have no pool's number, by the column that says what a row goes with: with what is some pool's."""
    found: dict[sa.Table, sa.Column[Any]] = {}
    for table in metadata.sorted_tables:
        keys = [key for key in table.foreign_keys if not key.parent.nullable and key.column.table is not table]
        first = next(iter(table.primary_key), None)
        # Rather with what is a pool's itself; of several with the one by which they are found.
        keys.sort(key=lambda key: ("pool_id" not in key.column.table.c, key.parent is not first, key.parent.name))
        if "pool_id" not in table.c:
            for key in keys:
                if "pool_id" in key.column.table.c or key.column.table in found:
                    found[table] = key.parent
                    break
    return found


def _root(table: sa.Table) -> sa.Table:
    """The table of a pool's own rows with which this one's go; itself where they are a pool's own."""
    while table in _parents():
        table = column_of(_parents()[table]).table
    return table


def column_of(column: sa.Column[Any]) -> sa.Column[Any]:
    """The column that a foreign key names."""
    return next(iter(column.foreign_keys)).column


def _owned(pool_id: int) -> dict[str, sa.ColumnElement[bool]]:
    """Which rows of each table go, by the table's name."""
    owned: dict[str, sa.ColumnElement[bool]] = {"pools": pools.c.id == pool_id}
    parents = _parents()
    for table in metadata.sorted_tables:
        if table.name == "tombstones":
            continue
        if "pool_id" in table.c:
            owned[table.name] = table.c.pool_id == pool_id
        elif table in parents:
            key = column_of(parents[table])
            owned[table.name] = parents[table].in_(sa.select(key).where(owned[key.table.name]))
    return owned


def _let_go(c: sa.Connection, table: sa.Table, owned: Mapping[str, sa.ColumnElement[bool]]) -> None:
    """Rows of other rooms that may name a run, request or release of the pool name none any more."""
    for key in table.foreign_keys:
        column, parent = key.parent, key.column.table
        if column.nullable and parent.name in owned:
            mine = column.in_(sa.select(key.column).where(owned[parent.name]))
            c.execute(table.update().where(mine).values({column.name: None}))


def _forget_words(c: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool]) -> None:
    """Take texts out of SQLite's index of words, which keeps no text but must be told which one goes."""
    if c.dialect.name != "sqlite" or table.name not in _WORDS:
        return
    words, names = _WORDS[table.name]
    index = sa.table(words, sa.column(words), sa.column("rowid"), *map(sa.column, names))
    texts = [sa.type_coerce(table.c[name], sa.Text) for name in names]
    search.index_new(c)  # what is not in it could not be taken out
    old = sa.select(sa.literal("delete"), table.c.id, *texts).where(which)
    c.execute(index.insert().from_select([words, "rowid", *names], old))


def _count(c: sa.Connection, pool_id: int, went: Mapping[str, int]) -> None:
    """Add what went to what the tombstone says."""
    stone = half_deleted(c, pool_id)
    if stone is None:
        raise Refused("Somebody else has deleted this pool meanwhile.")
    told = dict(stone.counts)
    for name, n in went.items():
        if n:
            told[name] = told.get(name, 0) + n
    c.execute(tombstones.update().where(tombstones.c.id == stone.id).values(counts=told, at=time.time()))
