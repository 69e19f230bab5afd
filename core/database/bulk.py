"""Rows by the hundred thousand, in and out, as the driver has them: as records they would take five times as long."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.database.engine import Database, hand_over
from core.database.parts import in_parts

Row = tuple[Any, ...]
# Rows in one of SQLite's statements. Where a table has triggers, as those that count have, each statement notes what
# its pages were before: for one row alone that takes as long as storing it.
_TOGETHER = 50


def insert_rows(c: sa.Connection, table: sa.Table, names: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows whose values stand in the order of these columns; each goes through its column's type."""
    if not rows:
        return
    if c.dialect.name == "sqlite":
        columns = _bound(table, names, rows, c.dialect)
        bound = list(zip(*columns.values(), strict=True))
        whole = len(bound) - len(bound) % _TOGETHER
        if whole:
            some = [tuple(chain.from_iterable(part)) for part in in_parts(bound[:whole], _TOGETHER)]
            hand_over(c, _compiled(table, tuple(columns), c.dialect, _TOGETHER), some)
        if whole < len(bound):
            hand_over(c, _compiled(table, tuple(columns), c.dialect), bound[whole:])
    else:
        c.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])


def count_anew(database: Database, table: str) -> None:
    """Have a server count what a table has got: it plans by what it last counted, up to minutes ago, and would go
    through a queue of a million that was empty then for each of its items. SQLite plans by the schema alone.

    Without the write lock; where the server cannot, whoever writes next is told.
    """
    if not database.is_sqlite:
        counted = sa.DDL(f"ANALYZE {table}")  # type: ignore[no-untyped-call]
        with suppress(DBAPIError), database.engine.begin() as connection:
            connection.execute(counted)


def numbers(c: sa.Connection, query: sa.Select[tuple[int]] | sa.CompoundSelect[tuple[int]]) -> list[int]:
    """The whole numbers of a query's one column."""
    cursor = c.execute(query).cursor
    return [number for (number,) in cursor.fetchall()] if cursor is not None else []


def numbers_at(c: sa.Connection, queries: Sequence[sa.Select[tuple[int]]], places: Collection[int]) -> dict[int, int]:
    """The whole numbers that stand at these places, from 0, of what queries of one column have together, in order.

    By place. No number is in two of the queries, and SQLite has an index with the numbers of each in order: it is gone
    through once, up to the last place, and half a million rows are not handed to the program.
    """
    if not places or not queries:
        return {}
    if c.dialect.name == "sqlite":
        found: dict[int, int] = {}
        passed, newest = -1, -1  # the place up to which it was gone, and what stands there
        for place in sorted(places):
            beyond = sa.union_all(*(query.where(query.selected_columns[0] > newest) for query in queries))
            there = numbers(c, beyond.order_by(beyond.selected_columns[0]).offset(place - passed - 1).limit(1))
            if not there:
                break
            passed, newest = place, there[0]
            found[place] = newest
        return found
    # A server's rows come one by one through its driver, half a million of them in seconds: it sorts and picks itself.
    number = sa.type_coerce(sa.union_all(*queries).subquery().c[0], sa.Integer)
    in_order = sa.type_coerce(sa.func.array_agg(number.op("ORDER BY")(number)), sa.ARRAY(sa.Integer))
    all_of_them = sa.select(in_order.label("numbers")).subquery()
    at = sa.func.unnest(sa.literal(list(places), sa.ARRAY(sa.Integer))).table_valued("place").render_derived()
    picked = sa.select(at.c.place, all_of_them.c.numbers[at.c.place + 1]).select_from(all_of_them.join(at, sa.true()))
    return {int(place): int(found) for place, found in c.execute(picked)}


def _bound(
    table: sa.Table, names: tuple[str, ...], rows: Sequence[Row], dialect: sa.Dialect
) -> dict[str, Sequence[Any]]:
    """The values by columns, as the driver takes them. What is empty in all rows is left out: a driver that is handed
    nothing for a value looks for somebody who would turn it into something, which takes longer than storing it."""
    binds = _binds(table, names, dialect)
    columns = {
        name: values if bind is None else [bind(value) for value in values]
        for name, bind, values in zip(names, binds, zip(*rows, strict=True), strict=True)
    }
    return {
        name: values
        for name, values in columns.items()
        if values[0] is not None or any(value is not None for value in values) or not _is_empty_by_itself(table.c[name])
    }


@lru_cache(256)
def _binds(table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect) -> tuple[Callable[[Any], Any] | None, ...]:
    """What turns the values of each column into what is stored, None where they are stored as they are."""
    return tuple(table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names)


def _is_empty_by_itself(column: sa.Column[Any]) -> bool:
    """Whether a row that does not name the column has nothing there."""
    return bool(column.nullable and column.default is None and column.server_default is None)


@lru_cache(256)
def _compiled(table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect, rows: int = 1) -> str:
    in_order = [column.name for column in table.columns if column.name in names]
    if in_order != list(names):
        raise ValueError(f"Columns of {table.name} are named in its own order: {in_order}")
    of_one = str(table.insert().compile(dialect=dialect, column_keys=list(names)))
    return of_one + f", ({', '.join('?' * len(names))})" * (rows - 1)
