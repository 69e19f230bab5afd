"""Deciding: what the gate says of many candidates of one pool, in order of arrival, as the pool was at one moment.

Of many a thread works it out while those that are decided are stored already: it holds the interpreter for a fraction
of its time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Condition, Thread
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.crews import Crew
from core.novelty import NoveltyIndex, Tokeniser, admit
from core.novelty.arrival import Admissions, MeasuringStopped
from core.novelty.blocks import nearest_by
from core.novelty.gate import admit_in_turn
from core.novelty.index import workers
from core.novelty.on_disk import Joined

ASIDE = 20_000  # candidates from which on a thread is worth it
POLL_S = 0.2
SEEDS_AT_ONCE = 10_000


class _Question(NamedTuple):
    known: Sequence[str]  # the texts that the pool has
    candidates: Sequence[str]
    seeds: Sequence[tuple[int, str]]
    threshold: float
    tokeniser: Tokeniser

    @property
    def texts(self) -> Sequence[str]:
        return Joined(self.known, self.candidates)

    def index_of_seeds(self) -> NoveltyIndex:
        index = NoveltyIndex(self.tokeniser)
        for key, text in self.seeds:
            index.add(key, text)
        return index


class Deciding:
    """Decisions about candidates, by place from 0. What is said of a place holds once it is `ready`.

    `kept`: whether it gets in; else `nearest`, below `before` a place among the texts that the pool had, above it
    another candidate, and `score`, their ROUGE-L F1. `depended_on`: whether another one is out for its sake; known
    when all are decided. `seed_id`, `seed_score`: the closest seed, 0 where there is none. `evidence`: the
    texts of the pool that keep candidates out, by their places.
    """

    def __init__(
        self,
        known: Sequence[str],
        candidates: Sequence[str],
        seeds: Sequence[tuple[int, str]],
        threshold: float,
        tokeniser: Tokeniser,
        crew: Crew | None,
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        n = len(candidates)
        self.before = len(known)
        self.kept: NDArray[np.bool_] = np.ones(n, np.bool_)
        self.nearest: NDArray[np.int32] = np.full(n, -1, np.int32)
        self.score: NDArray[np.float64] = np.zeros(n)
        self.depended_on: NDArray[np.bool_] = np.zeros(n + 1, np.bool_)
        self.seed_id: NDArray[np.int64] = np.zeros(n, np.int64)
        self.seed_score: NDArray[np.float64] = np.zeros(n)
        self.evidence: dict[int, str] = {}
        self._count, self._done = n, 0
        self._changed, self._is_left = Condition(), False
        self._failed: BaseException | None = None
        self._on_progress = on_progress or (lambda n, of: None)
        asked = _Question(known, candidates, seeds, threshold, tokeniser)
        if crew is None and n >= ASIDE:
            Thread(target=self._work, args=(asked,), daemon=True, name="deciding").start()
        else:
            self._at_once(asked, crew)

    @property
    def is_whole(self) -> bool:
        """Whether all is decided."""
        return self._done == self._count

    def ready(self, stop: int) -> None:
        """Wait until the places below `stop` are decided. Raises what the work ended with."""
        while self._done < stop:
            with self._changed:
                self._changed.wait_for(lambda: self._done >= stop or self._failed is not None, POLL_S)
            if self._failed is not None:
                raise self._failed
            if not self.is_whole:
                self._on_progress(self._done, self._count)

    def leave(self) -> None:
        """Nobody asks any more: a thread that works ends soon."""
        self._is_left = True

    def _at_once(self, asked: _Question, crew: Crew | None) -> None:
        texts = asked.texts
        on_progress = self._on_progress if texts else None
        its = (texts, asked.threshold, asked.tokeniser)
        self._take(0, admit(*its, fixed=self.before, crew=crew, on_progress=on_progress), asked.known)
        index = asked.index_of_seeds()
        if crew is not None and asked.seeds:
            self.seed_id[:], self.seed_score[:] = nearest_by(crew, index, asked.candidates)
        else:
            self._measure_seeds(index, asked.candidates, 0, self._count)
        self._done = self._count

    def _work(self, asked: _Question) -> None:
        try:
            index, its = asked.index_of_seeds(), (asked.texts, asked.threshold, asked.tokeniser)
            for start, found in admit_in_turn(*its, self.before, max(1, workers() - 1)):
                if self._is_left:
                    raise MeasuringStopped
                self._take(start, found, asked.known)
                stop = max(0, start + len(found.kept) - self.before)
                self._measure_seeds(index, asked.candidates, self._done, stop)
                self._say(stop)
        except BaseException as error:  # noqa: BLE001  (whoever waits raises it)
            self._failed = error
            self._say(self._done)

    def _say(self, done: int) -> None:
        with self._changed:
            self._done = done
            self._changed.notify_all()

    def _take(self, start: int, found: Admissions, known: Sequence[str]) -> None:
        """Take in what the gate says of the texts from this one on, those that the pool had among them."""
        skipped = max(0, self.before - start)
        at = start + skipped - self.before
        kept, nearest = found.kept[skipped:], found.nearest[skipped:]
        its = slice(at, at + len(kept))
        self.kept[its], self.nearest[its], self.score[its] = kept, nearest, found.score[skipped:]
        self.depended_on[nearest[nearest >= self.before] - self.before] = True
        for place in np.unique(nearest[~kept]):
            if place < self.before:
                self.evidence.setdefault(int(place), known[place])

    def _measure_seeds(self, index: NoveltyIndex, candidates: Sequence[str], first: int, stop: int) -> None:
        for start in range(first, stop, SEEDS_AT_ONCE):
            some = candidates[start : min(start + SEEDS_AT_ONCE, stop)]
            for place, near in enumerate(index.nearest_of_each(some), start):
                self.seed_id[place], self.seed_score[place] = near.key, near.score
