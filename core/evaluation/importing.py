"""Bringing in what was made elsewhere: sets, models' responses, a judge's annotations, people's grades."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from core.actor import acting
from core.database import Database, wholes
from core.database.parts import in_turns
from core.evaluation import schemas
from core.evaluation.joining import Join
from core.evaluation.rows import preferences, responses, rounds, seats, sets
from core.evaluation.rows.preferences import NewPreference
from core.evaluation.rows.responses import NewResponse
from core.evaluation.rows.rounds import Unit
from core.evaluation.schemas import AnnotationRow, GradeRow, ResponseRow, SetFile
from core.evaluation.words import EvaluationImport, EvaluationSet
from core.missing import no_such_file
from core.records import Fault, Grade, Refused
from core.words import name_of, number_of

Read = TypeVar("Read", ResponseRow, AnnotationRow, GradeRow)

AT_ONCE = 200  # rows in one transaction: tens of milliseconds under the write lock
_FAULTS_KEPT = 1000
_LONGEST_NAME = 80


class What(StrEnum):
    """What a file holds."""

    SET = "set"
    RESPONSES = "responses"
    ANNOTATIONS = "annotations"
    GRADES = "grades"


def import_file(
    database: Database,
    name: str,
    path: Path,
    what: What,
    *,
    model: str = "",
    actor: str = "",
    instances: int | None = schemas.INSTANCES_A_TASK,
    seed: int = 0,
    demo: bool = False,
) -> EvaluationImport:
    """Read a file into the set `name`, or make that set of it; doing it again adds what is missing and nothing twice.

    `model` names the model of responses that do not say whose they are. `instances` and `seed` are for SuperNI's tasks.
    Raises Refused where nothing in the file can be used.
    """
    if what is What.SET:
        return _import_set(database, name, path, instances, seed, actor, demo)
    with database.read() as c:
        found = sets.get(c, name)
    take: Mapping[What, Callable[[], EvaluationImport]] = {
        What.RESPONSES: lambda: _import_responses(database, found, path, model, demo),
        What.ANNOTATIONS: lambda: _import_annotations(database, found, path),
        What.GRADES: lambda: _import_grades(database, found, path, actor, demo),
    }
    return take[what]()


def _usable(done: EvaluationImport, path: Path) -> EvaluationImport:
    """What was done, where anything was. Raises Refused before a transaction keeps what would be of no use."""
    if done.added or done.known or done.differs:
        return done
    raise _of_no_use(done, path)


def _of_no_use(done: EvaluationImport, path: Path) -> Refused:
    first = f" Line {done.faults[0][0]}: {done.faults[0][1]}." if done.faults else ""
    unmatched = (
        f" {number_of(done.unmatched, 'row', 'are')} of no task of the set {done.set_name}." if done.unmatched else ""
    )
    return Refused(f"Nothing in {path.name} could be used.{unmatched}{first} Check that it belongs to this set.")


def _import_set(
    database: Database, name: str, path: Path, instances: int | None, seed: int, actor: str, demo: bool
) -> EvaluationImport:
    name = name_of(name, _LONGEST_NAME)
    if not name:
        raise Refused(f"A set's name has 1 to {_LONGEST_NAME} characters that can be seen; choose another.")
    if not path.exists():
        raise no_such_file(path)
    read = schemas.read_set(path, instances, seed)
    counts = {
        "rows": read.rows,
        "tasks": len(read.tasks),
        "clusters": len({task.cluster for task in read.tasks}),
        "left_out": read.left_out,
        "bad": len(read.faults),
        "seed": seed if read.left_out else None,
    }
    new = sets.task_rows(read.tasks)
    with database.read() as c:
        known = _already(c, name, read)
    if known is None:
        try:
            wholes.store(database, sets.bringing(name, read.layout, counts, demo=demo, actor=actor or acting()), new)
        except wholes.Overtaken:
            with database.read() as c:
                known = _already(c, name, read)
    if known is not None:
        return known
    return EvaluationImport(
        name,
        What.SET.value,
        read.rows,
        len(read.tasks),
        left_out=read.left_out,
        faults=tuple(read.faults[:_FAULTS_KEPT]),
    )


def _already(c: sa.Connection, name: str, read: SetFile) -> EvaluationImport | None:
    """What importing a set comes to that is there; None where it isn't. Refused where other tasks have its name."""
    there = sets.find(c, name)
    if there is None:
        return None
    known = [(each.instruction, each.input, each.references) for each in sets.tasks_of(c, there.id)]
    if known != [(each.instruction, each.input, each.references) for each in read.tasks]:
        raise Refused(f'There is a set "{name}" with other tasks already; a set never changes, so choose a name.')
    return EvaluationImport(name, What.SET.value, read.rows, 0, len(read.tasks), left_out=read.left_out)


