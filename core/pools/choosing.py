"""Which pools there are."""

from __future__ import annotations

from core.database import Database
from core.pool import pools as store
from core.records import Pool


def every(database: Database, archived: bool = False) -> list[Pool]:
    """All pools that are at work, oldest first; with `archived`, those put away instead."""
    with database.read() as c:
        return store.every(c, archived)


def named(database: Database, name: str) -> Pool:
    """The pool of that name; NotFound names the pools there are."""
    with database.read() as c:
        return store.get(c, name)


def with_id(database: Database, pool_id: int) -> Pool:
    """The pool of that id; NotFound where there is none."""
    with database.read() as c:
        return store.by_id(c, pool_id)
