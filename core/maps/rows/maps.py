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


def keep(
    c: sa.Connection,
    pool_id: int,
    run_id: int,
    recipe: Mapping[str, Any],
    made: Mapping[str, Any],
    hashes: Sequence[str],
    seconds: float,
    *,
    left_out: Sequence[str] = (),
) -> None:
    """Keep a map in the place of the one that the pool had. `made`: what the map's process answered.

    `left_out` are texts that no place could be found for, by hash.
    """
    old = sa.select(maps.c.id).where(maps.c.pool_id == pool_id)
    c.execute(map_points.delete().where(map_points.c.map_id.in_(old)))
    c.execute(maps.delete().where(maps.c.pool_id == pool_id))
    new = (
        maps.insert()
        .returning(maps.c.id)
        .values(
            pool_id=pool_id,
            run_id=run_id,
            recipe=dict(recipe),
            texts=len(hashes),
            seconds=seconds,
            left_out=list(left_out),
            created_at=time.time(),
            **{name: made[name] for name in ("made_with", "titles", "trust", "trusted")},
        )
    )
    map_id = int(c.execute(new).scalar_one())
    points = zip(hashes, made["x"], made["y"], made["density"], strict=True)
    names = ("map_id", "text_hash", "x", "y", "density")
    insert_new(c, map_points, names, [(map_id, *point) for point in points])


def newest(c: sa.Connection, pool_id: int) -> sa.Row[Any] | None:
    """The pool's map without its points; None before the first."""
    return c.execute(sa.select(maps).where(maps.c.pool_id == pool_id)).first()


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
    query = sa.select(sa.func.coalesce(sa.func.max(maps.c.id), 0)).where(maps.c.pool_id == pool_id)
    return int(c.execute(query).scalar_one())
