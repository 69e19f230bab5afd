"""What several reviewers answered, folded into distinct patterns, so that resampling items costs next to nothing.

Two reviewers and four grades leave at most 25 patterns however many items there are. Drawing items with replacement is
then one multinomial draw over the patterns, and each statistic is a function of a small table of weighted sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.statistics.alpha import Floats, Scale, alpha_from_coincidences, coincidences

ABSENT = -1


@dataclass(frozen=True, slots=True)
class Panel:
    """Distinct patterns of answers and how many items show each.

    `answers`: patterns x reviewers, the class given (0 is the best) or -1; `counts`: items per pattern; only items
    with at least two answers are here. `classes`: how many classes there are.
    """

    reviewers: tuple[str, ...]
    answers: NDArray[np.int64]
    counts: NDArray[np.int64]
    classes: int

    @property
    def items(self) -> int:
        return int(self.counts.sum())

    @property
    def pairs_of_ratings(self) -> int:
        """How many pairs of ratings of one and the same item there are."""
        given = (self.answers != ABSENT).sum(axis=1)
        return int((given * (given - 1) // 2 * self.counts).sum())

    @property
    def value_counts(self) -> NDArray[np.int64]:
        """Patterns x classes: how many reviewers gave each class."""
        return np.stack([(self.answers == value).sum(axis=1) for value in range(self.classes)], axis=1)

    @property
    def classes_used(self) -> NDArray[np.int64]:
        """The classes that anybody gave, ascending."""
        return np.unique(self.answers[self.answers != ABSENT])

    def pairs(self) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
        """Yield each two reviewers who share an item, with the rows of the patterns that they share."""
        present = self.answers != ABSENT
        for first in range(len(self.reviewers)):
            for second in range(first + 1, len(self.reviewers)):
                rows = np.flatnonzero(present[:, first] & present[:, second])
                if rows.size:
                    yield first, second, rows

    def two_columns(self, first: int, second: int, rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return both reviewers' answers on the items that they share, one entry an item."""
        times = self.counts[rows]
        return np.repeat(self.answers[rows, first], times), np.repeat(self.answers[rows, second], times)


def seat(items: Iterable[Mapping[str, int]], classes: int) -> Panel:
    """Return the panel of items, each a mapping from reviewer to class; items with fewer than two answers are left out.

    The order of the items and of the reviewers in them makes no difference.
    """
    shared = [item for item in items if len(item) >= 2]
    reviewers = tuple(sorted({name for item in shared for name in item}))
    patterns = Counter(tuple(item.get(name, ABSENT) for name in reviewers) for item in shared)
    ordered = sorted(patterns)
    answers = np.array(ordered, dtype=np.int64).reshape(len(ordered), len(reviewers))
    return Panel(reviewers, answers, np.array([patterns[each] for each in ordered], dtype=np.int64), classes)


def resample(panel: Panel, seed: int, times: int) -> Floats:
    """Return `times` bootstrap samples of the items as weights: patterns x times."""
    if times == 0:
        return np.empty((len(panel.counts), 0))
    random = np.random.default_rng(seed)
    return random.multinomial(panel.items, panel.counts / panel.items, size=times).T.astype(np.float64)


def raw_shares(panel: Panel, weights: Floats) -> Floats:
    """Return, for each column of weights, the share of pairs of answers on one item that are the same."""
    given = panel.value_counts
    total = given.sum(axis=1)
    same = (given * (given - 1)).sum(axis=1) / 2
    share: Floats = (same @ weights) / ((total * (total - 1) / 2) @ weights)
    return share


def alphas(panel: Panel, weights: Floats) -> Floats:
    """Return ordinal alpha for each column of weights, NaN where one class alone was given."""
    spread = coincidences(panel.value_counts).reshape(len(panel.counts), -1)
    matrices = (weights.T @ spread).reshape(-1, panel.classes, panel.classes)
    return alpha_from_coincidences(matrices, Scale.ORDINAL)


