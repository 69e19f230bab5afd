"""Replay: what the gate would have done at another threshold, from stored pairs and without a model call."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.novelty.arrival import Admissions, Pairs, Positions, ScoreArray


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """How many candidates get in at a threshold and how many are dropped; the fixed texts count in neither."""

    threshold: float
    kept: int
    dropped: int


def replay(pairs: Pairs, count: int, threshold: float = 0.7, *, fixed: int = 0) -> Admissions:
    """Return what the gate does with `count` texts in order of arrival, the first `fixed` let in without a question.

    Decisions and evidence are those of `gate.admit` on the texts themselves. Raises ValueError where the threshold is
    below the pairs' floor: the pairs that would decide were never kept.
    """
    if threshold < pairs.floor:
        raise ValueError(
            f"The stored pairs begin at {pairs.floor} and can't tell what happens at {threshold}; "
            "choose a threshold from there up, or find the pairs again with a lower floor."
        )
    outcome = Admissions.undecided(count)
    above = pairs.score > threshold
    later, earlier, score = pairs.later[above], pairs.earlier[above], pairs.score[above]
    twin_of = _first_twins(later, earlier, score, count)
    neighbours = _Neighbours(later, earlier, score, count)
    best = np.zeros(count, np.float64)
    best_at = np.full(count, -1, np.int32)
    for position in np.union1d(later, earlier).tolist():
        twin = twin_of[position]
        if position >= fixed and best[twin] > threshold:
            outcome.kept[position] = False
            outcome.nearest[position] = best_at[twin]
            outcome.score[position] = best[twin]
        else:
            best[position], best_at[position] = 1.0, position
            others, scores = neighbours.of(position)
            closer = scores > best[others]
            best[others[closer]] = scores[closer]
            best_at[others[closer]] = position
    return outcome


def curve(pairs: Pairs, count: int, thresholds: Sequence[float], *, fixed: int = 0) -> tuple[CurvePoint, ...]:
    """Return, for each threshold, how many of the texts after the `fixed` ones get in and how many are dropped."""
    points = []
    for threshold in thresholds:
        kept = int(replay(pairs, count, threshold, fixed=fixed).kept[fixed:].sum())
        points.append(CurvePoint(threshold, kept, count - fixed - kept))
    return tuple(points)


def _first_twins(later: Positions, earlier: Positions, score: ScoreArray, count: int) -> Positions:
    """Return for each position the first text with the same tokens (a pair that scores 1.0), itself for most."""
    twin_of = np.arange(count, dtype=np.int32)
    same = score == 1.0
    np.minimum.at(twin_of, later[same], earlier[same])
    return twin_of


class _Neighbours:
    """For each text the others it is paired with, earlier and later."""

    def __init__(self, later: Positions, earlier: Positions, score: ScoreArray, count: int) -> None:
        ends = np.concatenate([later, earlier])
        order = np.argsort(ends, kind="stable")
        self._others: NDArray[np.int32] = np.concatenate([earlier, later])[order]
        self._scores: NDArray[np.float64] = np.concatenate([score, score])[order]
        self._start: list[int] = np.searchsorted(ends[order], np.arange(count + 1)).tolist()

    def of(self, position: int) -> tuple[Positions, ScoreArray]:
        here = slice(self._start[position], self._start[position + 1])
        return self._others[here], self._scores[here]
