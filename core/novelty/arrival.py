"""Arrival: what is known about texts that are numbered in the order in which they arrived."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.novelty.arrays import ClosestSoFar
from core.novelty.score import rouge_l

Positions = NDArray[np.int32]
ScoreArray = NDArray[np.float64]

OnProgress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]


class MeasuringStopped(Exception):
    """The work was asked to stop before it was done; nothing was decided."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Similar pairs of texts: a sparse graph that answers the gate at every threshold from `floor` up.

    Three arrays of equal length: positions of the later and of the earlier text in order of arrival, and their ROUGE-L
    F1. Every pair that scores at least `floor` is there, with one economy: a text whose tokens repeat an earlier text's
    may be paired with the first such text only (score 1.0), because all its other pairs are that text's.
    """

    later: Positions
    earlier: Positions
    score: ScoreArray
    floor: float

    def __len__(self) -> int:
        return len(self.later)

    @classmethod
    def of_keys(
        cls, arrival: Sequence[int], later: Sequence[int], earlier: Sequence[int], score: Sequence[float], floor: float
    ) -> "Pairs":
        """Return pairs that were stored under keys, with positions in `arrival` (all keys in order of arrival).

        Pairs that name a key outside `arrival` are left out, so that a part of a pool can be replayed on its own.
        """
        keys = np.asarray(arrival, dtype=np.int64)
        by_key = np.argsort(keys, kind="stable")
        later_at, later_known = _positions(keys, by_key, later)
        earlier_at, earlier_known = _positions(keys, by_key, earlier)
        both = later_known & earlier_known
        return cls(later_at[both], earlier_at[both], np.asarray(score, dtype=np.float64)[both], floor)

    @classmethod
    def joined(cls, chunks: Sequence["Pairs"], floor: float) -> "Pairs":
        """Return all pairs of `chunks` as one."""
        return cls(
            np.concatenate([np.empty(0, np.int32), *(chunk.later for chunk in chunks)]),
            np.concatenate([np.empty(0, np.int32), *(chunk.earlier for chunk in chunks)]),
            np.concatenate([np.empty(0, np.float64), *(chunk.score for chunk in chunks)]),
            floor,
        )


@dataclass(frozen=True, slots=True)
class Admissions:
    """What the gate did with each text, by position in order of arrival.

    `kept` says whether it got in. For one that did not, `nearest` is the position of the closest text that was in at
    that moment (the earliest of equals) and `score` their ROUGE-L F1; for one that did, -1 and 0.
    """

    kept: NDArray[np.bool_]
    nearest: Positions
    score: ScoreArray

    @classmethod
    def undecided(cls, count: int) -> "Admissions":
        """Return room for `count` decisions, everything kept so far."""
        return cls(np.ones(count, np.bool_), np.full(count, -1, np.int32), np.zeros(count, np.float64))

    @classmethod
    def of(cls, closest: ClosestSoFar) -> "Admissions":
        """Return what was done with texts of which each has, or has not, one that keeps it out."""
        kept = closest.place < 0
        score = rouge_l(closest.lcs, closest.total)
        score[kept] = 0.0
        return cls(kept, closest.place, score)


def _positions(
    keys: NDArray[np.int64], by_key: NDArray[np.int64], wanted: Sequence[int]
) -> tuple[Positions, NDArray[np.bool_]]:
    names = np.asarray(wanted, dtype=np.int64)
    if not len(keys):
        return np.zeros(len(names), np.int32), np.zeros(len(names), np.bool_)
    place = np.minimum(np.searchsorted(keys[by_key], names), len(keys) - 1)
    at = by_key[place]
    return at.astype(np.int32), np.asarray(keys[at] == names)
