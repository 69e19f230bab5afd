"""Imports: which file a pool's tasks came from, and what of a file is there already."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.database.parts import one_of
from core.database.schema import beside, imports, instances, tasks
from core.records import Origin, State


class There(NamedTuple):
    """An imported task that the pool has."""

    id: int
    state: State
    rule: str | None

    @property
    def is_in(self) -> bool:
        """Whether the gate compares with it."""
        return self.state in (State.ACCEPTED, State.REJECTED)


def begin(c: sa.Connection, pool_id: int, file_name: str, sha256: str, format: str) -> int:
    """Note that a file is being imported; return the import's id, which its tasks name."""
    row = {"pool_id": pool_id, "file_name": file_name, "sha256": sha256, "format": format, "counts": {}}
    return int(c.execute(imports.insert().values(**row, created_at=time.time()).returning(imports.c.id)).scalar_one())


def end(c: sa.Connection, import_id: int, counts: Mapping[str, Any]) -> None:
    c.execute(imports.update().where(imports.c.id == import_id).values(counts=dict(counts)))


def columns_kept(c: sa.Connection, pool_id: int) -> list[str]:
    """The columns that a pool's imports kept beside the texts, by their reports: rows are not looked at."""
    counts = c.execute(sa.select(imports.c.counts).where(imports.c.pool_id == pool_id).order_by(imports.c.id)).scalars()
    return list(dict.fromkeys(str(name) for each in counts for name in (each or {}).get("unused", ())))


def has_any(c: sa.Connection, pool_id: int) -> bool:
    """Whether anything was ever imported into a pool."""
    query = sa.select(tasks.c.id).where(tasks.c.pool_id == pool_id, tasks.c.origin == Origin.IMPORT.value)
    return c.execute(query.limit(1)).first() is not None


def tasks_there(c: sa.Connection, pool_id: int, hashes: Sequence[str]) -> dict[str, There]:
    """Which of these instruction hashes are those of imported tasks of a pool."""
    query = sa.select(tasks.c.instruction_hash, tasks.c.id, tasks.c.state, tasks.c.rule).where(
        tasks.c.pool_id == pool_id, one_of(c, tasks.c.instruction_hash, hashes), tasks.c.origin == Origin.IMPORT.value
    )
    found: dict[str, There] = {}
    # In order of arrival; sorted here, because SQLite would read the whole pool by its ids.
    for key, task_id, state, rule in sorted(c.execute(query).tuples(), key=lambda row: int(row[1])):
        found.setdefault(key, There(task_id, State(state), rule))
    return found


def instances_there(c: sa.Connection, pool_id: int, hashes: Sequence[str]) -> dict[tuple[str, str], tuple[int, int]]:
    """(text hash, context) to (instance id, task id) of the imported instances of a pool that have these texts."""
    if not hashes:
        return {}
    query = (
        sa.select(instances.c.text_hash, beside.c.context, instances.c.id, instances.c.task_id)
        .join(tasks, tasks.c.id == instances.c.task_id)
        .join(beside, beside.c.instance_id == instances.c.id, isouter=True)
        .where(instances.c.pool_id == pool_id, one_of(c, instances.c.text_hash, hashes))
        .where(tasks.c.origin == Origin.IMPORT.value)
    )
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for text, context, instance_id, task_id in sorted(c.execute(query).tuples(), key=lambda row: int(row[2])):
        found.setdefault((text, context or ""), (instance_id, task_id))
    return found
