"""Sets and their tasks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from core.database.bulk import Row, insert_rows
from core.database.parts import in_parts
from core.database.schema import (
    evaluation_responses,
    evaluation_rounds,
    evaluation_sets,
    evaluation_tasks,
    instances,
    tasks,
)
from core.database.wholes import Overtaken, Whole, settled
from core.evaluation.words import EvaluationSet, EvaluationTask, NewSetTask, SealedText, SetLayout, text_key
from core.missing import no_such_name
from core.pool.sealed import seal_of
from core.records import NotFound, State

_TASK = (
    *("position", "external_id", "instruction", "input", "references", "cluster", "category", "domain", "text_key"),
    "seal",
)
_TEXTS = sa.select(instances.c.id, tasks.c.instruction, instances.c.input, instances.c.output).join(
    tasks, tasks.c.id == instances.c.task_id
)


def bringing(
    name: str, layout: SetLayout, counts: Mapping[str, Any], *, demo: bool = False, actor: str = ""
) -> Whole[EvaluationSet]:
    """A set about to be stored with the rows of its tasks (`task_rows`): nobody may see a half, nor get past what the
    other half seals. It has its name when it is whole; Overtaken where another has got that name meanwhile."""

    def begin(c: sa.Connection) -> int:
        new = {"layout": layout.value, "counts": dict(counts), "demo": demo, "actor": actor, "whole": False}
        values = {**new, "name": f"unfinished {uuid4().hex}", "created_at": time.time()}
        return int(c.execute(evaluation_sets.insert().values(**values).returning(evaluation_sets.c.id)).scalar_one())

    def add(c: sa.Connection, set_id: int, rows: Sequence[Row]) -> None:
        insert_rows(c, evaluation_tasks, ("set_id", *_TASK), [(set_id, *one) for one in rows])

    def end(c: sa.Connection, set_id: int) -> EvaluationSet:
        if find(c, name) is not None:
            raise Overtaken
        its = evaluation_sets.update().where(evaluation_sets.c.id == set_id).values(name=name, **settled())
        return _set(c.execute(its.returning(evaluation_sets)).one())

    return Whole(evaluation_sets, evaluation_tasks, begin, add, end)


def task_rows(new: Sequence[NewSetTask]) -> list[Row]:
    """The tasks of a set as they are stored, in order; no database is asked."""
    return [
        (
            position,
            one.external_id,
            one.instruction,
            one.input,
            list(one.references),
            one.cluster or one.external_id or str(position),
            one.category,
            one.domain,
            text_key(one.instruction, one.input),
            seal_of(one.instruction),
        )
        for position, one in enumerate(new, 1)
    ]


def find(c: sa.Connection, name: str) -> EvaluationSet | None:
    row = c.execute(sa.select(evaluation_sets).where(evaluation_sets.c.name == name, evaluation_sets.c.whole)).first()
    return _set(row) if row else None


def get(c: sa.Connection, name: str) -> EvaluationSet:
    """The set of that name; NotFound names the sets there are."""
    found = find(c, name)
    if found is None:
        there = [each.name for each in every(c)]
        raise no_such_name("evaluation set", name, there, "`winnow evaluate import NAME FILE` brings one")
    return found


def by_id(c: sa.Connection, set_id: int) -> EvaluationSet:
    return _set(c.execute(sa.select(evaluation_sets).where(evaluation_sets.c.id == set_id)).one())


def every(c: sa.Connection) -> list[EvaluationSet]:
    """All sets, in the order in which they came."""
    return [
        _set(row)
        for row in c.execute(sa.select(evaluation_sets).where(evaluation_sets.c.whole).order_by(evaluation_sets.c.id))
    ]


def sizes(c: sa.Connection) -> dict[int, tuple[int, int, int]]:
    """(tasks, responses, rounds) of each set by id."""
    found: dict[int, list[int]] = {}
    for at, table in enumerate((evaluation_tasks, evaluation_responses, evaluation_rounds)):
        for set_id, n in c.execute(sa.select(table.c.set_id, sa.func.count()).group_by(table.c.set_id)):
            found.setdefault(set_id, [0, 0, 0])[at] = n
    return {set_id: (n[0], n[1], n[2]) for set_id, n in found.items()}


def tasks_of(c: sa.Connection, set_id: int) -> list[EvaluationTask]:
    """A set's tasks in order."""
    query = sa.select(evaluation_tasks).where(evaluation_tasks.c.set_id == set_id)
    return [_task(row) for row in c.execute(query.order_by(evaluation_tasks.c.position))]


