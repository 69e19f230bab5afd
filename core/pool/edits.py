"""Changing a text while keeping what it was: every change is one more row of the history."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.parts import by_no_index
from core.database.schema import decisions, edits, instances, tasks
from core.pool import fitting, measured, standing
from core.pool import tasks as tasks_of
from core.pool.tasks import instruction_hash
from core.records import Origin, State, Task, text_hash


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one field: `field` is instruction, input, output, is_classification or name."""

    id: int
    task_id: int
    instance_id: int | None
    field: str
    before: Any
    after: Any
    actor: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class HistoryMoment:
    """How far the history had come: its newest decision and its newest edit."""

    decision_id: int = 0
    edit_id: int = 0


def moment(c: sa.Connection) -> HistoryMoment:
    """How far the history has come, of all pools."""
    newest = (sa.select(sa.func.max(table.c.id)).scalar_subquery() for table in (decisions, edits))
    decision_id, edit_id = c.execute(sa.select(*newest)).one()
    return HistoryMoment(decision_id or 0, edit_id or 0)


def touched_since(c: sa.Connection, pool_id: int, since: HistoryMoment) -> list[tuple[int, str]]:
    """(id, instruction) of the tasks that are accepted now and were decided on, or had a text changed, since then."""
    sources = ((decisions, since.decision_id), (edits, since.edit_id))
    touched = sa.union(
        *(
            # In order of ids, which has few rows to read: an index of pools would lead through the whole pool's.
            sa.select(table.c.task_id).where(table.c.id > after, by_no_index(table.c.pool_id) == pool_id)
            for table, after in sources
        )
    )
    query = sa.select(tasks.c.id, tasks.c.instruction).where(
        tasks.c.id.in_(touched), tasks.c.pool_id == pool_id, tasks.c.state == State.ACCEPTED.value
    )
    return [(row.id, row.instruction) for row in c.execute(query.order_by(tasks.c.id))]


def change_task(
    c: sa.Connection, task: Task, instruction: str, is_classification: bool | None, actor: str = "", reason: str = ""
) -> list[int]:
    """Give a task another instruction or kind; its instances get new text hashes, so old ratings become stale.

    Return the ids of the changes in the history, none where nothing differs.
    """
    its, made = (task.pool_id, task.id, None), []
    if instruction != task.instruction:
        made.append(_write(c, *its, "instruction", task.instruction, instruction, actor, reason))
    if is_classification != task.is_classification:
        made.append(_write(c, *its, "is_classification", task.is_classification, is_classification, actor, reason))
    if not made:
        return []
    changed: dict[str, Any] = {
        "instruction": instruction,
        "instruction_hash": instruction_hash(instruction),
        "is_classification": is_classification,
    }
    if instruction != task.instruction:  # what was measured of the old text is found again when it is asked for
        changed |= measured.NOTHING
        if task.origin is Origin.SEED:
            measured.forget(c, task.pool_id)
    c.execute(tasks.update().where(tasks.c.id == task.id).values(**changed))
    for row in c.execute(sa.select(instances).where(instances.c.task_id == task.id)).all():
        _rehash(c, row.id, instruction, row.input, row.output)
    return made


def change_instance(
    c: sa.Connection, task_id: int, instance_id: int, input: str, output: str, actor: str = "", reason: str = ""
) -> list[int]:
    """Give an instance another input or output; ratings of its old text become stale. Return the changes' ids."""
    row = c.execute(
        sa.select(instances, tasks.c.instruction)
        .join(tasks, tasks.c.id == instances.c.task_id)
        .where(instances.c.id == instance_id)
    ).one()
    its = (row.pool_id, task_id, instance_id)
    both = (("input", row.input, input), ("output", row.output, output))
    made = [_write(c, *its, field, was, now, actor, reason) for field, was, now in both if was != now]
    if not made:
        return []
    changed = {"input": input, "output": output, "has_input": bool(input)}
    c.execute(instances.update().where(instances.c.id == instance_id).values(**changed))
    _rehash(c, instance_id, row.instruction, input, output)
    return made


def revert(c: sa.Connection, edit_ids: Sequence[int], actor: str, reason: str) -> None:
    """Give what these changes made its former text back, by further changes; what was changed again since stays."""
    for change, now in _with_present(c, edit_ids):
        if now != change.after:
            continue
        if change.instance_id is None:
            task = tasks_of.get(c, change.task_id)
            both = {"instruction": task.instruction, "is_classification": task.is_classification}
            change_task(c, task, **{**both, change.field: change.before}, actor=actor, reason=reason)
        else:
            its = tasks_of.instance(c, change.instance_id)
            texts = {"input": its.input, "output": its.output, change.field: change.before}
            change_instance(c, its.task_id, its.id, **texts, actor=actor, reason=reason)


def stand(c: sa.Connection, edit_ids: Sequence[int]) -> bool:
    """Whether a text that one of these changes made is still there."""
    return any(now == change.after for change, now in _with_present(c, edit_ids))


def history(c: sa.Connection, task_id: int, instance_id: int | None = None) -> list[Edit]:
    """The changes of a task and of one of its instances (all of them where none is named), oldest first."""
    query = sa.select(edits).where(edits.c.task_id == task_id)
    if instance_id is not None:
        query = query.where(edits.c.instance_id.is_(None) | (edits.c.instance_id == instance_id))
    return [_edit(row) for row in c.execute(query.order_by(edits.c.id))]


def _with_present(c: sa.Connection, edit_ids: Sequence[int]) -> Iterator[tuple[Edit, Any]]:
    """Each change, the latest first, with what its field holds at that moment."""
    for row in c.execute(sa.select(edits).where(edits.c.id.in_(edit_ids)).order_by(edits.c.id.desc())).all():
        table, its = (tasks, row.task_id) if row.instance_id is None else (instances, row.instance_id)
        yield _edit(row), c.execute(sa.select(table.c[row.field]).where(table.c.id == its)).scalar_one()


def _edit(row: sa.Row[Any]) -> Edit:
    its = (row.id, row.task_id, row.instance_id, row.field, row.before, row.after)
    return Edit(*its, row.actor, row.reason, row.at)


def _rehash(c: sa.Connection, instance_id: int, instruction: str, input: str, output: str) -> None:
    now = text_hash(instruction, input, output)
    change = instances.update().where(instances.c.id == instance_id).values(text_hash=now)
    pool_id = c.execute(change.returning(instances.c.pool_id)).scalar_one()
    standing.recount(c, instance_id)  # none stand for a new text; those of an older one do again when it comes back
    fitting.take_in(c, pool_id, [instance_id])  # the new text may be one that a queue asks for


def _write(
    c: sa.Connection,
    pool_id: int,
    task_id: int,
    instance_id: int | None,
    field: str,
    before: Any,
    after: Any,
    actor: str,
    reason: str,
) -> int:
    change = edits.insert().values(
        pool_id=pool_id,
        task_id=task_id,
        instance_id=instance_id,
        field=field,
        before=before,
        after=after,
        actor=actor,
        reason=reason,
        at=time.time(),
    )
    return int(c.execute(change.returning(edits.c.id)).scalar_one())
