"""How every source of the history is read: by key, the newest before a place, narrowed to what is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.history.happened import Place, Wanted


def page(
    c: sa.Connection,
    query: sa.Select[Any],
    letter: str,
    at: sa.ColumnElement[float],
    number: sa.ColumnElement[int],
    who: sa.ColumnElement[str],
    wanted: Wanted,
    before: Place | None,
    limit: int,
) -> Iterator[sa.Row[Any]]:
    """The newest rows of one source before a place, as its index has them."""
    if wanted.who:
        query = query.where(who == wanted.who)
    if wanted.since is not None:
        query = query.where(at >= wanted.since)
    if wanted.until is not None:
        query = query.where(at < wanted.until)
    if before is not None:
        beside = before.key[:1]
        query = query.where(at <= before.at)
        if beside < letter:
            query = query.where(at < before.at)
        elif beside == letter:
            query = query.where(sa.or_(at < before.at, number < int(before.key[1:])))
    yield from c.execute(query.order_by(at.desc(), number.desc()).limit(limit))


def about(query: sa.Select[Any], wanted: Wanted, task: Any, instance: Any) -> sa.Select[Any]:
    """Narrowed to a task or an instance, where one is wanted."""
    if wanted.task_id is not None:
        query = query.where(task == wanted.task_id)
    if wanted.instance_id is not None:
        query = query.where(instance == wanted.instance_id)
    return query


def is_about_one(wanted: Wanted) -> bool:
    """Whether one item's own history is asked for."""
    return wanted.task_id is not None or wanted.instance_id is not None


def key(letter: str, number: int) -> str:
    """Keys of one moment stand in the order of their numbers, whatever their length."""
    return f"{letter}{number:012}"
