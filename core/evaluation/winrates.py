"""Win rates as AlpacaEval computes them: of preferences between 1 (the reference won) and 2 (the model won).

Length-controlled here is the variant that needs no outside file: a logistic regression of the preference, taken as a
probability, on tanh of the standardised length difference and a constant for the model, its L2 penalty chosen by five
folds of instructions; then the prediction with the length term at zero. AlpacaEval's own leaderboard adds each
instruction's difficulty, which it ships as a file, so its figure differs by a little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.resampling import Interval, mean

_FOLDS = 5
VARIANT = (
    "logistic regression on tanh of the standardised length difference and a constant, 5 folds, without difficulty"
)


@dataclass(frozen=True, slots=True)
class Preference:
    """One judgement: 1 the baseline won, 2 the model, 1.5 (or 0) a draw, a probability between; None unparsed.

    `baseline_length`, `model_length`: characters of the two outputs.
    """

    task: int
    preference: float | None
    baseline_length: int
    model_length: int


@dataclass(frozen=True, slots=True)
class WinRate:
    """How often a model was preferred, in percent, a draw counting half. `left_out`: judgements without a verdict.

    `standard_error` is AlpacaEval's over judgements; `interval` resamples tasks. `length`: mean characters.
    """

    n: int
    wins: int
    losses: int
    draws: int
    left_out: int
    win_rate: float | None
    standard_error: float | None
    interval: Interval
    length_controlled: float | None
    length_controlled_because: str
    length: float | None

    @property
    def is_tied(self) -> bool:
        """Whether the interval does not tell the model from its baseline."""
        low, high = self.interval.low, self.interval.high
        return low is None or high is None or low <= 50 <= high


def win_rate(preferences: Sequence[Preference]) -> WinRate:
    """Return the win rate of one model against one baseline; no figure is made up where there is none."""
    told = [each for each in preferences if each.preference is not None]
    values = _Values.of(told)
    shares = [float(share) for share in values.chance]
    n = len(shares)
    percent = 100 * sum(shares) / n if n else None
    error = None
    if n > 1 and percent is not None:
        error = 100 * sqrt(float(((values.chance - percent / 100) ** 2).sum()) / (n - 1)) / sqrt(n)
    controlled, why_not = _controlled(values)
    return WinRate(
        n,
        int((values.chance > 0.5).sum()),
        int((values.chance < 0.5).sum()),
        int((values.chance == 0.5).sum()),
        len(preferences) - n,
        percent,
        error,
        mean([100 * share for share in shares], [each.task for each in told]),
        controlled,
        why_not,
        sum(each.model_length for each in preferences) / len(preferences) if preferences else None,
    )


def length_controlled(preferences: Sequence[Preference]) -> tuple[float | None, str]:
    """Return the length-controlled win rate in percent, or None and the reason why there is none."""
    return _controlled(_Values.of([each for each in preferences if each.preference is not None]))


@dataclass(frozen=True, slots=True)
class _Values:
    """Judgements with a verdict as columns: the model's share, the task, how much longer the baseline's output is."""

    chance: NDArray[np.float64]
    tasks: NDArray[np.int64]
    longer: NDArray[np.float64]

    @staticmethod
    def of(told: Sequence[Preference]) -> _Values:
        return _Values(
            np.array([_share(each.preference) for each in told], dtype=np.float64),
            np.array([each.task for each in told], dtype=np.int64),
            np.array([each.baseline_length - each.model_length for each in told], dtype=np.float64),
        )


def _controlled(values: _Values) -> tuple[float | None, str]:
    if len(np.unique(values.tasks)) < 2 * _FOLDS:
        return None, f"It needs judgements of at least {2 * _FOLDS} tasks."
    spread = values.longer.std(ddof=1)
    if spread == 0:
        return None, "All outputs differ in length by the same, so length explains nothing."
    chance = values.chance
    if chance.min() == chance.max() and chance[0] in (0.0, 1.0):
        return None, "One side won every time, so no regression can be fitted."
    rows = np.column_stack([np.tanh(values.longer / spread), np.ones(len(chance))])
    constant = float(_fitted(rows, chance, values.tasks)[1])
    return 100 / (1 + exp(-constant)), ""


def _fitted(rows: NDArray[Any], chance: NDArray[Any], tasks: NDArray[Any]) -> NDArray[Any]:
    """Fit probabilities as scikit-learn's LogisticRegressionCV does: ten penalties, log loss over folds of tasks.

    Each judgement stands once with label 1 and once with 0, weighted by its chance. Two coefficients take a few of
    Newton's steps, and judgements of one task whose lengths differ alike are one row; a test holds it to the library.
    """
    from sklearn.model_selection import GroupKFold

    groups = np.concatenate([tasks, tasks])
    fold = np.empty(len(tasks), dtype=np.int64)
    for number, (_, held_out) in enumerate(GroupKFold(n_splits=_FOLDS).split(groups, groups, groups)):
        fold[held_out[held_out < len(tasks)]] = number
    keys, place = np.unique(np.column_stack([tasks.astype(np.float64), rows[:, 0]]), axis=0, return_inverse=True)
    place = place.ravel()
    yes, n = np.bincount(place, chance, len(keys)), np.bincount(place, minlength=len(keys))
    design = np.column_stack([keys[:, 1], np.ones(len(keys))])
    its_fold = np.zeros(len(keys), dtype=np.int64)
    its_fold[place] = fold
    scores = np.zeros(len(_PENALTIES))
    for number in range(_FOLDS):
        learns, is_held_out = its_fold != number, its_fold == number
        for at, penalty in enumerate(_PENALTIES):
            found = _newton(design[learns], yes[learns], n[learns], penalty)
            scores[at] -= _loss(design[is_held_out] @ found, yes[is_held_out], n[is_held_out]) / n[is_held_out].sum()
    return _newton(design, yes, n, float(_PENALTIES[np.argmax(scores)]))


_PENALTIES = np.logspace(-4, 4, 10)  # the library's ten: a larger one penalises less


def _newton(design: NDArray[Any], yes: NDArray[Any], n: NDArray[Any], penalty: float) -> NDArray[Any]:
    """The minimum of half the squared coefficients plus `penalty` times the log loss."""
    at = np.zeros(design.shape[1])

    def worth(coefficients: NDArray[Any]) -> float:
        return float(coefficients @ coefficients / 2 + penalty * _loss(design @ coefficients, yes, n))

    now = worth(at)
    for _ in range(100):
        chance = 1 / (1 + np.exp(-design @ at))
        slope = at + penalty * design.T @ (n * chance - yes)
        curve = np.eye(len(at)) + penalty * (design.T * (n * chance * (1 - chance))) @ design
        step = np.linalg.solve(curve, slope)
        then = worth(at - step)
        while then > now and np.abs(step).max() > 1e-12:
            step /= 2
            then = worth(at - step)
        at, now = at - step, then
        if np.abs(step).max() < 1e-10:
            break
    return at


def _loss(log_odds: NDArray[Any], yes: NDArray[Any], n: NDArray[Any]) -> float:
    return float((n * np.logaddexp(0, log_odds) - yes * log_odds).sum())


def _share(preference: float | None) -> float:
    """Return the model's share of a judgement, 0 to 1; 0 is an older way to write a draw."""
    return 0.5 if not preference else preference - 1
