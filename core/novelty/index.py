"""Index: exact ROUGE-L of one text against a growing pool."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.novelty.arrival import OnProgress, Scores, ShouldStop, Stopped
from core.novelty.score import Numbers, rouge_l
from core.novelty.tokens import Tokeniser, Vocabulary, tokenise

SEGMENT = 8192
BLOCK = 256


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A pool member and how close it is (ROUGE-L F1, 0 to 1)."""

    key: int
    score: float


class NoveltyIndex:
    """Exact ROUGE-L against a growing pool of texts, each known by a key of the caller's.

    Neighbours that score the same come in the order in which they were added. Not for several threads at once.
    """

    def __init__(self, tokeniser: Tokeniser = Tokeniser.PAPER) -> None:
        self.tokeniser = tokeniser
        self._vocabulary = Vocabulary()
        self._keys: list[int] = []
        self._segments: list[list[str]] = []
        self._lengths: Numbers = np.zeros(1024, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: int, text: str) -> None:
        """Put `text` into the pool under `key`. Raises VocabularyFull (see `tokens.Vocabulary`)."""
        coded = self._vocabulary.add(tokenise(text, self.tokeniser))
        if len(self._keys) == len(self._lengths):
            self._lengths = np.concatenate([self._lengths, np.zeros_like(self._lengths)])
        self._lengths[len(self._keys)] = len(coded)
        if not self._segments or len(self._segments[-1]) == SEGMENT:
            self._segments.append([])
        self._segments[-1].append(coded)
        self._keys.append(key)

    def nearest(self, text: str) -> Neighbour | None:
        """Return the closest pool member, or None while the pool is empty."""
        return next(iter(self.closest(text, 1)), None)

    def closest(self, text: str, k: int = 10) -> tuple[Neighbour, ...]:
        """Return the `k` closest pool members, the closest first; fewer while the pool is smaller."""
        return self.neighbours(self.scores(text), k)

    def similar(self, text: str, floor: float = 0.5) -> tuple[Neighbour, ...]:
        """Return all pool members that score at least `floor`, the closest first."""
        return self.neighbours_from(self.scores(text), floor)

    def scores(self, text: str) -> Scores:
        """Return the ROUGE-L F1 of `text` against each pool member, in the order in which they were added."""
        coded = self._vocabulary.look_up(tokenise(text, self.tokeniser))
        lcs = np.concatenate([np.empty(0, np.int32), *_each(self._lcs_with(coded), self._segments)])
        return rouge_l(lcs, self._lengths[: len(self)] + len(coded))

    def nearest_of_each(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, should_stop: ShouldStop | None = None
    ) -> tuple[Neighbour, ...]:
        """Return the closest pool member of each text, several times as fast as asking one by one.

        Empty while the pool is empty. Raises Stopped when asked to stop.
        """
        from rapidfuzz.distance import LCSseq
        from rapidfuzz.process import cdist

        pool = [coded for segment in self._segments for coded in segment]
        found: list[Neighbour] = []
        for start in range(0, len(texts) if pool else 0, BLOCK):
            if should_stop and should_stop():
                raise Stopped
            coded = [self._vocabulary.look_up(tokenise(text, self.tokeniser)) for text in texts[start : start + BLOCK]]
            lcs = cdist(coded, pool, scorer=LCSseq.similarity, dtype=np.int32, workers=workers())
            lengths = np.array([len(text) for text in coded], dtype=np.int64)
            scores = rouge_l(lcs, lengths[:, None] + self._lengths[None, : len(pool)])
            best = scores.argmax(axis=1)
            found += [Neighbour(self._keys[at], float(row[at])) for at, row in zip(best, scores, strict=True)]
            if on_progress:
                on_progress(len(found), len(texts))
        return tuple(found)

    def neighbours(self, scores: Scores, k: int, among: NDArray[np.bool_] | None = None) -> tuple[Neighbour, ...]:
        """Return the `k` best of `scores` (from `scores()`) as neighbours, only of the members in `among` if given."""
        members = np.arange(len(scores)) if among is None else np.flatnonzero(among)
        if k < 1 or not len(members):
            return ()
        kept = scores[members]
        bar = np.partition(kept, -k)[-k] if k < len(kept) else -1.0
        return self._named(scores, members[kept >= bar])[:k]

    def neighbours_from(self, scores: Scores, floor: float) -> tuple[Neighbour, ...]:
        """Return all of `scores` that reach `floor` as neighbours."""
        return self._named(scores, np.flatnonzero(scores >= floor))

    def _named(self, scores: Scores, members: NDArray[np.int64]) -> tuple[Neighbour, ...]:
        best_first = members[np.argsort(-scores[members], kind="stable")]
        return tuple(Neighbour(self._keys[at], float(scores[at])) for at in best_first)

    @staticmethod
    def _lcs_with(coded: str) -> Callable[[list[str]], NDArray[np.int32]]:
        from rapidfuzz.distance import LCSseq
        from rapidfuzz.process import cdist

        def lcs(segment: list[str]) -> NDArray[np.int32]:
            return np.asarray(cdist([coded], segment, scorer=LCSseq.similarity, dtype=np.int32)[0])

        return lcs


def workers() -> int:
    """Return how many threads novelty uses: the cores that this process may run on, at most 8."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)


def _each(lcs: Callable[[list[str]], NDArray[np.int32]], segments: list[list[str]]) -> list[NDArray[np.int32]]:
    if len(segments) < 2:
        return [lcs(segment) for segment in segments]
    return list(_threads().map(lcs, segments))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers(), thread_name_prefix="novelty")
