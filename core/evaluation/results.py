"""What a set's blind rounds and references say of its models. Acts: page, verb, report and download all come here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database import Database
from core.evaluation import grading, strength
from core.evaluation.blindness import enter, owing
from core.evaluation.grading import Drift, GradeDifference, ModelGrades
from core.evaluation.judged import Judgements, judgements
from core.evaluation.resampling import Interval
from core.evaluation.rows import preferences, responses, rounds, seats, sets
from core.evaluation.scores import Scorable, Scores, scored
from core.evaluation.strength import Ranking, Tally
from core.evaluation.words import EvaluationSet, StillRating
from core.records import Grade
from core.statistics.agreement import Agreement

_APART = 50  # items where models differ most, that a sheet lists


@dataclass(frozen=True, slots=True)
class Apart:
    """A task on which models differ: each one's mean grade points (A 4 to D 1), and the distance of best and worst."""

    task_id: int
    position: int
    instruction: str
    points: Mapping[str, float]
    distance: float


@dataclass(frozen=True, slots=True)
class GradeSheet:
    """What people's grades say. `variants`: how many models were ever rated blind in this database, of any set."""

    set_name: str
    raters: tuple[str, ...]
    late: Mapping[str, int]
    models: tuple[ModelGrades, ...]
    differences: tuple[GradeDifference, ...]
    agreement: Agreement | None
    disputed: int
    drift: tuple[Drift, ...]
    ranking: Ranking
    matrix: Mapping[tuple[str, str], Tally]
    apart: tuple[Apart, ...]
    variants: int

    def as_json(self) -> dict[str, Any]:
        """Return {models, agreement, differences, ...} with plain numbers, shares in percent."""
        return {
            "set": self.set_name,
            "raters": list(self.raters),
            "after_looking": dict(self.late),
            "models": {each.model: _grades_json(each) for each in self.models},
            "agreement": self.agreement.as_json() if self.agreement else None,
            "differences": [_difference_json(each) for each in self.differences],
            "strength": {
                each.model: {"percent": each.percent.value, "low": each.percent.low, "high": each.percent.high}
                for each in self.ranking.strengths
            },
            "strength_undefined": self.ranking.undefined_because or None,
            "drift": [
                {"reviewer": d.reviewer, "n": d.n, "change": d.change.value, "low": d.change.low, "high": d.change.high}
                for d in self.drift
            ],
            "variants_rated": self.variants,
        }


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """Reference scores of every model that answered the set."""

    set_name: str
    models: Mapping[str, Scores]

    def as_json(self) -> dict[str, Any]:
        """Return {models: {name: {n, rouge_l, rouge_l_low, rouge_l_high, exact_match, empty, ...}}}."""
        return {
            "set": self.set_name,
            "models": {
                name: {
                    **_score_json(each.overall),
                    "empty_because": dict(each.why_empty),
                    "unscored": each.unscored,
                    "by_category": {row.name: _score_json(row) for row in each.by_category},
                    "by_task": {row.name: _score_json(row) for row in each.by_task} if _grouped(each) else {},
                }
                for name, each in self.models.items()
            },
        }


def grades(database: Database, set_name: str, reader: str) -> GradeSheet | StillRating:
    """Return what people's grades say, and note that the reader knows; StillRating while they owe judgements."""
    of = enter(database, set_name, reader)
    if isinstance(of, StillRating):
        return of
    with database.read() as c:
        found = judgements(c, of)
        variants = _variants(c)
    return _sheet(database, of, found, variants)


def version(database: Database, set_name: str, reader: str) -> tuple[int, ...] | StillRating:
    """Return numbers that change with whatever results rest on, for whoever keeps them, and note that the reader knows.

    StillRating while the reader owes judgements: ask this before results that were kept are shown.
    """
    of = enter(database, set_name, reader)
    if isinstance(of, StillRating):
        return of
    with database.read() as c:
        return (
            of.id,
            seats.newest(c, of.id),
            responses.newest(c, of.id),
            preferences.newest(c, of.id),
            rounds.newest(c),
        )


def state_for(database: Database, set_name: str, reader: str) -> int | StillRating:
    """Return a number that changes with the set's responses, for whoever keeps scores; StillRating while owing."""
    with database.read() as c:
        of = sets.get(c, set_name)
        return owing(c, of, reader) or responses.newest(c, of.id)