def _import_responses(database: Database, into: EvaluationSet, path: Path, model: str, demo: bool) -> EvaluationImport:
    rows, faults = _sorted(schemas.read_responses(path), ResponseRow)
    whose = model.strip() or path.name.split(".")[0]
    join = _join(database, into)
    texts: dict[str, dict[int, str]] = {}
    unmatched = differs = again = 0
    for row in rows:
        name = model.strip() or row.model or whose
        task = join.task(name, row.instruction, row.input, row.external_id)
        if task is None:
            unmatched += 1
        elif task in texts.setdefault(name, {}):
            again += texts[name][task] == row.text
            differs += texts[name][task] != row.text
        else:
            texts[name][task] = row.text
    done = EvaluationImport(
        into.name, What.RESPONSES.value, len(rows) + len(faults), 0, again, unmatched, differs, models=tuple(texts),
        faults=faults,
    )  # fmt: skip
    if not any(texts.values()):
        raise _of_no_use(done, path)
    added, known, other = _store(database, into.id, texts, demo)
    return replace(done, added=added, known=known + again, differs=differs + other)


def _import_annotations(database: Database, into: EvaluationSet, path: Path) -> EvaluationImport:
    """Store judgements, and the outputs that they are about as responses of their models."""
    rows, faults = _sorted(schemas.read_annotations(path), AnnotationRow)
    join = _join(database, into)
    texts: dict[str, dict[int, str]] = {}
    unmatched, placed = 0, []
    for row in rows:
        task = join.task(f"{row.annotator}\0{row.baseline}\0{row.model}", row.instruction)
        if task is None:
            unmatched += 1
            continue
        placed.append((task, row))
        texts.setdefault(row.baseline, {}).setdefault(task, row.baseline_text)
        texts.setdefault(row.model, {}).setdefault(task, row.model_text)
    done = EvaluationImport(
        into.name, What.ANNOTATIONS.value, len(rows) + len(faults), 0, 0, unmatched, 0, models=tuple(texts),
        faults=faults,
    )  # fmt: skip
    if not placed:
        raise _of_no_use(done, path)
    _, _, differs = _store(database, into.id, texts, False)
    added = 0
    for some in in_turns(placed, AT_ONCE):
        with database.write() as c:
            ids = responses.ensure(c, [name for _, row in some for name in (row.baseline, row.model)])
            new = [
                NewPreference(
                    task,
                    ids[row.baseline],
                    ids[row.model],
                    row.annotator,
                    row.preference,
                    len(row.baseline_text),
                    len(row.model_text),
                )
                for task, row in some
            ]
            added += preferences.add(c, into.id, new)
    return replace(done, added=added, known=len(placed) - added, differs=differs)


