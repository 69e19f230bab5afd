"""Rows by the hundred thousand, in and out, as the driver has them: as records they would take five times as long."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.database.engine import Database, hand_over
from core.database.schema import AnyText

Row = tuple[Any, ...]
Bind = Callable[[Sequence[Any]], Sequence[Any]]


def insert_rows(c: sa.Connection, table: sa.Table, names: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows whose values stand in the order of these columns; each goes through its column's type."""
    if not rows:
        return
    if c.dialect.name == "sqlite":
        columns = _bound(table, names, rows, c.dialect)
        hand_over(c, _compiled(table, tuple(columns), c.dialect), list(zip(*columns.values(), strict=True)))
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


def plain_rows(c: sa.Connection, query: sa.Select[Any], asked: Mapping[str, Any]) -> list[Row]:
    """The rows of a query as the driver has them: of numbers and plain words alone, for no type reads what comes."""
    cursor = c.execute(query, asked).cursor
    return list(map(tuple, cursor.fetchall())) if cursor is not None else []


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
    found: dict[str, Sequence[Any]] = {}
    for name, bind, values in zip(names, _binds(table, names, dialect), zip(*rows, strict=True), strict=True):
        if values[0] is not None or any(value is not None for value in values):
            found[name] = values if bind is None else bind(values)
        elif not _is_empty_by_itself(table.c[name]):
            found[name] = values if bind is None else list(bind(values[:1])) * len(values)
    return found


@lru_cache(256)
def _binds(table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect) -> tuple[Bind | None, ...]:
    """What turns many values of each column into what is stored, None where they are stored as they are."""
    return tuple(_bind(table.c[name].type, dialect) for name in names)


def _bind(its: Any, dialect: sa.Dialect) -> Bind | None:
    if isinstance(its, AnyText):
        return its.bound
    one = its.dialect_impl(dialect).bind_processor(dialect)
    return None if one is None else lambda values: [one(value) for value in values]


def _is_empty_by_itself(column: sa.Column[Any]) -> bool:
    """Whether a row that does not name the column has nothing there."""
    return bool(column.nullable and column.default is None and column.server_default is None)


@lru_cache(256)
def _compiled(table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect) -> str:
    in_order = [column.name for column in table.columns if column.name in names]
    if in_order != list(names):
        raise ValueError(f"Columns of {table.name} are named in its own order: {in_order}")
    return str(table.insert().compile(dialect=dialect, column_keys=list(names)))
