"""The texts that a release let out, of what was edited since: found by walking back through the edits until the hash is
the one that went out, so that nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.parts import in_parts
from core.database.schema import edits, instances, members, tasks
from core.pool.members import edited
from core.records import text_hash


@dataclass(frozen=True, slots=True)
class FormerText:
    """An instance as a release let it out; `is_known` is false where no text of its history has that hash, and then it
    is as it is today."""

    instance_id: int
    task_id: int
    instruction: str
    input: str
    output: str
    is_known: bool = True


def as_released(c: sa.Connection, release_id: int) -> list[FormerText]:
    """Every instance of a release that has another text today, with the text that went out."""
    found: list[FormerText] = []
    for some in in_parts(edited(c, release_id)):
        found += _of(c, release_id, some)
    return found


def _of(c: sa.Connection, release_id: int, instance_ids: Sequence[int]) -> Iterator[FormerText]:
    columns = (instances.c.id, tasks.c.id, tasks.c.instruction, instances.c.input, instances.c.output)
    query = (
        sa.select(*columns, members.c.text_hash)
        .join(tasks, tasks.c.id == instances.c.task_id)
        .join(members, (members.c.instance_id == instances.c.id) & (members.c.release_id == release_id))
        .where(instances.c.id.in_(list(instance_ids)))
        .order_by(instances.c.id)
    )
    rows = c.execute(query).all()
    changes = _changes(c, sorted({row[1] for row in rows}))
    for instance_id, task_id, instruction, given, output, wanted in rows:
        now = {"instruction": instruction, "input": given, "output": output}
        then = _walked_back(now, [one for one in changes.get(task_id, ()) if one[0] in (None, instance_id)], wanted)
        yield FormerText(instance_id, task_id, **(then or now), is_known=then is not None)


def _walked_back(
    now: dict[str, str], changes: Sequence[tuple[int | None, str, Any]], wanted: str
) -> dict[str, str] | None:
    then = dict(now)
    for _, field, before in changes:
        if field in then:
            then[field] = str(before)
            if text_hash(**then) == wanted:
                return then
    return None


def _changes(c: sa.Connection, task_ids: Sequence[int]) -> dict[int, list[tuple[int | None, str, Any]]]:
    """(instance or None, field, text before) of the changes of these tasks, the latest first."""
    found: dict[int, list[tuple[int | None, str, Any]]] = {}
    query = sa.select(edits.c.task_id, edits.c.instance_id, edits.c.field, edits.c.before)
    for task_id, *change in c.execute(query.where(edits.c.task_id.in_(task_ids)).order_by(edits.c.id.desc())):
        found.setdefault(task_id, []).append((change[0], change[1], change[2]))
    return found
