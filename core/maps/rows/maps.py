"""A pool's map as it is kept, and the texts that it is made of."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.database.engine import insert_new
from core.database.schema import instances, map_points, maps, tasks
from core.pool.open_answers import may_be_seen
from core.records import State

PlacedText = tuple[str, float, float, float]  # a text's hash, its place, and how dense it is there


def texts(c: sa.Connection, pool_id: int) -> list[tuple[str, str]]:
    """(hash, instruction) of a pool's accepted tasks, its seeds among them: each text once, in order of arrival."""
    chosen = (
        sa.select(sa.func.min(tasks.c.id).label("first"))
        .where(tasks.c.pool_id == pool_id, tasks.c.state == State.ACCEPTED.value)
        .group_by(tasks.c.instruction_hash)
        .subquery()
    )
    query = sa.select(tasks.c.instruction_hash, tasks.c.instruction).join(chosen, chosen.c.first == tasks.c.id)
    return list(c.execute(query.order_by(tasks.c.id)).tuples())


def has_texts(c: sa.Connection, pool_id: int, most: int) -> int:
    """How many different instructions a pool's accepted tasks have, counted up to `most`."""
    its = sa.select(tasks.c.instruction_hash).where(tasks.c.pool_id == pool_id, tasks.c.state == State.ACCEPTED.value)
    return int(c.execute(sa.select(sa.func.count()).select_from(its.distinct().limit(most).subquery())).scalar_one())


def begin(
    c: sa.Connection,
    pool_id: int,
    run_id: int,
    recipe: Mapping[str, Any],
    made: Mapping[str, Any],
    texts: int,
    seconds: float,
    *,
    left_out: Sequence[str] = (),
) -> int:
    """Store a map whose points come next; it counts once it is `settle`d. Return its id.

    `made`: what the map's process answered; `left_out`: texts that no place could be found for, by hash.
    """
    new = (
        maps.insert()
        .returning(maps.c.id)
        .values(
            pool_id=pool_id,
            run_id=run_id,
            recipe=dict(recipe),
            texts=texts,
            seconds=seconds,
            left_out=list(left_out),
            created_at=time.time(),
            whole=False,
            **{name: made[name] for name in ("made_with", "titles", "trust", "trusted")},
        )
    )
    return int(c.execute(new).scalar_one())


def add(c: sa.Connection, map_id: int, some: Sequence[PlacedText]) -> None:
    """Store some of a map's points."""
    insert_new(c, map_points, ("map_id", "text_hash", "x", "y", "density"), [(map_id, *point) for point in some])


def settle(c: sa.Connection, map_id: int) -> None:
    """All points are there: from now on this is the pool's map."""
    c.execute(maps.update().where(maps.c.id == map_id).values(whole=True))


def former(c: sa.Connection, pool_id: int, map_id: int) -> list[int]:
    """The pool's maps in whose place this one came, and what a kill has left of others."""
    return list(c.execute(sa.select(maps.c.id).where(maps.c.pool_id == pool_id, maps.c.id < map_id)).scalars())


def drop(c: sa.Connection, map_id: int, limit: int) -> bool:
    """Delete so many points of a map, and with the last of them the map; return whether it is gone."""
    its = map_points.c.map_id == map_id
    some = sa.select(map_points.c.text_hash).where(its).limit(limit)
    if c.execute(map_points.delete().where(its, map_points.c.text_hash.in_(some))).rowcount == limit:
        return False
    c.execute(maps.delete().where(maps.c.id == map_id))
    return True


def newest(c: sa.Connection, pool_id: int) -> sa.Row[Any] | None:
    """The pool's map without its points; None before the first."""
    whole = sa.select(maps).where(maps.c.pool_id == pool_id, maps.c.whole)
    return c.execute(whole.order_by(maps.c.id.desc()).limit(1)).first()


def points(c: sa.Connection, map_id: int, pool_id: int) -> list[sa.Row[Any]]:
    """(id, instruction, origin, run_id, hash, x, y, density) of the pool's accepted tasks that are placed."""
    query = (
        sa.select(
            tasks.c.id,
            tasks.c.instruction,
            tasks.c.origin,
            tasks.c.run_id,
            tasks.c.instruction_hash,
            map_points.c.x,
            map_points.c.y,
            map_points.c.density,
        )
        .join(map_points, (map_points.c.map_id == map_id) & (map_points.c.text_hash == tasks.c.instruction_hash))
        .where(tasks.c.pool_id == pool_id, tasks.c.state == State.ACCEPTED.value)
        .order_by(tasks.c.id)
    )
    return list(c.execute(query))


def changed(c: sa.Connection, map_id: int, pool_id: int, left_out: Sequence[str] = ()) -> tuple[int, int]:
    """(texts of the pool that the map lacks, texts on the map that the pool has no more); `left_out` aren't missed."""
    its = sa.select(map_points.c.text_hash).where(map_points.c.map_id == map_id)
    now = sa.select(tasks.c.instruction_hash).where(tasks.c.pool_id == pool_id, tasks.c.state == State.ACCEPTED.value)
    known = now.where(tasks.c.instruction_hash.not_in(left_out)) if left_out else now
    missing = sa.select(sa.func.count()).select_from(sa.except_(known, its).subquery())
    gone = sa.select(sa.func.count()).select_from(sa.except_(its, now).subquery())
    return int(c.execute(missing).scalar_one()), int(c.execute(gone).scalar_one())


def grades(c: sa.Connection, pool_id: int, viewer: str) -> dict[int, str]:
    """The best grade of each rated task's instances, "A" to "D": of those that no queue waits for, or the viewer rated.

    While ratings are waited for, others' grades would colour one's own (as `differences` has it).
    """
    query = (
        sa.select(instances.c.task_id, sa.func.min(instances.c.grade))
        .where(
            instances.c.pool_id == pool_id,
            instances.c.is_seed.is_(False),
            instances.c.state == State.ACCEPTED.value,
            instances.c.rated > 0,
            instances.c.grade.is_not(None),
            may_be_seen(viewer),
        )
        .group_by(instances.c.task_id)
    )
    return dict(c.execute(query).tuples().all())


def newest_id(c: sa.Connection, pool_id: int) -> int:
    """The id of the pool's map; 0 before the first."""
    query = sa.select(sa.func.coalesce(sa.func.max(maps.c.id), 0)).where(maps.c.pool_id == pool_id, maps.c.whole)
    return int(c.execute(query).scalar_one())