def task(c: sa.Connection, task_id: int) -> EvaluationTask:
    return _task(c.execute(sa.select(evaluation_tasks).where(evaluation_tasks.c.id == task_id)).one())


def task_in(c: sa.Connection, of: EvaluationSet, task_id: int) -> EvaluationTask:
    """A task of this very set, for who named both: NotFound for another set's, whose answers may still be blind."""
    query = sa.select(evaluation_tasks).where(evaluation_tasks.c.id == task_id, evaluation_tasks.c.set_id == of.id)
    row = c.execute(query).first()
    if row is None:
        raise NotFound(f"The set {of.name} has no task {task_id}; `winnow evaluate grades {of.name}` names its tasks.")
    return _task(row)


def page(c: sa.Connection, set_id: int, after: int, limit: int) -> list[EvaluationTask]:
    """The tasks that come after a position."""
    table = evaluation_tasks
    query = sa.select(table).where(table.c.set_id == set_id, table.c.position > after)
    return [_task(row) for row in c.execute(query.order_by(table.c.position).limit(limit))]


def keys(c: sa.Connection, set_id: int) -> list[tuple[int, str, str, str, str]]:
    """(id, external id, text key, key of the instruction alone, cluster) of a set's tasks, in order."""
    table = evaluation_tasks
    query = sa.select(table.c.id, table.c.external_id, table.c.text_key, table.c.instruction, table.c.cluster)
    found = c.execute(query.where(table.c.set_id == set_id).order_by(table.c.position))
    return [(row.id, row.external_id, row.text_key, text_key(row.instruction), row.cluster) for row in found]


def clusters(c: sa.Connection, set_id: int) -> dict[int, str]:
    """What each task shares with others, by task id. No text is read."""
    table = evaluation_tasks
    query = sa.select(table.c.id, table.c.cluster).where(table.c.set_id == set_id)
    return {row.id: row.cluster for row in c.execute(query)}


def sealed_texts(c: sa.Connection, leave_out: Sequence[str] = ()) -> list[SealedText]:
    """Every task of every set but these, with all of its text."""
    table = evaluation_tasks
    query = (
        sa.select(table, evaluation_sets.c.name)
        .join(evaluation_sets)
        .where(evaluation_sets.c.whole)
        .order_by(table.c.id)
    )
    if leave_out:
        query = query.where(evaluation_sets.c.name.not_in(leave_out))
    return [
        SealedText(row.name, row.position, row.instruction, "\n".join((row.instruction, row.input, *row.references)))
        for row in c.execute(query)
    ]


def pool_rows(c: sa.Connection, pool_id: int) -> Iterator[tuple[int, str, str, str]]:
    """(instance id, instruction, input, output) of every accepted instance of a pool, its seeds too."""
    accepted = State.ACCEPTED.value
    query = _TEXTS.where(instances.c.pool_id == pool_id, instances.c.state == accepted, tasks.c.state == accepted)
    for row in c.execute(query.order_by(instances.c.id), execution_options={"yield_per": 2000}):
        yield row[0], row[1], row[2], row[3]


def instance_rows(c: sa.Connection, ids: Sequence[int]) -> Iterator[tuple[int, str, str, str]]:
    """(instance id, instruction, input, output) of these instances."""
    for some in in_parts(ids):
        for row in c.execute(_TEXTS.where(instances.c.id.in_(some))):
            yield row[0], row[1], row[2], row[3]


def _set(row: sa.Row[Any]) -> EvaluationSet:
    return EvaluationSet(row.id, row.name, SetLayout(row.layout), row.counts, row.demo, row.created_at)


def _task(row: sa.Row[Any]) -> EvaluationTask:
    return EvaluationTask(
        row.id,
        row.set_id,
        row.position,
        row.external_id,
        row.instruction,
        row.input,
        tuple(row.references),
        row.cluster,
        row.category,
        row.domain,
    )
