"""Filling queues: in short transactions, however large the pool, and what takes long is looked for outside them."""

from __future__ import annotations

from core.database import Database
from core.review.rows import queues

AT_ONCE = 2_000  # instances that were found outside and are put in under the lock


def fill(database: Database, queue_id: int) -> int:
    """Take in what arrived since the queue was last asked; return how many. One that was killed goes on next time."""
    added, more = 0, True
    while more:
        with database.write() as c:
            some, more = queues.take_in_part(c, queue_id)
        added += some
    return added


def refresh(database: Database, queue_id: int) -> int:
    """Take in whatever fits by now and is not in the queue; return how many. What was in the queue stays in it."""
    added = fill(database, queue_id)
    with database.read() as c:
        found = queues.overlooked(c, queue_id)
    for start in range(0, len(found), AT_ONCE):
        with database.write() as c:
            added += queues.take_in(c, queue_id, found[start : start + AT_ONCE])
    return added


def catch_up(database: Database, queue_id: int) -> int:
    """Take in what is new to a queue; one that asks for what changes by itself looks at the whole pool again."""
    with database.read() as c:
        moves = queues.get(c, queue_id).filter.moves
    return refresh(database, queue_id) if moves else fill(database, queue_id)
