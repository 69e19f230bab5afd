"""The accepted task, or seed, that is closest to a text now: where nothing is on record, or no longer holds.

A task that the gate let in from a file has no closest one on record: the gate looked only for what is too close. What
was measured against the seeds holds no more once one of them changed.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from core.database import Database
from core.gate.admission import tokeniser_of
from core.novelty import NoveltyIndex
from core.pool import edits, pools, tasks
from core.pool.items import Near
from core.pool.measured import epoch, promoted_from
from core.records import Origin, Pool, State, StorageFailed

_MOMENT_S = 0.15  # that whoever asks first waits: a pool of some thousand tasks is read by then
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
        self._pools: dict[tuple[int, bool], _Accepted] = {}
        self._lock = threading.Lock()

    def look(self, pool: Pool, task_id: int, instruction: str, *, seeds: bool = False) -> Closest:
        """Return the accepted task, or with `seeds` the seed, which is closest to a text by ROUGE-L F1.

        It is neither that task itself nor a seed that was promoted from it, which is its copy.
        """
        with self._lock:
            accepted = self._pools.get((pool.id, seeds))
            if accepted is None or accepted.has_failed:
                accepted = self._pools[pool.id, seeds] = _Accepted(self._database, pool, seeds)
                threading.Thread(target=accepted.read, name=f"nearby-{pool.id}", daemon=True).start()
                accepted.is_read.wait(_MOMENT_S)
        return Closest(True, accepted.nearest(task_id, instruction)) if accepted.is_read.is_set() else Closest(False)


class _Accepted:
    def __init__(self, database: Database, pool: Pool, seeds: bool) -> None:
        self._database, self._pool = database, pool
        self._origins = (Origin.SEED,) if seeds else None
        self._epoch = -1
        self._index = NoveltyIndex(tokeniser_of(pool))
        self._newest, self._moment = 0, edits.HistoryMoment()
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
            now = tasks.texts(c, [near.key for near in found], State.ACCEPTED)
            own = {task_id, *promoted_from(c, task_id, now)}
        closest = NoveltyIndex(self._index.tokeniser)  # measured again: a text may have been edited since it was read
        for key, text in now.items():
            if key not in own:
                closest.add(key, text)
        near = closest.nearest(instruction)
        return Near(near.key, near.score, now[near.key]) if near else None

    def _catch_up(self) -> None:
        with self._database.read() as c:
            now, tokeniser = epoch(c, self._pool.id), tokeniser_of(pools.by_id(c, self._pool.id))
            # Of seeds, one may be switched on again, which is no decision.
            if tokeniser is not self._index.tokeniser or (self._origins and now != self._epoch):
                self._index, self._newest = NoveltyIndex(tokeniser), 0
            moment = edits.moment(c)
            back = edits.touched_since(c, self._pool.id, self._moment) if self._newest and not self._origins else []
            new = tasks.instructions(c, self._pool.id, origins=self._origins, after_id=self._newest)
        for key, text in (*((key, text) for key, text in back if key <= self._newest), *new):
            self._index.add(key, text)
        self._newest, self._epoch, self._moment = new[-1][0] if new else self._newest, now, moment
