"""A copy of a pool while it is being made: put away under a name of its own until it is whole.

Its row says when something came to it last. Of one that was cut off by a kill nothing comes any more: it is `left`, and
`core.pools.deleting.sweep` takes it away.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from core.database.schema import pools
from core.database.wholes import LEFT_S
from core.pool import pools as store
from core.records import Pool, Refused

_NAME = re.compile(r"unfinished copy [0-9a-f]{8}( \(half deleted, \d+\))?")


def begin(c: sa.Connection, settings: Mapping[str, Any]) -> Pool:
    """Make the pool that is to become a copy."""
    made = store.create(c, f"unfinished copy {uuid4().hex[:8]}", settings)
    store.archive(c, made.id)
    return made


def go_on(c: sa.Connection, made: Pool) -> None:
    """Note that it is still being made; Refused where somebody took it away, for it had lain still."""
    here = pools.update().where(pools.c.id == made.id, pools.c.name == made.name)
    if c.execute(here.values(archived_at=time.time())).rowcount != 1:
        raise Refused(
            "Somebody took away the copy that was being made, for it had lain still for minutes; begin again."
        )


def give_up(c: sa.Connection, made: Pool) -> None:
    """Note that nothing will come to it any more."""
    c.execute(pools.update().where(pools.c.id == made.id, pools.c.name == made.name).values(archived_at=0.0))


def end(c: sa.Connection, made: Pool, name: str) -> Pool:
    """Have it be a pool like any other; Refused where the name has been taken meanwhile."""
    go_on(c, made)
    store.archive(c, made.id, archived=False)
    store.rename(c, made.id, name)
    return store.by_id(c, made.id)


def left(c: sa.Connection) -> list[Pool]:
    """Those that nobody is making any more."""
    away = store.every(c, archived=True)
    return [one for one in away if _NAME.fullmatch(one.name) and (one.archived_at or 0.0) < time.time() - LEFT_S]
