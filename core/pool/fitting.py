"""Instances that fit a queue after it has looked past them: put back, rescued, or edited into fitting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.database.parts import in_parts
from core.database.schema import instances, queue_items, queues
from core.pool import filters
from core.pool import queue_items as items
from core.pool.filters import Filter


def take_in(c: sa.Connection, pool_id: int, instance_ids: Sequence[int]) -> None:
    """Put those of these instances into each queue of the pool that fit it now and are not in it yet."""
    for queue in c.execute(_in_use, {"its_pool": pool_id}).all():
        for some in in_parts(instance_ids):
            items.insert(c, queue, missing(c, queue, instances.c.id.in_(some)))


def missing(c: sa.Connection, queue: sa.Row[Any], among: sa.ColumnElement[bool] | None = None) -> list[sa.Row[Any]]:
    """(id, task_id, position, rated) of what fits a queue now and is not in it, in order of arrival."""
    held = sa.exists().where(queue_items.c.queue_id == queue.id, queue_items.c.instance_id == instances.c.id)
    wanted = Filter.of(queue.filter)
    return filters.matching(c, queue.pool_id, wanted, also=(~held,) if among is None else (among, ~held))


_in_use = (
    sa.select(queues)
    .where(queues.c.pool_id == sa.bindparam("its_pool"), queues.c.archived_at.is_(None))
    .order_by(queues.c.id)
)
