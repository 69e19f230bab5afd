"""Imports: which file a pool's tasks came from, and what of a file is there already."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.database.bulk import plain_rows
from core.database.parts import listed_hashes, same_hash
from core.database.schema import beside, edits, imports, instances, tasks
from core.pool.items import of_texts, texts
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


class Read(NamedTuple):
    """How far a reader has read: the newest task and edit of the database."""

    task_id: int = 0
    edit_id: int = 0


def read_so_far(c: sa.Connection) -> Read:
    """The present moment."""
    return Read(*c.execute(_NEWEST).one())


def others_came(c: sa.Connection, pool_id: int, import_id: int, then: Read) -> bool:
    """Whether a pool has got a task of another import since, or one of its instructions has become another text."""
    since = {"its_pool": pool_id, "import_id": import_id, "task": then.task_id, "edit": then.edit_id}
    return c.execute(_OTHERS, since).first() is not None


def tasks_there(c: sa.Connection, pool_id: int, hashes: Sequence[str]) -> dict[str, There]:
    """Which of these instruction hashes are those of imported tasks of a pool."""
    if not hashes:
        return {}
    wanted = {"its_pool": pool_id, **listed_hashes(c.dialect.name, "hashes", hashes)}
    found: dict[str, There] = {}
    # In order of arrival; sorted here, because SQLite would read the whole pool by its ids.
    for key, task_id, state, rule in sorted(plain_rows(c, _there(c.dialect.name)[0], wanted), key=itemgetter(1)):
        found.setdefault(key, There(task_id, State(state), rule))
    return found


def instances_there(
    c: sa.Connection, pool_id: int, hashes: Collection[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, int]]:
    """(text hash, context) to (instance id, task id) of the imported instances of a pool that have these texts.

    `hashes`: (instruction hash, text hash) of each.
    """
    if not hashes:
        return {}
    wanted = texts(c.dialect.name, pool_id, hashes)
    found: dict[tuple[str, str], tuple[int, int]] = {}
    rows = plain_rows(c, _there(c.dialect.name)[1], wanted)
    for text, context, instance_id, task_id in sorted(rows, key=itemgetter(2)):
        found.setdefault((text, context or ""), (instance_id, task_id))
    return found


_POOL = sa.bindparam("its_pool", type_=sa.Integer)
_NEWEST = sa.select(*(sa.select(sa.func.coalesce(sa.func.max(t.c.id), 0)).scalar_subquery() for t in (tasks, edits)))
_OTHERS = sa.union_all(
    sa.select(tasks.c.id).where(
        tasks.c.pool_id == _POOL,
        tasks.c.id > sa.bindparam("task"),
        tasks.c.origin == Origin.IMPORT.value,
        tasks.c.import_id.is_distinct_from(sa.bindparam("import_id", type_=sa.Integer)),
    ),
    sa.select(edits.c.id).where(
        edits.c.id > sa.bindparam("edit"), edits.c.pool_id == _POOL, edits.c.field == "instruction"
    ),
).limit(1)


@cache
def _there(dialect: str) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """What is there of a pool's imported tasks and instances by their hashes; asked for every part of a file."""
    of_tasks = sa.select(tasks.c.instruction_hash, tasks.c.id, tasks.c.state, tasks.c.rule).where(
        tasks.c.pool_id == _POOL,
        same_hash(dialect, tasks.c.instruction_hash, "hashes"),
        tasks.c.origin == Origin.IMPORT.value,
    )
    of_instances = (
        sa.select(instances.c.text_hash, beside.c.context, instances.c.id, instances.c.task_id)
        .select_from(of_texts(dialect))
        .join(beside, beside.c.instance_id == instances.c.id, isouter=True)
        .where(tasks.c.origin == Origin.IMPORT.value)
    )
    return of_tasks, of_instances
