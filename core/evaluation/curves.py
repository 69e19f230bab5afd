"""Scores by size and by quality of the data that models learned from, as in the papers' last figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.database import Database
from core.evaluation.grading import ModelGrades
from core.evaluation.resampling import Interval
from core.evaluation.results import GradeSheet, ScoreSheet
from core.evaluation.rows import responses
from core.records import Grade
from core.statistics.estimates import proportion

GRADE_A, GRADE_A_OR_B, ROUGE_L = "grade A", "grade A or B", "ROUGE-L"
MEASURES = (GRADE_A, GRADE_A_OR_B, ROUGE_L)
"""What a curve can show: the paper's share of grade A, the share that counts as valid, or the reference score."""


@dataclass(frozen=True, slots=True)
class Point:
    """A model on a curve: training instances, the line that it belongs to ("" where nobody said), and its figure.

    `figure`: percent of its `n` responses with Wilson's interval, or ROUGE-L with its interval over tasks.
    """

    model: str
    size: int
    quality: str
    figure: Interval
    n: int


def by_size(
    database: Database, sheet: GradeSheet | ScoreSheet, measure: str = GRADE_A
) -> Mapping[str, tuple[Point, ...]]:
    """Return the models with a known size on lines by quality, the smallest first."""
    lines: dict[str, list[Point]] = {}
    for point in _points(database, sheet, measure):
        if point.size:
            lines.setdefault(point.quality, []).append(point)
    return {quality: tuple(sorted(its, key=lambda point: point.size)) for quality, its in lines.items()}


def by_quality(database: Database, sheet: GradeSheet | ScoreSheet, measure: str = GRADE_A) -> tuple[Point, ...]:
    """Return the models whose line somebody named, the best first: at one size, quality is what tells them apart."""
    found = [point for point in _points(database, sheet, measure) if point.quality]
    return tuple(sorted(found, key=lambda point: (-(point.figure.value or 0.0), point.model)))


def _points(database: Database, sheet: GradeSheet | ScoreSheet, measure: str) -> list[Point]:
    with database.read() as c:
        known = {model.name: model for model in responses.models(c)}
    figures: dict[str, tuple[Interval, int]]
    if isinstance(sheet, ScoreSheet):
        figures = {name: (each.overall.rouge_l, each.overall.n) for name, each in sheet.models.items()}
    else:
        share = _SHARES[measure]
        figures = {each.model: (_percent(share(each), each.n), each.n) for each in sheet.models}
    return [
        Point(name, known[name].size or 0, known[name].quality, figure, n)
        for name, (figure, n) in figures.items()
        if n and name in known
    ]


def _percent(yes: int, n: int) -> Interval:
    share = proportion(yes, n)
    return Interval(share.percent, share.low, share.high)


_SHARES: Mapping[str, Callable[[ModelGrades], int]] = {
    GRADE_A: lambda each: each.counts[Grade.A],
    GRADE_A_OR_B: lambda each: each.counts[Grade.A] + each.counts[Grade.B],
}