def _import_grades(database: Database, into: EvaluationSet, path: Path, actor: str, demo: bool) -> EvaluationImport:
    """Store grades as a round of their own, named after the file; a grader's second grade of a response replaces it."""
    rows, faults = _sorted(schemas.read_grades(path), GradeRow)
    name = path.name.split(".")[0]
    join = _join(database, into)
    with database.read() as c:
        by_response = {(of, task): number for number, (of, task, _) in responses.heads(c, into.id).items()}
        there = rounds.imported(c, into.id, name)
        said = seats.standing(c, into.id, there) if there is not None else []
    stands = {(one.reviewer, one.shown[0]): _grade_of(one.said) for one in said}
    known = unmatched = 0
    placed: list[tuple[GradeRow, int, int]] = []
    for row in rows:
        task = join.task(f"{row.reviewer}\0{row.model}", row.instruction, row.input, row.external_id)
        response = by_response.get((row.model, task)) if task is not None else None
        if task is None or response is None:
            unmatched += 1
        elif stands.get((row.reviewer, response)) is row.grade:
            known += 1
        else:
            stands[(row.reviewer, response)] = row.grade
            placed.append((row, task, response))
    models = tuple(dict.fromkeys(row.model for row, _, _ in placed))
    done = EvaluationImport(
        into.name, What.GRADES.value, len(rows) + len(faults), len(placed), known, unmatched, models=models,
        faults=faults,
    )  # fmt: skip
    _usable(done, path)
    units: dict[int, int] = {}
    for some in in_turns(placed, AT_ONCE):
        with database.write() as c:
            there = rounds.imported(c, into.id, name)
            if there is None:
                there = rounds.bring(c, into.id, name, demo=demo, actor=actor or acting())
            _store_grades(c, there, some, units)
    return done


def _store_grades(
    c: sa.Connection, round_id: int, some: Sequence[tuple[GradeRow, int, int]], units: dict[int, int]
) -> None:
    """Store (grade, task, response) of a round, with an item for each response that has none. `units`, the items that
    are known by their response, are brought up to date."""
    units |= {unit.responses[0]: unit.number for unit in rounds.units(c, round_id, max(units.values(), default=0))}
    fresh = {response: task for _, task, response in some if response not in units}
    first = max(units.values(), default=0) + 1
    new = [Unit(at, task, (response,)) for at, (response, task) in enumerate(fresh.items(), first)]
    rounds.add_units(c, round_id, new)
    units |= {unit.responses[0]: unit.number for unit in new}
    now = time.time()
    elsewhere = [
        seats.SaidElsewhere(
            row.reviewer,
            units[response],
            (response,),
            {"grades": {str(response): row.grade.value}, "note": row.note, "flags": []},
            now if row.at is None else row.at,
        )
        for row, _, response in some
    ]
    seats.say_many(c, round_id, elsewhere)


def _grade_of(said: Mapping[str, Mapping[str, str]]) -> Grade:
    return Grade(next(iter(said["grades"].values())))


def _join(database: Database, into: EvaluationSet) -> Join:
    """The set's tasks to find rows in; read before anything is locked, since a set never changes."""
    with database.read() as c:
        return Join(sets.keys(c, into.id))


def _store(database: Database, set_id: int, texts: Mapping[str, Mapping[int, str]], demo: bool) -> tuple[int, int, int]:
    """Store answers by model, so many in one transaction that others can write between.

    Return how many were added, there already, and there with another text (which stays).
    """
    added = known = differs = 0
    for name, by_task in texts.items():
        for some in in_turns(list(by_task.items()), AT_ONCE):
            with database.write() as c:
                model_id = responses.ensure(c, [name], demo=demo)[name]
                there = responses.stored(c, set_id, model_id, [task for task, _ in some])
                new = [NewResponse(task, text) for task, text in some if task not in there]
                responses.add(c, set_id, model_id, new)
            same = sum(there[task] == text for task, text in some if task in there)
            added, known, differs = added + len(new), known + same, differs + len(some) - len(new) - same
    return added, known, differs


def _sorted(read: Iterable[Read | Fault], kind: type[Read]) -> tuple[list[Read], tuple[tuple[int, str], ...]]:
    """The rows that can be used, and (line, reason) of the others."""
    rows: list[Read] = []
    faults: list[tuple[int, str]] = []
    for each in read:
        if isinstance(each, kind):
            rows.append(each)
        elif isinstance(each, Fault) and len(faults) < _FAULTS_KEPT:
            faults.append((each.line, each.reason))
    return rows, tuple(faults)
