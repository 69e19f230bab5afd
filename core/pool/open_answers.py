"""Which instances' answers may be shown without colouring an answer still to come: one condition for every picture."""

from __future__ import annotations

import sqlalchemy as sa

from core.database.schema import instances, queue_items, queues, standings
from core.pool.judgement import OPEN_DESK
from core.pool.queue_items import ItemState


def may_be_seen(viewer: str) -> sa.ColumnElement[bool]:
    """Of `instances` in a query: no queue in use waits for ratings of it, or the viewer's own of its text stands."""
    waits = sa.exists().where(
        queue_items.c.instance_id == instances.c.id,
        queue_items.c.state == int(ItemState.WAITS),
        queue_items.c.queue_id == queues.c.id,
        queues.c.archived_at.is_(None),
    )
    mine = sa.exists().where(
        standings.c.instance_id == instances.c.id,
        standings.c.reviewer == viewer,
        standings.c.round == OPEN_DESK,
        standings.c.kind == "rate",
        standings.c.text_hash == instances.c.text_hash,
    )
    return ~waits | mine


def is_open(c: sa.Connection, instance_id: int, viewer: str) -> bool:
    """Whether one instance's answers may be shown to a viewer."""
    query = sa.select(instances.c.id).where(instances.c.id == instance_id, may_be_seen(viewer))
    return c.execute(query).first() is not None
