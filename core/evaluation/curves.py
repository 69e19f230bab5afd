"""Scores by size and by quality of the data that models learned from, as in the papers' last figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.database import Database
from core.evaluation.results import GradeSheet
from core.evaluation.rows import responses
from core.records import Grade
from core.statistics.estimates import Proportion, proportion


@dataclass(frozen=True, slots=True)
class Point:
    """A model on a curve: training instances, and the share of its responses graded A with Wilson's interval."""

    model: str
    size: int
    graded_a: Proportion


def by_size(database: Database, sheet: GradeSheet) -> Mapping[str, tuple[Point, ...]]:
    """Return the models with a known size on lines by quality ("" where nobody said), the smallest first."""
    with database.read() as c:
        known = {model.name: model for model in responses.models(c)}
    lines: dict[str, list[Point]] = {}
    for each in sheet.models:
        model = known.get(each.model)
        if model is not None and model.size and each.n:
            point = Point(each.model, model.size, proportion(each.counts[Grade.A], each.n))
            lines.setdefault(model.quality, []).append(point)
    return {quality: tuple(sorted(its, key=lambda point: point.size)) for quality, its in lines.items()}
