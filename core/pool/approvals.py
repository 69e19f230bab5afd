"""Which tasks stood as approved at an earlier moment, by the ratings as they had been stored by then."""

from __future__ import annotations

import sqlalchemy as sa

from core.database.schema import ratings
from core.pool import judged_then
from core.records import Grade

APPROVING = (Grade.A.value, Grade.B.value)


def newest_rating(c: sa.Connection) -> int:
    """The latest rating event of the whole database; 0 before the first."""
    return int(c.execute(sa.select(sa.func.coalesce(sa.func.max(ratings.c.id), 0))).scalar_one())


def newest_by(c: sa.Connection, pool_id: int, at: float) -> int:
    """The latest rating event that was surely there at a time (seconds since 1970): see `judged_then.known_by`."""
    return judged_then.known_by(c, pool_id, at).newest


def approved(c: sa.Connection, pool_id: int, at: float, newest: int) -> set[int]:
    """The tasks that had an accepted instance counted as A or B: texts as of a time, ratings up to `newest`."""
    return {
        one.task_id
        for one in judged_then.judged(c, pool_id, at, newest)
        if one.accepted and (word := one.counts_as) is not None and word.grade in APPROVING
    }
