"""Releases as they were written: rule, counts, reasons, files and hashes."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa

from core.database.schema import releases
from core.pool import missing
from core.release.released import Released


def keep(c: sa.Connection, pool_id: int, **written: Any) -> Released:
    """Record a release that has been written; `written` are its columns."""
    row = {"pool_id": pool_id, "created_at": time.time(), **written}
    return _released(c.execute(releases.insert().values(**row).returning(releases)).one())


def of_pool(c: sa.Connection, pool_id: int, limit: int | None = None) -> list[Released]:
    """A pool's releases, newest first; all of them, or the first so many."""
    query = sa.select(releases).where(releases.c.pool_id == pool_id).order_by(releases.c.id.desc()).limit(limit)
    return [_released(row) for row in c.execute(query)]


def named(c: sa.Connection, pool_id: int, name: str) -> Released | None:
    """A pool's release by its number, else the newest of that name."""
    query = sa.select(releases).where(releases.c.pool_id == pool_id)
    if name.isascii() and name.isdecimal() and len(name) <= 18:
        row = c.execute(query.where(releases.c.id == int(name))).first()
        if row is not None:
            return _released(row)
    row = c.execute(query.where(releases.c.name == name).order_by(releases.c.id.desc()).limit(1)).first()
    return _released(row) if row is not None else None


def get(c: sa.Connection, release_id: int) -> Released:
    row = c.execute(sa.select(releases).where(releases.c.id == release_id)).first()
    if row is None:
        raise missing.no_such(c, missing.RELEASE, release_id)
    return _released(row)


def at_path(c: sa.Connection, path: str) -> Released | None:
    """The release that was written to that path, the newest one."""
    row = c.execute(sa.select(releases).where(releases.c.path == path).order_by(releases.c.id.desc()).limit(1)).first()
    return _released(row) if row is not None else None


def newest_id(c: sa.Connection, pool_id: int | None = None) -> int:
    """The number of the newest release, of a pool or of all; 0 without one."""
    query = sa.select(sa.func.max(releases.c.id))
    return int(c.execute(query if pool_id is None else query.where(releases.c.pool_id == pool_id)).scalar() or 0)


def rows_of_latest(c: sa.Connection, pool_id: int) -> int:
    """How many instances a pool's newest release holds; 0 without one."""
    query = sa.select(releases.c.rows).where(releases.c.pool_id == pool_id).order_by(releases.c.id.desc()).limit(1)
    return int(c.execute(query).scalar() or 0)


def _released(row: sa.Row[Any]) -> Released:
    return Released(**row._mapping)
