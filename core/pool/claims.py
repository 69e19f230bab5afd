"""Who has which item before them, for a while: so that no two reviewers get one item unless that is wanted."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa

from core.database.engine import upsert
from core.database.schema import claims

CLAIM_S = 600.0
_STARTED = time.time() - time.monotonic()


def now() -> float:
    """Seconds on a clock that nobody can set while this program runs: it begins at the time of day, and only runs on.

    With the time of day itself one clock put forward would hand an item to two people.
    """
    return _STARTED + time.monotonic()


def shorten(c: sa.Connection) -> None:
    """Let no claim outlive ten minutes from now: one that would is of a program whose clock was ahead."""
    latest = now() + CLAIM_S
    c.execute(claims.update().where(claims.c.expires_at > latest).values(expires_at=latest))


def take(c: sa.Connection, instance_id: int, reviewer: str, round: str = "", slots: int = 1) -> bool:
    """Hold an item for ten minutes from now; False while `slots` others hold it. Held already, the time is renewed."""
    at = now()
    mine = (claims.c.instance_id == instance_id) & (claims.c.round == round) & (claims.c.reviewer == reviewer)
    renewed = c.execute(claims.update().where(mine).values(expires_at=at + CLAIM_S))
    if renewed.rowcount:
        return True
    return any(_take_slot(c, instance_id, reviewer, round, slot, at) for slot in range(slots))


def release(c: sa.Connection, instance_id: int, reviewer: str, round: str = "") -> None:
    """Let an item go."""
    c.execute(_release, {"its_id": instance_id, "its_round": round, "its_reviewer": reviewer})


def held_by_others(instance_id: Any, reviewer: Any, round: str, now: Any) -> sa.ScalarSelect[int]:
    """How many others hold an item now, as part of a query."""
    return (
        sa.select(sa.func.count())
        .select_from(claims)
        .where(claims.c.instance_id == instance_id, claims.c.round == round)
        .where(claims.c.reviewer != reviewer, claims.c.expires_at > now)
        .scalar_subquery()
    )


_release = claims.delete().where(
    claims.c.instance_id == sa.bindparam("its_id"),
    claims.c.round == sa.bindparam("its_round"),
    claims.c.reviewer == sa.bindparam("its_reviewer"),
)


def _take_slot(c: sa.Connection, instance_id: int, reviewer: str, round: str, slot: int, at: float) -> bool:
    until = at + CLAIM_S
    insert = upsert(c, claims).values(
        instance_id=instance_id, round=round, slot=slot, reviewer=reviewer, expires_at=until
    )
    taken = insert.on_conflict_do_update(
        index_elements=[claims.c.instance_id, claims.c.round, claims.c.slot],
        set_={"reviewer": reviewer, "expires_at": until},
        where=(claims.c.expires_at <= at) | (claims.c.reviewer == reviewer),
    )
    return c.execute(taken.returning(claims.c.instance_id)).first() is not None
