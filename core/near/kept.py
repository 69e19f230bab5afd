"""What a run has found of a large pool, read again."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.database import Database
from core.gate.admission import tokeniser_of
from core.near import arrays
from core.near.rows import nearness
from core.pool import pools as pool_store
from core.records import Pool


@dataclass(frozen=True, slots=True)
class SinceCompared:
    """What has come to a pool since its tasks were compared: tasks, decisions of people and runs, changed instructions;
    whether another tokeniser was chosen."""

    tasks: int = 0
    decisions: int = 0
    edits: int = 0
    tokeniser: bool = False

    @property
    def sentence(self) -> str:
        """What has changed, in words; "" for nothing."""
        parts = [
            f"{_several(self.tasks, 'task')} came" if self.tasks else "",
            f"{_several(self.decisions, 'decision')} fell" if self.decisions else "",
            f"{_several(self.edits, 'instruction')} changed" if self.edits else "",
            "another tokeniser was chosen" if self.tokeniser else "",
        ]
        said = ", ".join(part for part in parts if part)
        return f"This is of an earlier moment: since then {said}. Compare anew to see them." if said else ""


@dataclass(frozen=True)
class ComparedPool:
    """A comparison that is whole, without its arrays; they are read when they are first asked for."""

    id: int
    pool_id: int
    run_id: int
    texts: int
    seeds: int
    pairs: int
    step: int
    seconds: float
    made_at: float
    database: Database

    @cached_property
    def ids(self) -> Sequence[int]:
        """The tasks that were compared: the seeds, then what reached the gate, in order of arrival."""
        return array("q", self._array("ids").tobytes())

    @cached_property
    def shown(self) -> NDArray[np.bool_]:
        """Which of them were accepted, the seeds aside."""
        return self._array("shown")

    @cached_property
    def kept(self) -> NDArray[np.uint64]:
        """A bit for each threshold at which one is let in (`condense.GRID`)."""
        return self._array("kept")

    @cached_property
    def deciding(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """The pairs that decide: later, earlier, ROUGE-L F1."""
        return self._array("later"), self._array("earlier"), self._array("score")

    @cached_property
    def nearest(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The nearest other shown task of each by place, and how near it is."""
        return self._array("nearest"), self._array("closest")

    @cached_property
    def forest(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """Pairs that join at every threshold what all pairs join."""
        return self._array("forest_one"), self._array("forest_other"), self._array("forest_score")

    def _array(self, name: str) -> NDArray[Any]:
        first, last = {
            **dict.fromkeys(arrays.BEFORE, (nearness.BEGUN, nearness.BEGUN)),
            **dict.fromkeys(arrays.GROWING, (1, self.step)),
        }.get(name, (self.step, self.step))
        with self.database.read() as c:
            return arrays.whole(name, nearness.parts(c, self.id, name, first, last))


def newest(database: Database, pool_id: int) -> ComparedPool | None:
    """The pool's newest comparison that is whole; None before the first."""
    with database.read() as c:
        row = nearness.newest(c, pool_id)
    if row is None:
        return None
    numbers = (row.id, pool_id, row.run_id, row.texts, row.seeds, row.pairs, row.step)
    return ComparedPool(*numbers, row.seconds, row.created_at, database)


def newest_id(database: Database, pool_id: int) -> int:
    """Which comparison it is, 0 for none: for a page that keeps it."""
    with database.read() as c:
        row = nearness.newest(c, pool_id)
    return row.id if row is not None else 0


def since(database: Database, pool: Pool) -> SinceCompared:
    """What has come to the pool since its newest comparison."""
    with database.read() as c:
        row = nearness.newest(c, pool.id)
        if row is None:
            return SinceCompared()
        came = nearness.since(c, pool.id, row.moment)
        now = tokeniser_of(pool_store.by_id(c, pool.id)).value
    return SinceCompared(*came, now != row.moment[-1])


def _several(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")
