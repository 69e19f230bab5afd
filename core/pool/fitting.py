"""Instances that fit a queue after it has looked past them: put back, rescued, or edited into fitting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.database.parts import by_no_index, in_parts
from core.database.schema import instances, queue_items, queues
from core.pool import filters
from core.pool import queue_items as items
from core.pool.filters import Filter


def take_in(c: sa.Connection, pool_id: int, instance_ids: Sequence[int]) -> None:
    """Put those of these instances into each queue of the pool that fit it now and are not in it yet."""
    for queue in c.execute(_in_use, {"its_pool": pool_id}).all():
        for some in in_parts(instance_ids):
            items.insert(c, queue, missing(c, queue, some))


def missing(
    c: sa.Connection, queue: sa.Row[Any], ids: Sequence[int] | None = None, among: range | None = None
) -> list[sa.Row[Any]]:
    """(id, task_id, position, rated) of what fits a queue now and is not in it, in order of arrival.

    Only of these `ids`, or of those `among` the ids of a range.
    """
    held = ~_held(queue, among)
    also = (held,) if ids is None else (instances.c.id.in_(ids), held)
    return filters.matching(c, queue.pool_id, Filter.of(queue.filter), among, also)


def take_in_part(c: sa.Connection, queue: sa.Row[Any], part: range) -> int:
    """Put what fits a queue among the ids of a part into it; return how many."""
    if queue.ordering not in items.IN_PLACE:
        return items.insert(c, queue, missing(c, queue, among=part))
    queries = filters.queries(c, queue.pool_id, Filter.of(queue.filter), part)
    return sum(items.insert_part(c, queue, query.where(~_held(queue, part)), part) for query in queries)


def _held(queue: sa.Row[Any], among: range | None) -> sa.ColumnElement[bool]:
    """Whether a queue holds an instance: looked up by the instance. While a queue is filled PostgreSQL takes it for the
    empty one that it last counted, and would go through all that it holds for each: so only what it holds `among` those
    ids, which is next to nothing, is gone through at all."""
    here = [by_no_index(queue_items.c.queue_id) == queue.id]
    if among is not None:
        here += [queue_items.c.instance_id >= among.start, queue_items.c.instance_id < among.stop]
    return sa.exists().where(*here, queue_items.c.instance_id == instances.c.id)


_in_use = (
    sa.select(queues)
    .where(queues.c.pool_id == sa.bindparam("its_pool"), queues.c.archived_at.is_(None))
    .order_by(queues.c.id)
)
