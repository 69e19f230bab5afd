"""Index: exact ROUGE-L of one text against a growing pool."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.novelty.arrival import MeasuringStopped, OnProgress, ScoreArray, ShouldStop
from core.novelty.score import rouge_l
from core.novelty.tokens import Tokeniser, Vocabulary, tokenise

SIGNATURE_BITS = 512
FIRST_LOOK = 256
BLOCK_CELLS = 1 << 20

Members = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A pool member and how close it is (ROUGE-L F1, 0 to 1)."""

    key: int
    score: float


class NoveltyIndex:
    """Exact ROUGE-L against a growing pool of texts, each known by a key of the caller's.

    Neighbours that score the same come in the order in which they were added. Not for several threads at once.

    Each text has a signature: every token flips one of 512 bits, its second occurrence another one, and so on. Two
    signatures differ in at most m + n - 2·shared bits, so that counting those bits says how high a score can be at
    most, and only the few texts for which that is high enough are compared.
    """

    def __init__(self, tokeniser: Tokeniser = Tokeniser.PAPER) -> None:
        self.tokeniser = tokeniser
        self._vocabulary = Vocabulary()
        self._keys: list[int] = []
        self._texts: list[str] = []
        self._lengths: NDArray[np.int32] = np.zeros(1024, dtype=np.int32)
        self._signatures: NDArray[np.uint64] = np.zeros((SIGNATURE_BITS // 64, 1024), dtype=np.uint64)

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: int, text: str) -> None:
        """Put `text` into the pool under `key`. Raises VocabularyFull (see `tokens.Vocabulary`)."""
        coded = self._vocabulary.add(tokenise(text, self.tokeniser))
        place = len(self)
        if place == len(self._lengths):
            self._lengths = np.concatenate([self._lengths, np.zeros_like(self._lengths)])
            self._signatures = np.concatenate([self._signatures, np.zeros_like(self._signatures)], axis=1)
        self._lengths[place] = len(coded)
        self._signatures[:, place] = _signature(coded)
        self._keys.append(key)
        self._texts.append(coded)

    def nearest(self, text: str) -> Neighbour | None:
        """Return the closest pool member, or None while the pool is empty."""
        return next(iter(self.closest(text, 1)), None)

    def closest(
        self, text: str, k: int = 10, *, among: NDArray[np.bool_] | None = None, since: int = 0
    ) -> tuple[Neighbour, ...]:
        """Return the `k` closest pool members, the closest first; fewer while the pool is smaller.

        With `among`, one truth value a member in the order in which they were added, only of those; with `since`, of
        those that were added after the first so many.
        """
        members = np.arange(since, len(self)) if among is None else since + np.flatnonzero(among[since:])
        if k < 1 or not len(members):
            return ()
        coded = self._coded(text)
        found, scores = self._best(coded, members, self._ceilings(coded, since)[members - since], k)
        return self._neighbours(found, scores)[:k]

    def similar(self, text: str, floor: float = 0.5, *, since: int = 0) -> tuple[Neighbour, ...]:
        """Return all pool members, the first `since` aside, that score at least `floor`, the closest first."""
        if since >= len(self):
            return ()
        coded = self._coded(text)
        looked_at = since + np.flatnonzero(self._ceilings(coded, since) >= floor)
        scores = self._scores(coded, looked_at)
        return self._neighbours(looked_at[scores >= floor], scores[scores >= floor])

    def nearest_of_each(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, should_stop: ShouldStop | None = None
    ) -> tuple[Neighbour, ...]:
        """Return the closest pool member of each text: for many texts against few, such as tasks against their seeds.

        Empty while the pool is empty. Raises MeasuringStopped when asked to stop.
        """
        found: list[Neighbour] = []
        if not len(self):
            return ()
        block = max(1, BLOCK_CELLS // len(self))
        for start in range(0, len(texts), block):
            if should_stop and should_stop():
                raise MeasuringStopped
            coded = [self._coded(text) for text in texts[start : start + block]]
            lengths = np.array([len(text) for text in coded], dtype=np.int32)
            scores = rouge_l(_lcs(coded, self._texts), lengths[:, None] + self._lengths[None, : len(self)])
            best = scores.argmax(axis=1)
            found += [Neighbour(self._keys[at], float(row[at])) for at, row in zip(best, scores, strict=True)]
            if on_progress:
                on_progress(len(found), len(texts))
        return tuple(found)

    def _coded(self, text: str) -> str:
        return self._vocabulary.look_up(tokenise(text, self.tokeniser))

    def _ceilings(self, coded: str, since: int = 0) -> ScoreArray:
        """Return a score for each member from `since` on that its real one does not exceed."""
        count = len(self)
        apart = np.zeros(count - since, dtype=np.int32)
        for word, column in zip(_signature(coded), self._signatures[:, since:count], strict=True):
            apart += np.bitwise_count(column ^ word)
        lengths = self._lengths[since:count]
        total = lengths + len(coded)
        shared = np.minimum((total - apart) >> 1, np.minimum(lengths, len(coded)))
        return rouge_l(shared, total)

    def _best(self, coded: str, members: Members, ceilings: ScoreArray, k: int) -> tuple[Members, ScoreArray]:
        """Return at least the `k` best of `members`, which have these ceilings, with their scores, in order of arrival.

        Looks at the most promising first, and at ever more until no ceiling left reaches the k-th best score.
        """
        found, scores = members[:0], np.empty(0, dtype=np.float64)
        bar, step = 0.0, max(k, FIRST_LOOK)
        while len(members):
            if len(members) > step:
                promising = np.argpartition(-ceilings, step)
                upcoming, members = members[promising[:step]], members[promising[step:]]
                ceilings = ceilings[promising[step:]]
            else:
                upcoming, members = members, members[:0]
            found = np.concatenate([found, upcoming])
            scores = np.concatenate([scores, self._scores(coded, upcoming)])
            if len(found) >= k:
                bar = float(np.partition(scores, -k)[-k])
                reach = ceilings[: len(members)] >= bar
                members, ceilings = members[reach], ceilings[: len(members)][reach]
            step *= 8
        kept = np.flatnonzero(scores >= bar)
        in_order = kept[np.argsort(found[kept])]
        return found[in_order], scores[in_order]

    def _scores(self, coded: str, members: Members) -> ScoreArray:
        lcs = _lcs([coded], [self._texts[at] for at in members.tolist()])[0]
        return rouge_l(lcs, self._lengths[members] + len(coded))

    def _neighbours(self, members: Members, scores: ScoreArray) -> tuple[Neighbour, ...]:
        """Return members, which come in order of arrival, the closest first."""
        best_first = np.argsort(-scores, kind="stable").tolist()
        return tuple(Neighbour(self._keys[members[at]], float(scores[at])) for at in best_first)


def workers() -> int:
    """Return how many threads novelty uses: the cores that this process may run on, at most 8, or what
    OMP_NUM_THREADS says, as Ray does for each of its workers."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    said = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(said) if said.isdecimal() and int(said) else 8, 8)


def _signature(coded: str) -> NDArray[np.uint64]:
    bits = 0
    repeats: dict[str, int] = {}
    for token in coded:
        repeat = repeats[token] = repeats.get(token, 0) + 1
        bits ^= 1 << hash((ord(token), repeat)) % SIGNATURE_BITS
    return np.frombuffer(bits.to_bytes(SIGNATURE_BITS // 8, "little"), dtype="<u8").astype(np.uint64)


def _lcs(coded: Sequence[str], others: Sequence[str]) -> NDArray[np.int32]:
    from rapidfuzz.distance import LCSseq
    from rapidfuzz.process import cdist

    threads = workers() if len(coded) > 1 else 1
    return np.asarray(cdist(coded, others, scorer=LCSseq.similarity, dtype=np.int32, workers=threads))
