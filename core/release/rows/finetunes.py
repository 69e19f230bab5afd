"""Fine-tuning jobs: what was sent where, and which model came of it."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa

from core.database.schema import finetunes
from core.pool import missing
from core.release.finetuned import Finetune


def add(c: sa.Connection, **sent: Any) -> Finetune:
    """Note a job before anything is sent."""
    return _record(c.execute(finetunes.insert().values(created_at=time.time(), **sent).returning(finetunes)).one())


def update(c: sa.Connection, finetune_id: int, **heard: Any) -> Finetune:
    """Keep what the service said of a job."""
    changed = finetunes.update().where(finetunes.c.id == finetune_id).values(**heard)
    return _record(c.execute(changed.returning(finetunes)).one())


def get(c: sa.Connection, finetune_id: int) -> Finetune:
    row = c.execute(sa.select(finetunes).where(finetunes.c.id == finetune_id)).first()
    if row is None:
        raise missing.no_such(c, missing.TUNING, finetune_id)
    return _record(row)


def every(c: sa.Connection, pool_id: int | None = None) -> list[Finetune]:
    """All jobs, or a pool's, newest first."""
    query = sa.select(finetunes).order_by(finetunes.c.id.desc())
    if pool_id is not None:
        query = query.where(finetunes.c.pool_id == pool_id)
    return [_record(row) for row in c.execute(query)]


def uploaded(c: sa.Connection, endpoint: str, sha256: str) -> str:
    """The service's id of a file of that content that was sent and has no job yet, or an empty text."""
    query = (
        sa.select(finetunes.c.file_id)
        .where(finetunes.c.endpoint == endpoint, finetunes.c.sha256 == sha256)
        .where(finetunes.c.file_id != "", finetunes.c.job_id == "")
        .order_by(finetunes.c.id.desc())
        .limit(1)
    )
    return str(c.execute(query).scalar() or "")


def _record(row: sa.Row[Any]) -> Finetune:
    return Finetune(**row._mapping)
