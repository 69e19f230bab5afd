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
    told = [(each, _share(each.preference)) for each in preferences if each.preference is not None]
    shares = [share for _, share in told]
    n = len(shares)
    percent = 100 * sum(shares) / n if n else None
    error = None
    if n > 1 and percent is not None:
        error = 100 * sqrt(sum((share - percent / 100) ** 2 for share in shares) / (n - 1)) / sqrt(n)
    over_tasks = mean([100 * share for share in shares], [each.task for each, _ in told])
    controlled, why_not = length_controlled([each for each, _ in told])
    return WinRate(
        n,
        sum(share > 0.5 for share in shares),
        sum(share < 0.5 for share in shares),
        sum(share == 0.5 for share in shares),
        len(preferences) - n,
        percent,
        error,
        over_tasks,
        controlled,
        why_not,
        sum(each.model_length for each in preferences) / len(preferences) if preferences else None,
    )


def length_controlled(preferences: Sequence[Preference]) -> tuple[float | None, str]:
    """Return the length-controlled win rate in percent, or None and the reason why there is none."""
    told = sorted((each for each in preferences if each.preference is not None), key=lambda each: each.task)
    tasks = len({each.task for each in told})
    if tasks < 2 * _FOLDS:
        return None, f"It needs judgements of at least {2 * _FOLDS} tasks."
    longer = np.array([each.baseline_length - each.model_length for each in told], dtype=np.float64)
    spread = longer.std(ddof=1)
    if spread == 0:
        return None, "All outputs differ in length by the same, so length explains nothing."
    rows = np.column_stack([np.tanh(longer / spread), np.ones(len(told))])
    chance = np.array([_share(each.preference) for each in told])
    if chance.min() == chance.max() and chance[0] in (0.0, 1.0):
        return None, "One side won every time, so no regression can be fitted."
    constant = float(_fitted(rows, chance, np.array([each.task for each in told]))[1])
    return 100 / (1 + exp(-constant)), ""


def _fitted(rows: NDArray[Any], chance: NDArray[Any], tasks: NDArray[Any]) -> NDArray[Any]:
    """Fit probabilities: each row stands once with label 1 and once with 0, weighted by its chance; folds by task."""
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.model_selection import GroupKFold

    twice = np.vstack([rows, rows])
    labels = np.repeat([1, 0], len(rows))
    weights = np.concatenate([chance, 1 - chance])
    groups = np.concatenate([tasks, tasks])
    model = LogisticRegressionCV(
        Cs=10,
        cv=list(GroupKFold(n_splits=_FOLDS).split(twice, labels, groups)),
        scoring="neg_log_loss",
        fit_intercept=False,
        max_iter=1000,
        l1_ratios=(0,),
        use_legacy_attributes=False,
    )
    model.fit(twice, labels, sample_weight=weights)
    coefficients: NDArray[Any] = np.ravel(model.coef_)
    return coefficients


def _share(preference: float | None) -> float:
    """Return the model's share of a judgement, 0 to 1; 0 is an older way to write a draw."""
    return 0.5 if not preference else preference - 1
