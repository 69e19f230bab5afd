"""Thousands of rows in one statement: as plain tuples, which cost a fifth of what rows as mappings do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

Row = tuple[Any, ...]


def insert_rows(c: sa.Connection, table: sa.Table, names: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows whose values stand in the order of these columns; each goes through its column's type."""
    if not rows:
        return
    if c.dialect.name == "sqlite":  # handed to the driver as they are
        statement, binds = _compiled(table, names, c.dialect)
        c.exec_driver_sql(statement, _bound(rows, binds))
    else:
        c.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])


@cache
def _compiled(
    table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect
) -> tuple[str, tuple[tuple[int, Callable[[Any], Any]], ...]]:
    """The statement, and by their places the values that are not stored as they are."""
    statement = str(table.insert().compile(dialect=dialect, column_keys=list(names)))
    in_order = [column.name for column in table.columns if column.name in names]
    if in_order != list(names):
        raise ValueError(f"Columns of {table.name} are named in its own order: {in_order}")
    binds = ((at, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for at, name in enumerate(names))
    return statement, tuple((at, bind) for at, bind in binds if bind is not None)


def _bound(rows: Sequence[Row], binds: Sequence[tuple[int, Callable[[Any], Any]]]) -> Sequence[Row]:
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for at, bind in binds:
        columns[at] = [bind(value) for value in columns[at]]
    return list(zip(*columns, strict=True))
