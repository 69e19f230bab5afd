"""Pools and the preferences that belong to no pool."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core import knobs
from core.database.schema import pools, preferences
from core.missing import no_such_name
from core.pool import pool_settings
from core.pool.pool_settings import PoolSettings
from core.records import NotFound, Pool, Refused
from core.words import name_of


def create(c: sa.Connection, name: str, settings: Mapping[str, Any] | None = None) -> Pool:
    """Make a pool; Refused where the name is empty, too long or taken, or a setting does not fit."""
    name = _checked(c, name)
    knobs.changed(PoolSettings(), settings or {})
    row = c.execute(
        pools.insert().values(name=name, settings=dict(settings or {}), created_at=time.time()).returning(pools)
    ).one()
    return _pool(row)


def get(c: sa.Connection, name: str) -> Pool:
    """The pool of that name; NotFound names the pools there are."""
    row = c.execute(sa.select(pools).where(pools.c.name == name.strip())).first()
    if row is None:
        there = [pool.name for pool in every(c)]
        raise no_such_name("pool", name, there, "`winnow pool make NAME` makes one", "winnow pool list")
    return _pool(row)


def by_id(c: sa.Connection, pool_id: int) -> Pool:
    """The pool of that id; NotFound where it is gone."""
    row = c.execute(sa.select(pools).where(pools.c.id == pool_id)).first()
    if row is None:
        raise NotFound("This pool is gone, for it was deleted meanwhile: choose another one.")
    return _pool(row)


def every(c: sa.Connection, archived: bool = False) -> list[Pool]:
    """All pools that are at work, oldest first; with `archived`, those put away instead."""
    where = pools.c.archived_at.is_not(None) if archived else pools.c.archived_at.is_(None)
    return [_pool(row) for row in c.execute(sa.select(pools).where(where).order_by(pools.c.id))]


def check_name(c: sa.Connection, name: str) -> None:
    """Refused where a pool could not be made under this name."""
    _checked(c, name)


def rename(c: sa.Connection, pool_id: int, name: str) -> None:
    c.execute(pools.update().where(pools.c.id == pool_id).values(name=_checked(c, name, pool_id)))


def archive(c: sa.Connection, pool_id: int, archived: bool = True) -> None:
    """Put a pool away, or take it out again; nothing in it changes."""
    c.execute(pools.update().where(pools.c.id == pool_id).values(archived_at=time.time() if archived else None))


def configure(c: sa.Connection, pool_id: int, **settings: Any) -> Pool:
    """Change some of a pool's settings, keep the others. Refused for an unknown one, or a value that does not fit."""
    pool = by_id(c, pool_id)
    knobs.changed(pool_settings.of(pool), settings)
    merged = {**pool.settings, **settings}
    row = c.execute(pools.update().where(pools.c.id == pool_id).values(settings=merged).returning(pools)).one()
    return _pool(row)


def preference(c: sa.Connection, name: str, default: Any = None) -> Any:
    """A choice that belongs to no pool, such as the endpoint's address; never a key."""
    value = c.execute(sa.select(preferences.c.value).where(preferences.c.name == name)).scalar()
    return default if value is None else value


def prefer(c: sa.Connection, name: str, value: Any) -> None:
    if c.execute(preferences.update().where(preferences.c.name == name).values(value=value)).rowcount == 0:
        c.execute(preferences.insert().values(name=name, value=value))


def _checked(c: sa.Connection, name: str, own_id: int | None = None) -> str:
    name = name_of(name, 80)
    if not name:
        raise Refused("A pool's name has 1 to 80 characters that can be seen; choose another.")
    taken = c.execute(sa.select(pools.c.id).where(pools.c.name == name)).scalar()
    if taken is not None and taken != own_id:
        raise Refused(f'There is a pool "{name}" already; choose another name.')
    return name


def _pool(row: sa.Row[Any]) -> Pool:
    return Pool(row.id, row.name, row.created_at, row.archived_at, row.settings)
