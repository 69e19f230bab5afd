"""Long lists for a database, a part at a time: one statement may bind so many values and no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

AT_ONCE = 5000  # SQLite takes 32,766 values in a statement, PostgreSQL 65,535

Value = TypeVar("Value")


def in_parts(values: Sequence[Value], at_once: int = AT_ONCE) -> Iterator[Sequence[Value]]:
    """The values in order, at most so many at once; nothing for an empty list."""
    for start in range(0, len(values), at_once):
        yield values[start : start + at_once]
