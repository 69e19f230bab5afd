"""Filling queues: in short transactions, however large the pool, and what takes long is looked for outside them."""

from __future__ import annotations

import logging
import threading
import time

from core.database import Database
from core.database.bulk import count_anew
from core.pool.queue_items import QueueOrder
from core.records import WinnowError
from core.review.rows import queues

log = logging.getLogger(__name__)
FIRST_PARTS = 4  # parts that somebody who opens a queue waits for
MANY = 1_000  # items that a queue has got, after which it is another one for who plans by how many there are
AT_ONCE = 2_000  # instances that were found outside and are put in under the lock


def fill(database: Database, queue_id: int, *, gently: bool = False) -> int:
    """Take in what arrived since the queue was last asked; return how many. One that was killed goes on next time.

    `gently`: the write lock is free half of the time. SQLite has no line in which writers wait: who asks for the lock
    while it is taken again and again may not get it for seconds.
    """
    added, more, counted = 0, True, MANY
    while more:
        began = time.monotonic()
        with database.write() as c:
            some, more = queues.take_in_part(c, queue_id)
        added += some
        if added >= counted:
            count_anew(database, queues.TABLE)
            counted = 2 * added
        if gently and more:
            time.sleep(max(0.05, time.monotonic() - began))
    return added


def begin(database: Database, queue_id: int) -> None:
    """Take in what is new to a queue; of a large pool the first parts now, and the rest by a thread of its own.

    Only in order of arrival, where what comes first is in the first parts; any other order wants to see everything.
    """
    with database.read() as c:
        oldest_first = queues.get(c, queue_id).order is QueueOrder.OLDEST
    if not oldest_first:
        fill(database, queue_id)
        return
    for _ in range(FIRST_PARTS):
        with database.write() as c:
            _, more = queues.take_in_part(c, queue_id)
        if not more:
            return
    threading.Thread(target=_go_on, args=(database, queue_id), daemon=True, name=f"queue {queue_id}").start()


def _go_on(database: Database, queue_id: int) -> None:
    try:
        fill(database, queue_id, gently=True)
    except WinnowError as error:  # who opens the queue next goes on
        log.warning("queue %s is not filled yet: %s", queue_id, error)


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


def catch_up_soon(database: Database, queue_id: int) -> None:
    """As `catch_up`, for who waits for the first item alone."""
    with database.read() as c:
        moves = queues.get(c, queue_id).filter.moves
    if moves:
        refresh(database, queue_id)
    else:
        begin(database, queue_id)
