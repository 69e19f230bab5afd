"""Long lists for a database: a part at a time, since one statement may bind so many values and no more, or as one."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

AT_ONCE = 5000  # SQLite takes 32,766 values in a statement, PostgreSQL 65,535
LONGEST_TURN_S = 0.1

Value = TypeVar("Value")


def in_parts(values: Sequence[Value], at_once: int = AT_ONCE) -> Iterator[Sequence[Value]]:
    """The values in order, at most so many at once; nothing for an empty list."""
    for start in range(0, len(values), at_once):
        yield values[start : start + at_once]


def in_turns(values: Sequence[Value], at_once: int) -> Iterator[Sequence[Value]]:
    """The values in parts, each for a write transaction of its own; between two of them the lock is free for as long.

    SQLite has no line in which writers wait: who asks while it is taken again and again may not get it for seconds.
    """
    for start in range(0, len(values), at_once):
        began = time.monotonic()
        yield values[start : start + at_once]
        if start + at_once < len(values):
            time.sleep(min(time.monotonic() - began, LONGEST_TURN_S))


def among(dialect: str, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """Whether a column has one of the values that are bound by this name, for a statement that is made once.

    What is bound there is `listed`.
    """
    if dialect == "sqlite":
        bound = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value")
        return column.in_(sa.select(bound.c.value))
    return column == sa.any_(sa.bindparam(name, type_=sa.ARRAY(column.type)))


def same_hash(dialect: str, column: sa.Column[str], name: str) -> sa.ColumnElement[bool]:
    """As `among`, for the hashes by which tasks and instances are found; what is bound is `listed_hashes`.

    Their index has the first twelve of sixty-four characters, for hashes come in no order: the smaller its pages, the
    fewer are written anew with every part of an import. What begins alike is compared whole.
    """
    return among(dialect, _beginning(column), f"{name}_begin") & among(dialect, column, name)


def listed_hashes(dialect: str, name: str, hashes: Sequence[str]) -> dict[str, Any]:
    """Hashes as the parameters of `same_hash`."""
    begin = dict.fromkeys(one[:_BEGINNING] for one in hashes)
    return {name: listed(dialect, hashes), f"{name}_begin": listed(dialect, begin)}


def is_hash(column: sa.Column[str], other: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether a column by which tasks or instances are found has the very hash that another column has.

    That is not empty either: what the index of instances asks for. A hash that is bound would be put in the column's
    place by SQLite, which then finds no index.
    """
    return (_beginning(column) == _beginning(other)) & (column == other) & (column != sa.literal_column("''"))


def pairs(dialect: str, name: str) -> tuple[sa.ColumnElement[str], sa.ColumnElement[str]]:
    """The two columns of pairs of plain words that are bound by this name; what is bound is `listed_pairs`."""
    if dialect == "sqlite":
        pair = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value").c.value
        one, other = (sa.func.json_extract(pair, sa.literal_column(f"'$[{place}]'"), type_=sa.Text) for place in (0, 1))
        return one, other
    both = (sa.bindparam(f"{name}_{which}", type_=sa.ARRAY(sa.Text)) for which in ("one", "other"))
    pair_of = sa.func.unnest(*both).table_valued("one", "other").render_derived()
    return sa.type_coerce(pair_of.c.one, sa.Text), sa.type_coerce(pair_of.c.other, sa.Text)


def listed_pairs(dialect: str, name: str, values: Collection[tuple[str, str]]) -> dict[str, Any]:
    """Pairs as the parameters of a statement with `pairs`."""
    if dialect == "sqlite":
        return {name: json.dumps(list(values))}
    return {f"{name}_one": [one for one, _ in values], f"{name}_other": [other for _, other in values]}


def by_no_index(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column of numbers that no index is asked for: a sum is no column.

    Without statistics a database takes the tasks of a pool, which may be a million, to be as few as those of a run.
    """
    return column + sa.literal_column("0")


def has_word(column: sa.ColumnElement[str], word: str) -> sa.ColumnElement[bool]:
    """Whether a text has a word that begins so, asked of SQLite without its index of words (see `functions`)."""
    return sa.type_coerce(sa.func.has_word(sa.type_coerce(column, sa.Text), word), sa.Boolean).is_(True)


_BEGINNING = 12


def _beginning(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    long = sa.literal_column(str(_BEGINNING), sa.Integer)  # bound, the index would not be asked
    return sa.func.substr(column, sa.literal_column("1", sa.Integer), long, type_=sa.Text)


def listed(dialect: str, values: Iterable[int] | Iterable[str]) -> Any:
    """Numbers or plain words as one parameter of such a statement."""
    return json.dumps(list(values)) if dialect == "sqlite" else list(values)


def one_of(c: sa.Connection, column: sa.Column[Any], values: Sequence[int] | Sequence[str]) -> sa.ColumnElement[bool]:
    """Whether a column of numbers or plain words has one of these values, as one parameter however many they are."""
    if c.dialect.name == "sqlite":
        listed = sa.func.json_each(sa.literal(json.dumps(list(values)), sa.Text)).table_valued("value")
        return column.in_(sa.select(listed.c.value))
    return column == sa.any_(sa.literal(list(values), sa.ARRAY(column.type)))
