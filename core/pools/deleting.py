"""Deleting a pool for good, by its name as a confirmation; what stays is a tombstone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.database import Database
from core.database.engine import compact
from core.pool import deleting
from core.pool import pools as store
from core.records import Refused

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
    """Delete a pool with everything in it and free its room on disk; Refused where another name was confirmed."""
    with database.write() as c:
        pool = store.by_id(c, pool_id)
        if confirmed != pool.name:
            raise Refused(f'To delete it for good, confirm its very name: "{pool.name}".')
        deleting.delete(c, pool_id, actor, " ".join(reason.split()))
    compact(database)
    return tombstones(database)[0]


def tombstones(database: Database) -> list[Tombstone]:
    """The pools that were deleted for good, the latest first."""
    with database.read() as c:
        return [Tombstone(row.pool_id, row.name, row.actor, row.reason, row.at, row.counts) for row in deleting.gone(c)]
