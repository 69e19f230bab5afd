"""People's grades of models' responses: counts, valid shares, paired differences, agreement, drift.

A response that several people graded counts once: the last word where there is one, else the median grade, the stricter
of the two middle ones where they differ, which for two raters is the rule of audits.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from core.evaluation.resampling import FEWEST, Interval, bounded, mean, means, totals, weights
from core.records import Grade
from core.statistics.agreement import Agreement, agreement_on
from core.statistics.estimates import Proportion, proportion
from core.statistics.holm import holm
from core.words import number_of

_GRADES = tuple(Grade)
_POINTS = {grade: len(_GRADES) - at for at, grade in enumerate(_GRADES)}  # A 4 to D 1
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Graded:
    """One rater's grade of one model's response. `cluster`: what the task shares with others, None for its own."""

    model: str
    task: int
    reviewer: str
    grade: Grade
    at: float = 0.0
    cluster: Hashable = None

    @property
    def shares(self) -> Hashable:
        return self.task if self.cluster is None else self.cluster


@dataclass(frozen=True, slots=True)
class ModelGrades:
    """A model's responses by settled grade. `valid`: A or B with Wilson's interval; `ratings` of all raters."""

    model: str
    n: int
    ratings: int
    counts: Mapping[Grade, int]
    valid: Proportion


@dataclass(frozen=True, slots=True)
class GradeDifference:
    """Two models on the tasks on which both are graded: `a` minus `b`, with p values as they are and after Holm.

    `valid`: percentage points; `grade`: mean steps on the scale A to D; both with intervals that resample tasks.
    """

    a: str
    b: str
    n: int
    valid: Interval
    grade: Interval
    valid_p: float | None
    grade_p: float | None
    valid_holm: float | None
    grade_holm: float | None
    meaning: str

    @property
    def is_tied(self) -> bool:
        """Whether neither figure tells the two apart after Holm's correction."""
        return all(p is None or p >= ALPHA for p in (self.valid_holm, self.grade_holm))


@dataclass(frozen=True, slots=True)
class Drift:
    """A rater over time: mean grade points (A 4 to D 1) of their first and second half, and against the other raters.

    `against_others`: how much higher they grade than the others do on the same responses; None where nobody else did.
    """

    reviewer: str
    n: int
    first_half: float
    second_half: float
    change: Interval
    against_others: Interval

    @property
    def drifts(self) -> bool:
        """Whether the interval of the change leaves out zero."""
        return self.change.low is not None and not self.change.low <= 0 <= (self.change.high or 0)


