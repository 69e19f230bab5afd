"""Wholes: what comes in parts, so that others can write between, and is there for others when its last part is.

A whole is a row of a table with the columns `whole` and `created_at`, and rows of another table that name it. Whoever
asks for such rows asks for those that are `whole`. Of one that was cut off, by a kill, nothing is ever seen; the next
of its kind takes it away, once nothing has come to it for a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import sqlalchemy as sa

from core.database.bulk import Row
from core.database.engine import Database
from core.database.parts import in_turns
from core.records import Refused

AT_ONCE = 1_000  # rows in one transaction: tens of milliseconds under the write lock
LEFT_S = 600.0  # nothing came to it for so long: nobody is making it any more

Made = TypeVar("Made")


class Overtaken(Exception):
    """What this was to be stored by has changed meanwhile: look again, and begin anew."""


@dataclass(frozen=True, slots=True)
class Whole(Generic[Made]):
    """A kind of whole. `begin` stores it without its parts and returns its id, `add` stores some of its parts, `end`
    returns it when all are there. Each of them may find that it cannot be, and raise: then nothing of it stays."""

    table: sa.Table
    parts: sa.Table
    begin: Callable[[sa.Connection], int]
    add: Callable[[sa.Connection, int, Sequence[Row]], None]
    end: Callable[[sa.Connection, int], Made]


def store(database: Database, whole: Whole[Made], rows: Sequence[Row]) -> Made:
    """Store a whole, its parts in short transactions; of few parts in a single one. Returns what `end` returns."""
    sweep(database, whole.table, whole.parts)
    its_id, stored = 0, 0
    try:
        for some in in_turns(rows, AT_ONCE) if rows else [rows]:
            with database.write() as c:
                its_id = _go_on(c, whole.table, its_id) if stored else whole.begin(c)
                whole.add(c, its_id, some)
                stored += len(some)
                if stored == len(rows):
                    made = whole.end(c, its_id)
    except BaseException:
        if its_id:
            _drop(database, whole.table, whole.parts, its_id)
        raise
    return made


def settled() -> dict[str, object]:
    """What a whole's row becomes when all is there."""
    return {"whole": True, "created_at": time.time()}


def sweep(database: Database, table: sa.Table, parts: sa.Table) -> None:
    """Take away what a kill has left of wholes of a kind."""
    with database.read() as c:
        left = sa.select(table.c.id).where(~table.c.whole, table.c.created_at < time.time() - LEFT_S)
        ids = list(c.execute(left).scalars())
    for its_id in ids:
        _drop(database, table, parts, its_id)


def _go_on(c: sa.Connection, table: sa.Table, its_id: int) -> int:
    """Note that it is still being made."""
    its = table.update().where(table.c.id == its_id, ~table.c.whole)
    if c.execute(its.values(created_at=time.time())).rowcount != 1:
        raise Refused("Somebody took away what was being stored, for it had lain still for minutes; do it again.")
    return its_id


def _drop(database: Database, table: sa.Table, parts: sa.Table, its_id: int) -> None:
    keys = list(parts.primary_key)
    its = next(key.parent for key in parts.foreign_keys if key.column.table is table) == its_id
    rest = AT_ONCE
    while rest == AT_ONCE:
        with database.write() as c:
            if c.execute(sa.select(table.c.id).where(table.c.id == its_id, ~table.c.whole)).first() is None:
                return
            some = sa.tuple_(*keys).in_(sa.select(*keys).where(its).limit(AT_ONCE))
            rest = c.execute(parts.delete().where(some)).rowcount
            if rest < AT_ONCE:
                c.execute(table.delete().where(table.c.id == its_id))
