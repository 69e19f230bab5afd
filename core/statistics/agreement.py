"""How far reviewers agree: each figure with its n, its interval, the paper's figure and what it means in plain words.

Self-Instruct (section 4.3 and appendix) reports Cohen's kappa on the four grades and on A, B against C, D, and
Spearman's correlation, for two raters. Krippendorff's alpha on the ordered grades leads here: it takes any number of
reviewers and does not mind who skipped what.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.records import Grade, Rating
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

PAPER = {"cohen_kappa": (0.57, 0.58), "cohen_kappa_valid": (0.75,), "spearman": (0.81,)}

_GRADES = tuple(Grade)
_RESAMPLES = 2000
_SEED = 20221220
_FEWEST_FOR_AN_INTERVAL = 10


@dataclass(frozen=True, slots=True)
class Agreement:
    """All figures for one set of ratings. `n`: items graded by two or more of `reviewers`."""

    n: int
    reviewers: tuple[str, ...]
    raw: Figure
    krippendorff_alpha: Figure
    weighted_kappa: Figure
    cohen_kappa: Figure
    cohen_kappa_valid: Figure
    spearman: Figure

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure in the order in which a page shows them."""
        return (
            self.raw,
            self.krippendorff_alpha,
            self.weighted_kappa,
            self.cohen_kappa,
            self.cohen_kappa_valid,
            self.spearman,
        )

    def as_json(self) -> dict[str, Any]:
        """Return {n, raw, ...: value or null} with `intervals`, `counts` and `undefined` (the reasons) by
        figure, and how many pairs of ratings the raw agreement is a mean over."""
        return {
            "n": self.n,
            **{figure.key: figure.value for figure in self.figures},
            "intervals": {f.key: None if f.low is None else [f.low, f.high] for f in self.figures},
            "counts": {figure.key: figure.n for figure in self.figures},
            "pairs_of_ratings": self.raw.compared,
            "undefined": {f.key: f.undefined_because for f in self.figures if f.undefined_because},
        }


def agreement(ratings: Iterable[Rating], seed: int = _SEED) -> Agreement:
    """Return the agreement of all reviewers on the texts that two or more of them graded.

    Only ratings of the very same text are compared, and a reviewer's latest one of a text counts. A rating without a
    grade still counts for A, B against C, D where it says valid or invalid. `seed` is the bootstrap's.
    """
    graded: dict[tuple[int, str], dict[str, Grade]] = {}
    judged: dict[tuple[int, str], dict[str, bool]] = {}
    for rating in latest(ratings):
        text = (rating.instance_id, rating.text_hash)
        if rating.grade is not None:
            graded.setdefault(text, {})[rating.reviewer] = rating.grade
        valid = validity(rating)
        if valid is not None:
            judged.setdefault(text, {})[rating.reviewer] = valid
    return agreement_on(graded.values(), judged.values(), seed)


def agreement_on(
    graded: Iterable[Mapping[str, Grade]], judged: Iterable[Mapping[str, bool]] | None = None, seed: int = _SEED
) -> Agreement:
    """Return the agreement on items given as mappings from reviewer to grade, and to valid or not.

    Without `judged`, A and B count as valid.
    """
    items = list(graded)
    valid = list(judged) if judged is not None else [{who: g.is_valid for who, g in item.items()} for item in items]
    grades = seat(({who: _GRADES.index(grade) for who, grade in item.items()} for item in items), len(_GRADES))
    halves = seat(({who: int(not fine) for who, fine in item.items()} for item in valid), 2)
    again = _resamples(grades, seed)
    tables = PairTables(grades, again)  # three figures ask for the same
    quadratic = partial(_kappa, weights="quadratic")
    return Agreement(
        n=grades.items,
        reviewers=grades.reviewers if grades.items else halves.reviewers,
        raw=_raw(grades, again),
        krippendorff_alpha=_alpha(grades, again),
        weighted_kappa=_over_pairs("weighted_kappa", grades, again, quadratic, quadratic_kappas, tables),
        cohen_kappa=_over_pairs("cohen_kappa", grades, again, _kappa, kappas, tables),
        cohen_kappa_valid=_over_pairs("cohen_kappa_valid", halves, _resamples(halves, seed), _kappa, kappas),
        spearman=_over_pairs("spearman", grades, again, _spearman, rank_correlations, tables),
    )


def latest(ratings: Iterable[Rating]) -> list[Rating]:
    """Return each reviewer's last rating of each text, in order of time."""
    last: dict[tuple[int, str, str], Rating] = {}
    for rating in sorted(ratings, key=lambda each: (each.at, each.id)):
        last[(rating.instance_id, rating.text_hash, rating.reviewer)] = rating
    return sorted(last.values(), key=lambda each: (each.at, each.id))


def validity(rating: Rating) -> bool | None:
    """Return whether a rating calls its text valid: by its grade, else by its yes or no, else None."""
    return rating.grade.is_valid if rating.grade is not None else rating.valid


def _resamples(panel: Panel, seed: int) -> Floats:
    times = _RESAMPLES if panel.items >= _FEWEST_FOR_AN_INTERVAL else 0
    return resample(panel, seed, times)


def _raw(panel: Panel, again: Floats) -> Figure:
    def value() -> tuple[float | None, int, int]:
        return float(raw_shares(panel, _once(panel))[0]), _pairs(panel), 0

    figure = _figure("raw", panel, again, value, partial(raw_shares, panel))
    if figure.value is not None and (figure.pairs == 1 or figure.value in (0.0, 1.0)):
        # With one pair it is a plain share of items; and where all agree, a bootstrap sees no doubt at all.
        from statsmodels.stats.proportion import proportion_confint

        low, high = proportion_confint(round(figure.value * figure.n), figure.n, method="wilson")
        # Wilson's bounds miss 0 and 1 by a rounding where all agree or none do.
        low, high = min(float(low), figure.value), max(float(high), figure.value)
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
    figure = Figure(key, wording.FIGURES[key], panel.items, None, paper=PAPER.get(key, ()))
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
