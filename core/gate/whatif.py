"""What would the pool be at another novelty threshold? Replayed from stored pairs, without one model call.

Pairs are written as candidates arrive; for imports, or after the seeds or the tokeniser changed, they are found once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.asked import MadeWhenAsked
from core.database import Database
from core.gate.admission import tokeniser_of
from core.gate.replay import candidates
from core.gate.rows import pairs
from core.gate.rules import SIMILAR_FLOOR, TOO_CLOSE
from core.gate.stored_texts import texts_at
from core.novelty import Admissions, CurvePoint, Pairs, stream_pairs
from core.novelty.replay import replay
from core.pool import measured
from core.pool import pools as pool_store
from core.records import Pool

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
KEPT = 24  # outcomes that are remembered
WRITTEN_AT_ONCE = 5_000
OnProgress = Callable[[int, int], None]
T = TypeVar("T")
StoredPair = tuple[int, int, float]  # the later task, the earlier one, ROUGE-L F1
Basis = tuple[int, int]  # what pairs are found of, see `pairs.basis`
_FINDING = Lock()  # two sessions that open the page at once find a pool's pairs once


class Replayable(ABC):
    """A pool's candidates as the gate saw them: ids and texts in order of arrival, the seeds first.

    `n_pairs`: of how many pairs what is said here comes.
    """

    ids: Sequence[int]
    texts: Sequence[str]
    seeds: int
    n_pairs: int

    def __len__(self) -> int:
        """How many candidates there are; seeds are none."""
        return len(self.ids) - self.seeds

    @abstractmethod
    def outcome(self, threshold: float) -> Admissions:
        """What the gate does at a threshold, by place among `ids`."""

    def point(self, threshold: float) -> CurvePoint:
        """How many candidates are kept and dropped at a threshold."""
        kept = int(self.outcome(threshold).kept[self.seeds :].sum())
        return CurvePoint(threshold, kept, len(self) - kept)

    def curve(self, thresholds: Sequence[float] = THRESHOLDS) -> tuple[CurvePoint, ...]:
        """How many candidates are kept and dropped at each threshold."""
        return tuple(self.point(threshold) for threshold in thresholds)


class Candidates(Replayable):
    """Candidates with all their pairs."""

    def __init__(self, ids: Sequence[int], texts: Sequence[str], seeds: int, pairs: Pairs) -> None:
        self.ids, self.texts, self.seeds, self.pairs, self.n_pairs = ids, texts, seeds, pairs, len(pairs)
        self._known: dict[float, Admissions] = {}

    def outcome(self, threshold: float) -> Admissions:
        """What the gate does at a threshold; what was asked for lately is kept."""
        found = self._known.get(threshold)
        if found is None:
            while len(self._known) >= KEPT:
                self._known.pop(next(iter(self._known)), None)
            found = self._known[threshold] = replay(self.pairs, len(self.ids), threshold, fixed=self.seeds)
        return found


@dataclass(frozen=True, slots=True)
class Change:
    """A candidate whose fate differs between two thresholds, and the neighbour that decides (ROUGE-L F1)."""

    task_id: int
    instruction: str
    nearest: str
    score: float


def state_of(database: Database, pool: Pool) -> tuple[int, int, int, str]:
    """What the candidates depend on, for a page that keeps them: it differs when they may."""
    with database.read() as c:
        return (*pairs.state(c, pool.id), tokeniser_of(pool).value)


def load(database: Database, pool: Pool, on_progress: OnProgress | None = None) -> Candidates:
    """The pool's candidates with all their pairs; finds and stores the pairs that are missing."""
    with _FINDING:
        with database.read() as c:
            pool = pool_store.by_id(c, pool.id)
            missing = set(pairs.unpaired(c, pool.id, TOO_CLOSE))
            fixed, arrived = candidates(c, pool.id)
            basis = pairs.basis(c, pool.id)
        every = fixed + arrived
        ids, texts = [task_id for task_id, _ in every], [text for _, text in every]
        if missing:
            _find(database, pool, ids, texts, missing, basis, on_progress)
    with database.read() as c:
        later, earlier, score = pairs.of_pool(c, pool.id)
    return Candidates(ids, texts, len(fixed), Pairs.of_keys(ids, later, earlier, score, SIMILAR_FLOOR))


