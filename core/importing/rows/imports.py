"""Imports: which file a pool's tasks came from, and what of it is there already."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.database.schema import imports, instances, tasks
from core.records import Origin


def begin(c: sa.Connection, pool_id: int, file_name: str, sha256: str, format: str) -> int:
    """Note that a file is being imported; return the import's id, which its tasks name."""
    row = {"pool_id": pool_id, "file_name": file_name, "sha256": sha256, "format": format, "counts": {}}
    return int(c.execute(imports.insert().values(**row, created_at=time.time()).returning(imports.c.id)).scalar_one())


def end(c: sa.Connection, import_id: int, counts: Mapping[str, Any]) -> None:
    c.execute(imports.update().where(imports.c.id == import_id).values(counts=dict(counts)))


def task_ids(c: sa.Connection, pool_id: int) -> dict[str, int]:
    """Instruction hash to task id of everything that a pool has imported."""
    query = sa.select(tasks.c.instruction_hash, tasks.c.id).where(
        tasks.c.pool_id == pool_id, tasks.c.origin == Origin.IMPORT.value
    )
    return dict(c.execute(query).tuples().all())


def text_hashes(c: sa.Connection, pool_id: int) -> set[str]:
    """Text hashes of every instance that a pool has imported, so that importing a file twice adds nothing."""
    query = sa.select(instances.c.text_hash).join(tasks, tasks.c.id == instances.c.task_id)
    return set(c.execute(query.where(tasks.c.pool_id == pool_id, tasks.c.origin == Origin.IMPORT.value)).scalars())
