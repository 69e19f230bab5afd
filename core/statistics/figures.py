"""The figures of agreement and their bootstrap, on panels of reviewers: arrays, and libraries slow to load."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.records import Grade
from core.statistics import wording
from core.statistics.alpha import Floats, krippendorff_alpha
from core.statistics.figure import Figure
from core.statistics.panel import (
    PairTables,
    Panel,
    alphas,
    kappas,
    mean_over_pairs,
    quadratic_kappas,
    rank_correlations,
    raw_shares,
    resample,
    seat,
)
from core.statistics.wilson import wilson

_GRADES = tuple(Grade)
_RESAMPLES = 2000
_FEWEST_FOR_AN_INTERVAL = 10


def figures(
    graded: Iterable[Mapping[str, Grade]], judged: Iterable[Mapping[str, bool]], seed: int
) -> tuple[int, tuple[str, ...], Figure, Figure, Figure, Figure, Figure, Figure]:
    """Return the items graded by two or more, who graded them, and the figures in the order of `wording.FIGURES`."""
    grades = seat(({who: _GRADES.index(grade) for who, grade in item.items()} for item in graded), len(_GRADES))
    halves = seat(({who: int(not fine) for who, fine in item.items()} for item in judged), 2)
    again = _resamples(grades, seed)
    tables = PairTables(grades, again)  # three figures ask for the same
    quadratic = partial(_kappa, weights="quadratic")
    found = (
        _raw(grades, again),
        _alpha(grades, again),
        _over_pairs("weighted_kappa", grades, again, quadratic, quadratic_kappas, tables),
        _over_pairs("cohen_kappa", grades, again, _kappa, kappas, tables),
        _over_pairs("cohen_kappa_valid", halves, _resamples(halves, seed), _kappa, kappas),
        _over_pairs("spearman", grades, again, _spearman, rank_correlations, tables),
    )
    return grades.items, grades.reviewers if grades.items else halves.reviewers, *found


def _resamples(panel: Panel, seed: int) -> Floats:
    times = _RESAMPLES if panel.items >= _FEWEST_FOR_AN_INTERVAL else 0
    return resample(panel, seed, times)


def _raw(panel: Panel, again: Floats) -> Figure:
    def value() -> tuple[float | None, int, int]:
        return float(raw_shares(panel, _once(panel))[0]), _pairs(panel), 0

    figure = _figure("raw", panel, again, value, partial(raw_shares, panel))
    if figure.value is not None and (figure.pairs == 1 or figure.value in (0.0, 1.0)):
        # With one pair it is a plain share of items; and where all agree, a bootstrap sees no doubt at all.
        low, high = wilson(figure.value, figure.n)
        figure = replace(figure, low=low, high=high, no_interval_because=None)
    return _worded(replace(figure, compared=panel.pairs_of_ratings), panel)


def _alpha(panel: Panel, again: Floats) -> Figure:
    def value() -> tuple[float | None, int, int]:
        counts = np.repeat(panel.value_counts, panel.counts, axis=0)
        return krippendorff_alpha(counts), _pairs(panel), 0

    return _worded(_figure("krippendorff_alpha", panel, again, value, partial(alphas, panel)), panel)


def _over_pairs(
    key: str,
    panel: Panel,
    again: Floats,
    of_pair: Callable[[NDArray[Any], NDArray[Any]], float | None],
    of_tables: Callable[[Floats], Floats],
    counted: PairTables | None = None,
) -> Figure:
    """Return a two-reviewer figure: the library's value, the mean over pairs weighted by shared items where more."""

    def value() -> tuple[float | None, int, int]:
        found = []
        pairs = 0
        for first, second, rows in panel.pairs():
            pairs += 1
            mine, theirs = panel.two_columns(first, second, rows)
            figure = of_pair(mine, theirs)
            if figure is not None:
                found.append((figure, len(mine)))
        if not found:
            return None, pairs, pairs
        shared = sum(n for _, n in found)
        return sum(figure * n for figure, n in found) / shared, pairs, pairs - len(found)

    def replicates(weights: Floats) -> Floats:
        return mean_over_pairs(panel, weights, of_tables, counted)

    return _worded(_figure(key, panel, again, value, replicates), panel)


def _figure(
    key: str,
    panel: Panel,
    again: Floats,
    compute: Callable[[], tuple[float | None, int, int]],
    replicates: Callable[[Floats], Floats],
) -> Figure:
    figure = Figure(key, wording.FIGURES[key], panel.items, None, paper=wording.PAPER.get(key, ()))
    if panel.items < 2:
        return replace(figure, undefined_because=wording.too_few(panel.items))
    value, pairs, skipped = compute()
    figure = replace(figure, value=value, pairs=pairs, skipped=skipped)
    if value is None:
        return replace(figure, undefined_because=wording.no_variation(key, panel))
    if panel.items < _FEWEST_FOR_AN_INTERVAL:
        return replace(figure, no_interval_because=wording.too_few_to_resample(panel.items, _FEWEST_FOR_AN_INTERVAL))
    drawn = replicates(again)
    defined = drawn[~np.isnan(drawn)]
    if defined.size < 0.95 * _RESAMPLES:
        return replace(figure, no_interval_because=wording.often_undefined(1 - defined.size / _RESAMPLES))
    if np.ptp(defined) < 1e-12:
        return replace(figure, no_interval_because=wording.never_varies(value, panel.items))
    low, high = np.quantile(defined, [0.025, 0.975])
    # The percentile interval of a skewed figure can miss the figure itself by a hair.
    return replace(figure, low=min(float(low), value), high=max(float(high), value))


def _worded(figure: Figure, panel: Panel) -> Figure:
    return replace(figure, meaning=wording.meaning(figure, len(panel.reviewers)))


def _kappa(mine: NDArray[Any], theirs: NDArray[Any], weights: str | None = None) -> float | None:
    from sklearn.metrics import cohen_kappa_score

    if np.array_equal(np.unique(mine), np.unique(theirs)) and len(np.unique(mine)) == 1:
        return None
    return float(cohen_kappa_score(mine, theirs, labels=list(range(len(_GRADES))), weights=weights))


def _spearman(mine: NDArray[Any], theirs: NDArray[Any]) -> float | None:
    from scipy.stats import spearmanr

    if len(np.unique(mine)) == 1 or len(np.unique(theirs)) == 1:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the p-value of a perfect or tiny ranking, which is not used
        return float(spearmanr(mine, theirs).statistic)


def _once(panel: Panel) -> Floats:
    return panel.counts[:, None].astype(np.float64)


def _pairs(panel: Panel) -> int:
    return sum(1 for _ in panel.pairs())