def settled(grades: Iterable[Grade]) -> Grade:
    """Return the median grade, the stricter of the two middle ones where they differ."""
    places = sorted(_GRADES.index(grade) for grade in grades)
    return _GRADES[places[len(places) // 2]]


def by_model(
    graded: Sequence[Graded], last_words: Mapping[tuple[str, int], Grade] | None = None
) -> tuple[ModelGrades, ...]:
    """Return each model's grades, the most valid responses first."""
    settled_by = _settled(graded, last_words or {})
    ratings: dict[str, int] = {}
    for each in graded:
        ratings[each.model] = ratings.get(each.model, 0) + 1
    clusters = {(each.model, each.task): each.shares for each in graded}
    found = []
    for model in _best_first(settled_by):
        count = ratings[model]
        mine = {task: grade for (of, task), grade in settled_by.items() if of == model}
        counts = {grade: sum(each is grade for each in mine.values()) for grade in _GRADES}
        valid = _share(list(mine.values()), [clusters[(model, task)] for task in mine])
        found.append(ModelGrades(model, len(mine), count, counts, valid))
    return tuple(found)


def _best_first(settled_by: Mapping[tuple[str, int], Grade]) -> list[str]:
    """The models by the share of valid responses, then by mean grade: the order of ratings is that of a blind draw."""
    mine: dict[str, list[int]] = {}
    for (model, _), grade in settled_by.items():
        mine.setdefault(model, []).append(_POINTS[grade])
    valid = _POINTS[Grade.B]

    def rank(model: str) -> tuple[float, float, str]:
        points = mine[model]
        return -sum(each >= valid for each in points) / len(points), -sum(points) / len(points), model

    return sorted(mine, key=rank)


def differences(
    graded: Sequence[Graded], last_words: Mapping[tuple[str, int], Grade] | None = None
) -> tuple[GradeDifference, ...]:
    """Return every pair of models compared on the tasks that both were graded on, Holm's correction over the pairs."""
    settled_by = _settled(graded, last_words or {})
    points = mean_points(graded, last_words or {})
    clusters = {each.task: each.shares for each in graded}
    models = _best_first(settled_by)
    found = [_both(a, b, settled_by, points, clusters) for a, b in combinations(models, 2)]
    means = _means(found)
    pairs = [_difference(each, *its) for each, its in zip(found, means, strict=True)]
    valid = holm([pair.valid_p for pair in pairs])
    grade = holm([pair.grade_p for pair in pairs])
    return tuple(_corrected(*each) for each in zip(pairs, valid, grade, strict=True))


def agreement_of(graded: Iterable[Graded]) -> Agreement:
    """Return the raters' agreement, each response an item, with the figures that audits have."""
    items: dict[tuple[str, int], dict[str, Grade]] = {}
    for each in graded:
        items.setdefault((each.model, each.task), {})[each.reviewer] = each.grade
    return agreement_on(items.values())


def drift(graded: Sequence[Graded]) -> tuple[Drift, ...]:
    """Return each rater's drift, by name."""
    by_response: dict[tuple[str, int], list[int]] = {}  # [points of all raters, how many]
    for each in graded:
        its = by_response.setdefault((each.model, each.task), [0, 0])
        its[0] += _POINTS[each.grade]
        its[1] += 1
    found = []
    for reviewer in sorted({each.reviewer for each in graded}):
        mine = sorted((each for each in graded if each.reviewer == reviewer), key=lambda each: each.at)
        half = len(mine) // 2
        early, late = mine[:half], mine[half:]
        apart = []
        for each in mine:
            points, raters = by_response[(each.model, each.task)]
            if raters > 1:
                others = (points - _POINTS[each.grade]) / (raters - 1)
                apart.append((_POINTS[each.grade] - others, each.shares))
        found.append(
            Drift(
                reviewer,
                len(mine),
                _points_mean(early or mine),
                _points_mean(late),
                _change(early, late),
                mean([value for value, _ in apart], [task for _, task in apart]),
            )
        )
    return tuple(found)


def _settled(graded: Iterable[Graded], last: Mapping[tuple[str, int], Grade]) -> dict[tuple[str, int], Grade]:
    given: dict[tuple[str, int], list[Grade]] = {}
    for each in graded:
        given.setdefault((each.model, each.task), []).append(each.grade)
    return {response: last.get(response) or settled(grades) for response, grades in given.items()}


def failed(graded: Iterable[Graded], last: Mapping[tuple[str, int], Grade], model: str) -> list[int]:
    """Return the tasks on which a model's response is settled as C or D, the worst first."""
    settled_by = _settled(graded, last)
    bad = [(grade, task) for (of, task), grade in settled_by.items() if of == model and not grade.is_valid]
    return [task for _, task in sorted(bad, key=lambda each: (-_GRADES.index(each[0]), each[1]))]


def mean_points(graded: Iterable[Graded], last: Mapping[tuple[str, int], Grade]) -> dict[tuple[str, int], float]:
    """Return each response's mean grade points over raters (A 4 to D 1), the last word's where there is one."""
    given: dict[tuple[str, int], list[int]] = {}
    for each in graded:
        given.setdefault((each.model, each.task), []).append(_POINTS[each.grade])
    return {
        response: float(_POINTS[last[response]]) if response in last else sum(points) / len(points)
        for response, points in given.items()
    }


def _share(grades: Sequence[Grade], clusters: Sequence[Hashable]) -> Proportion:
    """Wilson's interval where each response has a task of its own, else one that resamples tasks."""
    told = proportion(sum(grade.is_valid for grade in grades), len(grades))
    if len(set(clusters)) == len(clusters):
        return told
    drawn = mean([100.0 * grade.is_valid for grade in grades], clusters)
    return Proportion(told.yes, told.n, told.percent, drawn.low, drawn.high)


@dataclass(frozen=True, slots=True)
class _Both:
    """Two models on the tasks that both were graded on: `valid` in percentage points, `steps` of the scale."""

    a: str
    b: str
    valid: Sequence[float]
    steps: Sequence[float]
    shares: tuple[Hashable, ...]


def _both(
    a: str,
    b: str,
    settled_by: Mapping[tuple[str, int], Grade],
    points: Mapping[tuple[str, int], float],
    clusters: Mapping[int, Hashable],
) -> _Both:
    tasks = [task for (model, task) in settled_by if model == a and (b, task) in settled_by]
    valid = [100.0 * (settled_by[(a, task)].is_valid - settled_by[(b, task)].is_valid) for task in tasks]
    steps = [points[(a, task)] - points[(b, task)] for task in tasks]
    return _Both(a, b, valid, steps, tuple(clusters[task] for task in tasks))


def _means(pairs: Sequence[_Both]) -> list[tuple[Interval, Interval]]:
    """The two means of each pair; pairs on the very same tasks are resampled together."""
    together: dict[tuple[Hashable, ...], list[int]] = {}
    for at, pair in enumerate(pairs):
        together.setdefault(pair.shares, []).append(at)
    found = [(Interval(None), Interval(None))] * len(pairs)
    for shares, places in together.items():
        if shares:
            told = means([values for at in places for values in (pairs[at].valid, pairs[at].steps)], shares)
            for at, valid, steps in zip(places, told[::2], told[1::2], strict=True):
                found[at] = (valid, steps)
    return found


def _difference(pair: _Both, valid: Interval, steps: Interval) -> GradeDifference:
    n, shares = len(pair.shares), pair.shares
    if not n:
        return GradeDifference(pair.a, pair.b, 0, valid, steps, None, None, None, None, "")
    independent = len(set(shares)) == n
    valid_p = _mcnemar(pair.valid) if independent else _resampled_p(pair.valid, shares)
    grade_p = _wilcoxon(pair.steps) if independent else _resampled_p(pair.steps, shares)
    return GradeDifference(pair.a, pair.b, n, valid, steps, valid_p, grade_p, None, None, "")


def _mcnemar(differences: Sequence[float]) -> float:
    """The exact test on the tasks on which one model alone is valid."""
    from statsmodels.stats.contingency_tables import mcnemar

    only_a, only_b = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
    return float(mcnemar([[0, only_a], [only_b, 0]], exact=True).pvalue) if only_a + only_b else 1.0


def _wilcoxon(steps: Sequence[float]) -> float:
    from scipy.stats import wilcoxon

    return float(wilcoxon(steps).pvalue) if any(steps) else 1.0


def _resampled_p(values: Sequence[float], clusters: Sequence[Hashable]) -> float | None:
    """Two-sided: twice the smaller share of resamples of tasks on the other side of zero."""
    sums, counts = totals(values, clusters)
    if len(sums) < FEWEST:
        return None
    again = weights(len(sums))
    drawn = (again @ sums) / (again @ counts)
    tail = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (tail + 1) / (len(drawn) + 1))


def _corrected(pair: GradeDifference, valid: float | None, grade: float | None) -> GradeDifference:
    pair = replace(pair, valid_holm=valid, grade_holm=grade)
    return replace(pair, meaning=_meaning(pair))


def _meaning(pair: GradeDifference) -> str:
    if not pair.n:
        return "No task has a grade for both, so there is nothing to compare."
    if pair.is_tied:
        return f"Tied: {number_of(pair.n, 'task', 'do')} not tell the two apart."
    told = []
    if pair.valid_holm is not None and pair.valid_holm < ALPHA and pair.valid.value is not None:
        told.append(f"{abs(pair.valid.value):.0f} points more valid responses")
    if pair.grade_holm is not None and pair.grade_holm < ALPHA and pair.grade.value is not None:
        told.append(f"grades {abs(pair.grade.value):.2f} steps better")
    leads = pair.valid.value if (pair.valid_holm or 1) < ALPHA else pair.grade.value
    return f"{pair.a if (leads or 0) > 0 else pair.b} leads: {' and '.join(told)}."


def _points_mean(graded: Sequence[Graded]) -> float:
    return sum(_POINTS[each.grade] for each in graded) / len(graded)


def _change(early: Sequence[Graded], late: Sequence[Graded]) -> Interval:
    """Second half minus first, resampling the ratings of each half; what was rated differs, so only a hint."""
    if len(early) < FEWEST or len(late) < FEWEST:
        return Interval(_points_mean(late) - _points_mean(early)) if early and late else Interval(None)
    first = np.array([_POINTS[each.grade] for each in early], dtype=np.float64)
    second = np.array([_POINTS[each.grade] for each in late], dtype=np.float64)
    drawn = weights(len(second)) @ second / len(second) - weights(len(first), seed=1) @ first / len(first)
    return bounded(float(second.mean() - first.mean()), drawn)