def scores(database: Database, set_name: str, reader: str, models: Sequence[str] = ()) -> ScoreSheet | StillRating:
    """Return ROUGE-L and exact match of every model that answered (or of `models`); StillRating while owing."""
    with database.read() as c:
        of = sets.get(c, set_name)
        owed = owing(c, of, reader)
        if owed is not None:
            return owed
        ids = [responses.model(c, name).id for name in models] if models else None
        tasks = {task.id: task for task in sets.tasks_of(c, of.id)}
        by_model: dict[str, list[Scorable]] = {}
        for each in responses.of_set(c, of.id, ids):
            task = tasks[each.task_id]
            why = each.why_empty
            answer = Scorable("" if why else each.text, task.references, task.cluster, task.category, why)
            by_model.setdefault(each.model, []).append(answer)
    return ScoreSheet(of.name, {name: scored(answers) for name, answers in by_model.items()})


def _sheet(database: Database, of: EvaluationSet, found: Judgements, variants: int) -> GradeSheet:
    by_response: dict[tuple[str, int], set[Grade]] = {}
    raters: dict[tuple[str, int], int] = {}
    for each in found.graded:
        by_response.setdefault((each.model, each.task), set()).add(each.grade)
        raters[(each.model, each.task)] = raters.get((each.model, each.task), 0) + 1
    return GradeSheet(
        of.name,
        found.raters,
        found.late,
        grading.by_model(found.graded, found.last_words),
        grading.differences(found.graded, found.last_words),
        grading.agreement_of(found.graded) if max(raters.values(), default=0) > 1 else None,
        sum(len(given) > 1 for given in by_response.values()),
        grading.drift(found.graded),
        strength.ranking(found.duels),
        strength.matrix(found.duels),
        _apart(database, of, found),
        variants,
    )


def _apart(database: Database, of: EvaluationSet, found: Judgements) -> tuple[Apart, ...]:
    by_task: dict[int, dict[str, float]] = {}
    for (model, task), points in grading.mean_points(found.graded, found.last_words).items():
        by_task.setdefault(task, {})[model] = points
    spread = [(max(p.values()) - min(p.values()), task) for task, p in by_task.items() if len(p) > 1]
    chosen = sorted((each for each in spread if each[0] > 0), key=lambda each: (-each[0], each[1]))[:_APART]
    with database.read() as c:
        tasks = {task: sets.task(c, task) for _, task in chosen}
    return tuple(
        Apart(task, tasks[task].position, tasks[task].instruction, by_task[task], distance) for distance, task in chosen
    )


def _variants(c: sa.Connection) -> int:
    rated = rounds.models_rated(c)
    return len({model for number, model in responses.models_of(c, rated).items()})


def _grouped(found: Scores) -> bool:
    """Whether tasks have several instances, so that a figure by task says something."""
    return found.overall.n > found.overall.tasks


def _score_json(row: Any) -> dict[str, Any]:
    interval: Interval = row.rouge_l
    return {
        "n": row.n,
        "tasks": row.tasks,
        "rouge_l": interval.value,
        "rouge_l_low": interval.low,
        "rouge_l_high": interval.high,
        "exact_match": row.exact_match,
        "empty": row.empty,
    }


def _grades_json(each: ModelGrades) -> dict[str, Any]:
    return {
        "n": each.n,
        "ratings": each.ratings,
        **{grade.value: each.counts[grade] for grade in Grade},
        "valid": {"percent": each.valid.percent, "low": each.valid.low, "high": each.valid.high},
    }


def _difference_json(each: GradeDifference) -> dict[str, Any]:
    return {
        "a": each.a,
        "b": each.b,
        "n": each.n,
        "valid": {"points": each.valid.value, "low": each.valid.low, "high": each.valid.high},
        "grade": {"steps": each.grade.value, "low": each.grade.low, "high": each.grade.high},
        "grade_p": each.grade_p,
        "valid_p": each.valid_p,
        "holm": each.valid_holm,
        "grade_holm": each.grade_holm,
        "tied": each.is_tied,
        "meaning": each.meaning,
    }