class Changes(MadeWhenAsked[Change]):
    """Candidates whose fate differs, in order of arrival; each is made when it is asked for."""

    def __init__(self, found: Replayable, changed: NDArray[np.bool_], dropped_by: Admissions) -> None:
        self._found, self._dropped_by = found, dropped_by
        self._places = np.flatnonzero(changed)

    def __len__(self) -> int:
        return len(self._places)

    def several(self, places: Sequence[int]) -> list[Change]:
        """The candidates at these places."""
        at = self._places[np.asarray(places, np.int64)]
        nearest = self._dropped_by.nearest[at].tolist()
        scores = self._dropped_by.score[at].tolist()
        texts = texts_at(self._found.texts, [*at.tolist(), *nearest])
        own = zip(at.tolist(), texts, texts[len(at) :], scores, strict=False)
        return [Change(self._found.ids[place], text, near, score) for place, text, near, score in own]


def differences(found: Replayable, before: float, after: float) -> tuple[Changes, Changes]:
    """(those that would go, those that would come) between two thresholds, with the neighbour that decides."""
    then, now = found.outcome(before), found.outcome(after)
    return Changes(found, then.kept & ~now.kept, now), Changes(found, now.kept & ~then.kept, then)


def _find(
    database: Database,
    pool: Pool,
    ids: Sequence[int],
    texts: Sequence[str],
    missing: set[int],
    basis: Basis,
    on_progress: OnProgress | None,
) -> None:
    """Find and store the pairs from the first candidate on that has none; in chunks, so that nobody waits long.

    A million take tens of minutes, so that those whose pairs are whole are marked as it goes: after a kill the rest is
    found. Two programs may do this at once, and forget what the other has kept: one that lacks a pair is not marked,
    and written again.
    """
    at = since = next(place for place, task_id in enumerate(ids) if task_id in missing)
    for some in _portions(ids[since:]):
        with database.write() as c:
            pairs.forget(c, some)
    for chunk in stream_pairs(texts, tokeniser_of(pool), SIMILAR_FLOOR, since=since, on_progress=on_progress):
        if len(chunk):  # the pairs of a later text are all in one chunk
            found = zip(chunk.later.tolist(), chunk.earlier.tolist(), chunk.score.tolist(), strict=True)
            rows = [(ids[later], ids[earlier], score) for later, earlier, score in found]
            whole, at = ids[at : int(chunk.later[-1]) + 1], int(chunk.later[-1]) + 1
            _write(database, pool, whole, rows, basis)
    _write(database, pool, ids[at:], [], basis)


def _write(database: Database, pool: Pool, whole: Sequence[int], rows: Sequence[StoredPair], basis: Basis) -> None:
    """Store all pairs of these candidates, and mark each together with the last of its pairs.

    Nothing is marked once a text of the pool, its seeds or its tokeniser have changed (`basis`): the pairs are of what
    was before.
    """
    its: dict[int, list[StoredPair]] = {}
    for row in rows:
        its.setdefault(row[0], []).append(row)
    some, found = list[int](), list[StoredPair]()
    for one in whole:
        mine = its.get(one, [])
        if some and len(some) + len(found) + len(mine) > WRITTEN_AT_ONCE:
            _write_together(database, pool, some, found, basis)
            some, found = [], []
        some.append(one)
        found += mine
    _write_together(database, pool, some, found, basis)


def _write_together(
    database: Database, pool: Pool, whole: Sequence[int], rows: Sequence[StoredPair], basis: Basis
) -> None:
    """Store and mark in one transaction, with others before it where one candidate has too many pairs for one."""
    *before, last = list(_portions(rows)) or [[]]
    is_whole = False
    while not is_whole:
        for part in before:
            with database.write() as c:
                pairs.keep(c, part)
        with database.write() as c:
            if pairs.basis(c, pool.id) != basis:
                return
            pairs.keep(c, last)
            is_whole = pairs.holds(c, [part[-1] for part in before])
            if is_whole:
                measured.mark_paired(c, pool.id, whole)


def _portions(those: Sequence[T]) -> Iterator[Sequence[T]]:
    """In portions of which each takes some milliseconds under the write lock."""
    for start in range(0, len(those), WRITTEN_AT_ONCE):
        yield those[start : start + WRITTEN_AT_ONCE]
