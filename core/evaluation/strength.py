"""Three models or more: Bradley-Terry with ties, and the matrix of wins. Scores from evalica, intervals over tasks.

A tie counts as half a win for each side. Strengths are given as the chance to win against the average model of the
field (the geometric mean), in percent: 50 is average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.resampling import FEWEST, SEED, Interval, bounded, weights

_STEPS = 1000
_RESAMPLES = 400  # a fit each; the interval's ends move by less than what is shown


@dataclass(frozen=True, slots=True)
class Duel:
    """Two models on one task: `outcome` 1 the first won, 0 the second, 0.5 a tie. `both_bad`: neither was any good.

    `by`: who said so.
    """

    task: int
    first: str
    second: str
    outcome: float
    both_bad: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class Strength:
    """A model's chance to win against the average of the field, in percent, with an interval that resamples tasks."""

    model: str
    percent: Interval
    rank: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """All models, the strongest first; empty with a reason where the duels do not connect them."""

    strengths: tuple[Strength, ...]
    undefined_because: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How one model did against another: wins, losses, ties and, of those, both bad."""

    wins: int = 0
    losses: int = 0
    ties: int = 0
    both_bad: int = 0

    @property
    def n(self) -> int:
        return self.wins + self.losses + self.ties


def matrix(duels: Sequence[Duel]) -> dict[tuple[str, str], Tally]:
    """Return each model's tally against each other, both ways round."""
    found: dict[tuple[str, str], list[int]] = {}
    for duel in duels:
        for mine, theirs, share in (
            (duel.first, duel.second, duel.outcome),
            (duel.second, duel.first, 1 - duel.outcome),
        ):
            tally = found.setdefault((mine, theirs), [0, 0, 0, 0])
            tally[0 if share > 0.5 else 1 if share < 0.5 else 2] += 1
            tally[3] += duel.both_bad
    return {pair: Tally(*tally) for pair, tally in found.items()}


def ranking(duels: Sequence[Duel], seed: int = SEED) -> Ranking:
    """Return the Bradley-Terry strengths of all models that meet in these duels."""
    models = sorted({name for duel in duels for name in (duel.first, duel.second)})
    if len(models) < 2:
        return Ranking((), "It takes comparisons of two models or more.")
    counts = _by_task(duels, models)
    whole = counts.sum(axis=0)
    if not _is_connected(whole):
        return Ranking((), "Some model won, or lost, every one of its comparisons, so its strength has no bound yet.")
    value = _percent(whole)
    drawn = np.full((_RESAMPLES, len(models)), np.nan)
    if len(counts) >= FEWEST:
        again = (weights(len(counts), seed, _RESAMPLES) @ counts.reshape(len(counts), -1)).reshape(-1, *whole.shape)
        connected = np.array([_is_connected(table) for table in again])
        drawn[connected] = _percents(again[connected])
    order = np.argsort(-value, kind="stable")
    told = [_interval(float(value[at]), drawn[:, at]) for at in order]
    return Ranking(
        tuple(Strength(models[at], each, rank) for rank, (at, each) in enumerate(zip(order, told, strict=True), 1))
    )


def _by_task(duels: Sequence[Duel], models: Sequence[str]) -> NDArray[np.float64]:
    """Return tasks x models x models: the wins of the row over the column, a tie half a win each."""
    seat = {model: at for at, model in enumerate(models)}
    place: dict[int, int] = {}
    for duel in duels:
        place.setdefault(duel.task, len(place))
    counts = np.zeros((len(place), len(models), len(models)))
    for duel in duels:
        task, one, two = place[duel.task], seat[duel.first], seat[duel.second]
        counts[task, one, two] += duel.outcome
        counts[task, two, one] += 1 - duel.outcome
    return counts


def _percent(table: NDArray[np.float64]) -> NDArray[np.float64]:
    import evalica

    rows, columns = np.nonzero(table)
    found = evalica.bradley_terry(
        [str(row) for row in rows],
        [str(column) for column in columns],
        [evalica.Winner.X] * len(rows),
        weights=[float(table[row, column]) for row, column in zip(rows, columns, strict=True)],
        limit=1000,
    )
    logs = np.log([float(found.scores[str(at)]) for at in range(len(table))])
    percent: NDArray[np.float64] = 100 / (1 + np.exp(-(logs - logs.mean())))
    return percent


def _percents(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same for many tables at once, by Newman's iteration (2023) until nothing moves."""
    strengths = np.ones(tables.shape[:2])
    for _ in range(_STEPS):
        both = strengths[:, :, None] + strengths[:, None, :]
        won = (tables * strengths[:, None, :] / both).sum(axis=2)
        lost = (tables / both).sum(axis=1)
        new = won / lost
        new /= np.exp(np.log(new).mean(axis=1, keepdims=True))
        moved = float(np.abs(np.log(new / strengths)).max(initial=0.0))
        strengths = new
        if moved < 1e-9:
            break
    percent: NDArray[np.float64] = 100 * strengths / (1 + strengths)
    return percent


def _is_connected(table: NDArray[np.float64]) -> bool:
    """Whether everybody beats everybody through a chain of wins: what a finite strength needs."""
    reach = (table > 0) | np.eye(len(table), dtype=bool)
    for _ in range(len(table)):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    return bool(reach.all())


def _interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    known = drawn[~np.isnan(drawn)]
    return bounded(value, known) if len(known) >= 0.95 * len(drawn) else Interval(value)
