"""Who has which item before them, for a while: so that no two reviewers get one item unless that is wanted."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import sqlalchemy as sa

from core.database.engine import inserting
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


def take(
    c: sa.Connection, instance_id: int, reviewer: str, round: str = "", slots: int = 1, *, is_new: bool = False
) -> bool:
    """Hold an item for ten minutes from now; False while `slots` others hold it. Held already, the time is renewed.

    `is_new`: this transaction has seen that the reviewer does not hold it.
    """
    at = now()
    mine = {"its_id": instance_id, "its_round": round, "its_reviewer": reviewer}
    if not is_new and c.execute(_renew, {**mine, "until": at + CLAIM_S}).rowcount:
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


_mine = (
    (claims.c.instance_id == sa.bindparam("its_id"))
    & (claims.c.round == sa.bindparam("its_round"))
    & (claims.c.reviewer == sa.bindparam("its_reviewer"))
)
_release = claims.delete().where(_mine)
_renew = claims.update().where(_mine).values(expires_at=sa.bindparam("until"))


def _take_slot(c: sa.Connection, instance_id: int, reviewer: str, round: str, slot: int, at: float) -> bool:
    row = {"instance_id": instance_id, "round": round, "slot": slot, "reviewer": reviewer, "expires_at": at + CLAIM_S}
    return c.execute(_taking(c.dialect.name), {**row, "now": at}).first() is not None


@cache
def _taking(dialect: str) -> Any:
    """Take a slot that nobody has, or whose time is over."""
    insert = inserting(dialect, claims)
    return insert.on_conflict_do_update(
        index_elements=[claims.c.instance_id, claims.c.round, claims.c.slot],
        set_={"reviewer": insert.excluded.reviewer, "expires_at": insert.excluded.expires_at},
        where=(claims.c.expires_at <= sa.bindparam("now")) | (claims.c.reviewer == insert.excluded.reviewer),
    ).returning(claims.c.instance_id)
