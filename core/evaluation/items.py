"""One task of a set with every model's answer and what people said of it; the last word where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.database import Database
from core.evaluation.blindness import owing
from core.evaluation.rows import responses, seats, sets
from core.evaluation.words import EvaluationTask, Response, RoundKind, StillRating
from core.records import Grade, Refused


@dataclass(frozen=True, slots=True)
class JudgedResponse:
    """A response with its raters' grades and notes by name, and the last word, None where there is none."""

    response: Response
    grades: Mapping[str, Grade]
    notes: Mapping[str, str]
    last_word: Grade | None


@dataclass(frozen=True, slots=True)
class JudgedTask:
    """A task with every model's answer."""

    task: EvaluationTask
    answers: tuple[JudgedResponse, ...]


def item(database: Database, set_name: str, task_id: int, reader: str) -> JudgedTask | StillRating:
    """Return a task with all that is known of it; StillRating while the reader owes judgements."""
    with database.read() as c:
        of = sets.get(c, set_name)
        owed = owing(c, of, reader)
        if owed is not None:
            return owed
        task = sets.task_in(c, of, task_id)
        answers = responses.of_task(c, task_id)
        standing = [each for each in seats.standing(c, of.id) if each.task_id == task_id]
        last = {int(said["response"]): Grade(said["grade"]) for said in seats.last_words(c, of.id)}
    grades: dict[int, dict[str, Grade]] = {}
    notes: dict[int, dict[str, str]] = {}
    for each in standing:
        for number in each.shown:
            if each.kind is RoundKind.GRADE and str(number) in each.said.get("grades", {}):
                grades.setdefault(number, {})[each.reviewer] = Grade(each.said["grades"][str(number)])
            if each.said.get("note"):
                notes.setdefault(number, {})[each.reviewer] = each.said["note"]
    return JudgedTask(
        task,
        tuple(
            JudgedResponse(each, grades.get(each.id, {}), notes.get(each.id, {}), last.get(each.id)) for each in answers
        ),
    )


def settle(database: Database, set_name: str, response_id: int, grade: Grade, actor: str) -> None:
    """Give a response the last word, as an event. Raises Refused where nobody graded it, or for who still rates."""
    with database.write() as c:
        of = sets.get(c, set_name)
        owed = owing(c, of, actor)
        if owed is not None:
            raise Refused(str(owed))
        for each in seats.standing(c, of.id):
            if str(response_id) in each.said.get("grades", {}):
                seats.settle(c, each.round_id, each.unit, actor, {"response": response_id, "grade": grade.value})
                return
        raise Refused("Nobody has graded this response, so there is nothing to settle; grade it in a round.")
