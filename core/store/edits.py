"""Changing a text while keeping what it was: every change is one more row of the history."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.records import Task, text_hash
from core.store import reviews
from core.store.schema import edits, instances, tasks
from core.store.tasks import instruction_hash


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


def change_task(
    c: sa.Connection, task: Task, instruction: str, is_classification: bool | None, actor: str = "", reason: str = ""
) -> bool:
    """Give a task another instruction or kind; its instances get new text hashes, so old ratings become stale."""
    if (instruction, is_classification) == (task.instruction, task.is_classification):
        return False
    its = (task.pool_id, task.id, None)
    if instruction != task.instruction:
        _write(c, *its, "instruction", task.instruction, instruction, actor, reason)
    if is_classification != task.is_classification:
        _write(c, *its, "is_classification", task.is_classification, is_classification, actor, reason)
    changed: dict[str, Any] = {
        "instruction": instruction,
        "instruction_hash": instruction_hash(instruction),
        "is_classification": is_classification,
    }
    if instruction != task.instruction:  # what was measured of the old text is found again when it is asked for
        changed |= {"paired": False, "seed_id": None, "seed_score": None}
    c.execute(tasks.update().where(tasks.c.id == task.id).values(**changed))
    for row in c.execute(sa.select(instances).where(instances.c.task_id == task.id)).all():
        _rehash(c, row.id, instruction, row.input, row.output)
    return True


def change_instance(
    c: sa.Connection, task_id: int, instance_id: int, input: str, output: str, actor: str = "", reason: str = ""
) -> bool:
    """Give an instance another input or output; ratings of its old text become stale."""
    row = c.execute(
        sa.select(instances, tasks.c.instruction)
        .join(tasks, tasks.c.id == instances.c.task_id)
        .where(instances.c.id == instance_id)
    ).one()
    if (row.input, row.output) == (input, output):
        return False
    for field, before, after in (("input", row.input, input), ("output", row.output, output)):
        if before != after:
            _write(c, row.pool_id, task_id, instance_id, field, before, after, actor, reason)
    changed = {"input": input, "output": output, "has_input": bool(input)}
    c.execute(instances.update().where(instances.c.id == instance_id).values(**changed))
    _rehash(c, instance_id, row.instruction, input, output)
    return True


def history(c: sa.Connection, task_id: int, instance_id: int | None = None) -> list[Edit]:
    """The changes of a task and of one of its instances (all of them where none is named), oldest first."""
    query = sa.select(edits).where(edits.c.task_id == task_id)
    if instance_id is not None:
        query = query.where(edits.c.instance_id.is_(None) | (edits.c.instance_id == instance_id))
    return [
        Edit(r.id, r.task_id, r.instance_id, r.field, r.before, r.after, r.actor, r.reason, r.at)
        for r in c.execute(query.order_by(edits.c.id))
    ]


def _rehash(c: sa.Connection, instance_id: int, instruction: str, input: str, output: str) -> None:
    now = text_hash(instruction, input, output)
    c.execute(instances.update().where(instances.c.id == instance_id).values(text_hash=now))
    reviews.recount(c, instance_id)  # none stand for a new text; those of an older one do again when it comes back


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
) -> None:
    c.execute(
        edits.insert().values(
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
    )