class PairTables:
    """Each pair of reviewers' table of answers in every column of weights; counted once for all figures that ask."""

    def __init__(self, panel: Panel, weights: Floats) -> None:
        self._panel, self._weights = panel, weights

    @cached_property
    def tables(self) -> Floats:
        """Pairs x columns x classes x classes: how often they gave each two classes."""
        panel, cells = self._panel, self._panel.classes**2
        pairs = list(panel.pairs())
        gave = np.zeros((len(panel.counts), len(pairs), cells))
        for at, (first, second, rows) in enumerate(pairs):
            gave[rows, at, panel.answers[rows, first] * panel.classes + panel.answers[rows, second]] = 1
        counted = self._weights.T @ gave.reshape(len(panel.counts), -1)
        tables: Floats = counted.reshape(-1, len(pairs), panel.classes, panel.classes).swapaxes(0, 1)
        return tables


def mean_over_pairs(
    panel: Panel, weights: Floats, statistic: Callable[[Floats], Floats], counted: PairTables | None = None
) -> Floats:
    """Return, for each column of weights, the mean of `statistic` over pairs of reviewers, weighted by shared items.

    `statistic` turns tables (times x classes x classes) into figures, NaN where undefined; a pair is left out where
    it is undefined, and the mean is NaN where every pair is. `counted`: the tables of the very same panel and weights.
    """
    tables = (counted or PairTables(panel, weights)).tables
    figures = statistic(tables)
    defined = ~np.isnan(figures)
    shared = np.where(defined, tables.sum(axis=(-2, -1)), 0)
    denominator = shared.sum(axis=0)
    numerator = (np.where(defined, figures, 0) * shared).sum(axis=0)
    mean: Floats = np.divide(numerator, denominator, out=np.full(weights.shape[1], np.nan), where=denominator > 0)
    return mean


def kappas(tables: Floats) -> Floats:
    """Return Cohen's kappa of each table, NaN where both reviewers gave one and the same class throughout."""
    return _weighted_kappas(tables, 1 - np.eye(tables.shape[-1]))


def quadratic_kappas(tables: Floats) -> Floats:
    """Return the quadratic weighted kappa of each table, NaN as for `kappas`."""
    steps = np.arange(tables.shape[-1], dtype=np.float64)
    return _weighted_kappas(tables, (steps[:, None] - steps[None, :]) ** 2)


def rank_correlations(tables: Floats) -> Floats:
    """Return Spearman's correlation (ties share their middle rank) of each table, NaN where a reviewer never varies."""
    rows, columns = tables.sum(axis=-1), tables.sum(axis=-2)
    total = rows.sum(axis=-1, keepdims=True)
    down = np.cumsum(rows, axis=-1) - rows / 2 - total / 2
    across = np.cumsum(columns, axis=-1) - columns / 2 - total / 2
    covariance = (tables * down[..., :, None] * across[..., None, :]).sum(axis=(-2, -1))
    spread = (rows * down**2).sum(axis=-1) * (columns * across**2).sum(axis=-1)
    varied = (np.count_nonzero(rows, axis=-1) > 1) & (np.count_nonzero(columns, axis=-1) > 1)
    root = np.sqrt(spread)
    correlation: Floats = np.divide(covariance, root, out=np.full(root.shape, np.nan), where=varied)
    return correlation


def _weighted_kappas(tables: Floats, cost: Floats) -> Floats:
    rows, columns = tables.sum(axis=-1), tables.sum(axis=-2)
    total = rows.sum(axis=-1)
    observed = (tables * cost).sum(axis=(-2, -1)) * total
    expected = (rows[..., :, None] * columns[..., None, :] * cost).sum(axis=(-2, -1))
    ratio = np.divide(observed, expected, out=np.full(total.shape, np.nan), where=expected > 0)
    kappa: Floats = 1 - ratio
    return kappa
