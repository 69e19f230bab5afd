"""Deleting a pool for good, by its name as a confirmation; what stays is a tombstone."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from core.database import Database
from core.database.complaints import OutOfDate
from core.database.engine import compact
from core.pool import deleting, unfinished
from core.pool import pools as store
from core.pool.deleting import Belonging
from core.records import Refused, WinnowError

AT_ONCE = 500  # rows in one transaction: tens of milliseconds under the write lock
STAYS = (
    "Backups that were made before still hold it, and so do releases and exports that were written: delete those files "
    "yourself."
)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A pool that was deleted for good: name, who did it, why, when (seconds since 1970), rows that went by table."""

    pool_id: int
    name: str
    actor: str
    reason: str
    at: float
    counts: Mapping[str, int]


def delete(database: Database, pool_id: int, confirmed: str, actor: str, reason: str = "") -> Tombstone:
    """Delete a pool with everything in it and free its room on disk; Refused where another name was confirmed.

    A large one goes in parts, so that others can write between. One that was cut off is half deleted, lies among the
    archived under a name that says so, and is deleted on when it is deleted again.
    """
    with database.write(checked=False) as c:
        pool, half = store.by_id(c, pool_id), deleting.half_deleted(c, pool_id)
        if confirmed not in (pool.name, half.name if half else pool.name):
            raise Refused(f'To delete it for good, confirm its very name: "{pool.name}".')
        deleting.begin(c, pool_id, actor, " ".join(reason.split()))
    while not _is_gone(database, pool_id):
        pass
    compact(database)
    return next(stone for stone in tombstones(database) if stone.pool_id == pool_id)


def sweep(database: Database) -> int:
    """Delete what is left of copies that were cut off while they were made; return how many. Their room on disk is used
    again, and not given back, for which others would have to wait."""
    with database.read() as c:
        left = unfinished.left(c)
    for pool in left:
        with database.write(checked=False) as c:
            if pool.id not in {one.id for one in unfinished.left(c)}:  # somebody else deletes it, or goes on making it
                continue
            deleting.begin(c, pool.id, "Winnow", f"left of a copy of {pool.settings.get('from_pool', 'a pool')}")
        with suppress(Refused):  # as above
            while not _is_gone(database, pool.id):
                pass
    return len(left)


def sweep_beside(database: Database) -> None:
    """The same by a thread of its own, where there is anything to sweep."""
    with database.read() as c:
        if not unfinished.left(c):
            return

    def do() -> None:
        with suppress(WinnowError):  # whoever copies next sweeps again
            sweep(database)

    threading.Thread(target=do, daemon=True, name="sweep").start()


def _is_gone(database: Database, pool_id: int) -> bool:
    """Take out what is there, and return whether that was all. Others may write meanwhile: a rating that comes to what
    is about to go keeps it back, where the database looks, and goes with it the next time."""
    with suppress(OutOfDate):
        # Twice: what came to a task between its ratings' going and its own. To what is gone nothing comes any more.
        for those in deleting.of_pool(pool_id) * 2:
            if not database.is_sqlite and deleting.names_its_own(those):
                _let_go(database, pool_id, those)
            _clear(database, pool_id, those)
        with database.write(checked=False) as c:
            return deleting.end(c, pool_id)
    return False


def _let_go(database: Database, pool_id: int, those: Belonging) -> None:
    after = 0
    while True:
        with database.read() as c:
            keys = deleting.some(c, those, after, AT_ONCE)
        if not keys:
            return
        after = keys[-1]
        for child in deleting.beneath(those.table, keys):
            _clear(database, pool_id, child, is_beneath=True)
        with database.write() as c:
            deleting.let_go(c, pool_id, those, keys)


def _clear(database: Database, pool_id: int, those: Belonging, *, is_beneath: bool = False) -> None:
    """Delete rows with all that goes with them, so many at once; a few beneath others go together with these."""
    after = 0
    while True:
        with database.read() as c:
            keys = deleting.some(c, those, after, AT_ONCE)
        if not keys or (is_beneath and len(keys) < AT_ONCE and not deleting.beneath(those.table, keys)):
            return
        if those.key is not None:
            after = keys[-1]
            for child in deleting.beneath(those.table, keys):
                _clear(database, pool_id, child, is_beneath=True)
        with database.write(checked=False) as c:
            deleting.take_out(c, pool_id, those, keys, AT_ONCE)


def tombstones(database: Database) -> list[Tombstone]:
    """The pools that were deleted for good, the latest first."""
    with database.read() as c:
        return [Tombstone(row.pool_id, row.name, row.actor, row.reason, row.at, row.counts) for row in deleting.gone(c)]
