"""Long lists for a database: a part at a time, since one statement may bind so many values and no more, or as one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

AT_ONCE = 5000  # SQLite takes 32,766 values in a statement, PostgreSQL 65,535

Value = TypeVar("Value")


def in_parts(values: Sequence[Value], at_once: int = AT_ONCE) -> Iterator[Sequence[Value]]:
    """The values in order, at most so many at once; nothing for an empty list."""
    for start in range(0, len(values), at_once):
        yield values[start : start + at_once]


def one_of(c: sa.Connection, column: sa.Column[Any], values: Sequence[int] | Sequence[str]) -> sa.ColumnElement[bool]:
    """Whether a column of numbers or plain words has one of these values, as one parameter however many they are."""
    if c.dialect.name == "sqlite":
        listed = sa.func.json_each(sa.literal(json.dumps(list(values)), sa.Text)).table_valued("value")
        return column.in_(sa.select(listed.c.value))
    return column == sa.any_(sa.literal(list(values), sa.ARRAY(column.type)))
