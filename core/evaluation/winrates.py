"""Win rates as AlpacaEval computes them: of preferences between 1 (the reference won) and 2 (the model won).

Length-controlled here is the variant that needs no outside file: a logistic regression of the preference, taken as a
probability, on tanh of the standardised length difference and a constant for the model, its L2 penalty chosen by five
folds of instructions; then the prediction with the length term at zero. AlpacaEval's own leaderboard adds each
instruction's difficulty, which it ships as a file, so its figure differs by a little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.resampling import Interval, mean
from core.words import number_of

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


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Judgements of one model as columns: its share of each (0 to 1, nan without a verdict), the task, both lengths."""

    shares: NDArray[np.float64]
    tasks: NDArray[np.int64]
    baseline_lengths: NDArray[np.int64]
    model_lengths: NDArray[np.int64]

    @staticmethod
    def of(preferences: Sequence[Preference]) -> Verdicts:
        """Return the same judgements as columns."""
        return Verdicts(
            np.array([share(each.preference) for each in preferences], dtype=np.float64),
            np.array([each.task for each in preferences], dtype=np.int64),
            np.array([each.baseline_length for each in preferences], dtype=np.int64),
            np.array([each.model_length for each in preferences], dtype=np.int64),
        )

    def turned(self) -> Verdicts:
        """Return the same judgements from the other side."""
        return Verdicts(1 - self.shares, self.tasks, self.model_lengths, self.baseline_lengths)

    def those(self, which: NDArray[Any]) -> Verdicts:
        """Return the judgements at these places."""
        its = (self.shares, self.tasks, self.baseline_lengths, self.model_lengths)
        return Verdicts(*(column[which] for column in its))

    def __add__(self, others: Verdicts) -> Verdicts:
        return Verdicts(
            np.concatenate([self.shares, others.shares]),
            np.concatenate([self.tasks, others.tasks]),
            np.concatenate([self.baseline_lengths, others.baseline_lengths]),
            np.concatenate([self.model_lengths, others.model_lengths]),
        )

    def __len__(self) -> int:
        return len(self.shares)


def win_rate(verdicts: Verdicts) -> WinRate:
    """Return the win rate of one model against its baselines; no figure is made up where there is none."""
    told = verdicts.those(~np.isnan(verdicts.shares))
    shares, n = told.shares, len(told)
    percent = 100 * float(shares.sum()) / n if n else None
    error = None
    if n > 1 and percent is not None:
        error = 100 * sqrt(float(((shares - percent / 100) ** 2).sum()) / (n - 1)) / sqrt(n)
    controlled, why_not = length_controlled(told)
    return WinRate(
        n,
        int((shares > 0.5).sum()),
        int((shares < 0.5).sum()),
        int((shares == 0.5).sum()),
        len(verdicts) - n,
        percent,
        error,
        mean((100 * shares).tolist(), told.tasks.tolist()),
        controlled,
        why_not,
        float(verdicts.model_lengths.mean()) if len(verdicts) else None,
    )


def length_controlled(verdicts: Verdicts) -> tuple[float | None, str]:
    """Return the length-controlled win rate in percent, or None and the reason why there is none."""
    told = verdicts.those(~np.isnan(verdicts.shares))
    if len(np.unique(told.tasks)) < 2 * _FOLDS:
        return None, f"It needs judgements of at least {number_of(2 * _FOLDS, 'task')}."
    longer = (told.baseline_lengths - told.model_lengths).astype(np.float64)
    spread = longer.std(ddof=1)
    if spread == 0:
        return None, "All outputs differ in length by the same, so length explains nothing."
    chance = told.shares
    if chance.min() == chance.max() and chance[0] in (0.0, 1.0):
        return None, "One side won every time, so no regression can be fitted."
    rows = np.column_stack([np.tanh(longer / spread), np.ones(len(chance))])
    constant = float(_fitted(rows, chance, told.tasks)[1])
    return 100 / (1 + exp(-constant)), ""


def _fitted(rows: NDArray[Any], chance: NDArray[Any], tasks: NDArray[Any]) -> NDArray[Any]:
    """Fit probabilities as scikit-learn's LogisticRegressionCV does: ten penalties, log loss over folds of tasks.

    Each judgement stands once with label 1 and once with 0, weighted by its chance. Two coefficients take a few of
    Newton's steps, all folds and penalties together, and judgements of one task whose lengths differ alike are one
    row; a test holds it to the library.
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
    learns = np.array([its_fold != number for number in range(_FOLDS)])
    found = _newton(design, yes * learns[:, None, :], n * learns[:, None, :], _PENALTIES)  # folds x penalties x 2
    held_out = ~learns[:, None, :]
    losses = _loss(found @ design.T, yes * held_out, n * held_out) / (n * held_out).sum(axis=-1)
    best = _PENALTIES[np.argmin(losses.sum(axis=0))]
    whole: NDArray[Any] = _newton(design, yes, n, best)
    return whole


_PENALTIES = np.logspace(-4, 4, 10)  # the library's ten: a larger one penalises less
_STEPS, _HALVINGS = 100, 40


def _newton(design: NDArray[Any], yes: NDArray[Any], n: NDArray[Any], penalty: Any) -> NDArray[Any]:
    """The minimum of half the squared coefficients plus `penalty` times the log loss.

    For many samples and penalties at once: `yes` and `n` are ... x rows, penalties broadcast against all but the rows.
    """
    penalty = np.broadcast_to(penalty, np.broadcast_shapes(np.shape(penalty), yes.shape[:-1]))
    at = np.zeros((*penalty.shape, design.shape[1]))
    pairs = np.einsum("ri,rj->rij", design, design).reshape(len(design), -1)

    def worth(coefficients: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = (coefficients**2).sum(axis=-1) / 2 + penalty * _loss(coefficients @ design.T, yes, n)
        return found

    now = worth(at)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-at @ design.T))
        slope = at + penalty[..., None] * ((n * chance - yes) @ design)
        curve = penalty[..., None] * ((n * chance * (1 - chance)) @ pairs)
        curve = curve.reshape(*curve.shape[:-1], *[design.shape[1]] * 2) + np.eye(design.shape[1])
        step = np.linalg.solve(curve, slope[..., None])[..., 0]
        then = worth(at - step)
        for _ in range(_HALVINGS):
            if not (worse := then > now + 1e-12 * np.abs(now)).any():  # what rounding adds is no step back
                break
            step[worse] /= 2
            then = worth(at - step)
        at, now = at - step, then
        if np.abs(step).max() < 1e-10:
            break
    return at


def _loss(log_odds: NDArray[Any], yes: NDArray[Any], n: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = (n * np.logaddexp(0, log_odds) - yes * log_odds).sum(axis=-1)
    return found


def share(preference: float | None) -> float:
    """Return the model's share of a judgement, 0 to 1, nan without a verdict; 0 is an older way to write a draw."""
    if preference is None:
        return nan
    return preference - 1 if preference else 0.5
