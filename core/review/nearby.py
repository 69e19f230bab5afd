"""The accepted task that is closest to a text now, for items whose arrival left none or whose text was edited since.

A task that the gate let in from a file has no closest one on record: the gate looked only for what is too close.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from core.database import Database
from core.gate.admission import tokeniser_of
from core.novelty import NoveltyIndex
from core.pool import tasks
from core.pool.items import Near
from core.records import Pool, State, StorageFailed

_LOOKED_AT = 20  # the closest that were indexed; some may be rejected or edited by now
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Closest:
    """What was found: nothing yet while the pool is being read, else the closest task, None in a pool of one."""

    is_ready: bool
    near: Near | None = None


class Nearby:
    """The pools' accepted instructions in memory, each pool read in the background when it is first asked about."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pools: dict[int, _Accepted] = {}
        self._lock = threading.Lock()

    def look(self, pool: Pool, task_id: int, instruction: str) -> Closest:
        """Return the accepted task, other than that one, which is closest to a text by ROUGE-L F1."""
        with self._lock:
            accepted = self._pools.get(pool.id)
            if accepted is None or accepted.has_failed:
                accepted = self._pools[pool.id] = _Accepted(self._database, pool)
                threading.Thread(target=accepted.read, name=f"nearby-{pool.id}", daemon=True).start()
        return Closest(True, accepted.nearest(task_id, instruction)) if accepted.is_read.is_set() else Closest(False)


class _Accepted:
    def __init__(self, database: Database, pool: Pool) -> None:
        self._database, self._pool = database, pool
        self._index = NoveltyIndex(tokeniser_of(pool))
        self._newest = 0
        self._lock = threading.Lock()
        self.is_read = threading.Event()
        self.has_failed = False

    def read(self) -> None:
        try:
            with self._lock:
                self._catch_up()
            self.is_read.set()
        except StorageFailed as error:  # whoever looks next tries again
            log.warning("pool %s could not be read for the closest tasks: %s", self._pool.id, error)
            self.has_failed = True

    def nearest(self, task_id: int, instruction: str) -> Near | None:
        with self._lock:
            self._catch_up()
            found = self._index.closest(instruction, _LOOKED_AT + 1)
        with self._database.read() as c:
            now = tasks.texts(c, [near.key for near in found if near.key != task_id], State.ACCEPTED)
        closest = NoveltyIndex(self._index.tokeniser)  # measured again: a text may have been edited since it was read
        for key, text in now.items():
            closest.add(key, text)
        near = closest.nearest(instruction)
        return Near(near.key, near.score, now[near.key]) if near else None

    def _catch_up(self) -> None:
        with self._database.read() as c:
            new = tasks.instructions(c, self._pool.id, after_id=self._newest)
        for key, text in new:
            self._index.add(key, text)
            self._newest = key
