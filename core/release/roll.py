"""The roll of a release: which instances go out with which text, taken down as its rows are written, then stored.

Small releases are recorded with all their members at once. A large one is recorded first and its members follow in
parts, so that nobody waits long for the database; until the last of them is there none of them counts.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

import sqlalchemy as sa

from core.database import Database
from core.pool import members
from core.pool.members import MemberText
from core.release.released import Released
from core.release.row import ReleaseRow, RowSource

PART = 20_000  # members that one statement stores; some tens of milliseconds under the write lock
HASH_BYTES = 32


class Roll:
    """What went out, in order; 40 bytes a row."""

    def __init__(self) -> None:
        self._ids = array("q")
        self._hashes = bytearray()

    def __len__(self) -> int:
        return len(self._ids)

    def of(self, source: RowSource) -> RowSource:
        """The same rows, taken down as they pass; each pass begins anew."""

        def read() -> Iterator[ReleaseRow]:
            self._ids, self._hashes = array("q"), bytearray()
            for row in source():
                if row.admitted:
                    self._ids.append(int(row.id.removeprefix("i")))
                    self._hashes += bytes.fromhex(row.lineage["text_hash"])
                yield row

        return read

    def __iter__(self) -> Iterator[MemberText]:
        for place, instance_id in enumerate(self._ids):
            yield instance_id, bytes(self._hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES])


def stored(database: Database, roll: Roll, record: Callable[[sa.Connection], Released]) -> Released:
    """Record a release with its members; a kill in between leaves it with none that count."""
    waiting = iter(roll)
    with database.write() as c:
        made = record(c)
        members.store(c, made.id, list(islice(waiting, PART)))
        if len(roll) <= PART:
            members.settle(c, made.id, len(roll))
    if len(roll) > PART:
        store_in_parts(database, made.id, waiting, len(roll))
    return replace(made, members=len(roll))


def store_in_parts(database: Database, release_id: int, waiting: Iterable[MemberText], n: int) -> None:
    """Store members of a recorded release, and say at last that all `n` of them are there."""
    left = iter(waiting)
    while part := list(islice(left, PART)):
        with database.write() as c:
            members.store(c, release_id, part)
    with database.write() as c:
        members.settle(c, release_id, n)
