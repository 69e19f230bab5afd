"""Acts on so many instances that they are done part by part, so that others can write between: how far one came.

Such an act is an event whose evidence says how many were `meant`. Its parts point to it, and once it has ended so does
a last decision, on no task and no instance, that says what it came to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database import Database
from core.database.schema import decisions

MEANT = "meant"


@dataclass(frozen=True, slots=True)
class CameTo:
    """How many instances an act touched so far, and whether it has ended: not while it goes on, or where it was cut
    off."""

    n: int
    ended: bool


def came_to(c: sa.Connection, event_id: int, told: Mapping[str, Any]) -> CameTo:
    """How far the act came that is stored as this event with this evidence."""
    if MEANT not in told:  # done in one transaction
        return CameTo(int(told.get("n") or 0), True)
    if last := _last(c, event_id):
        return CameTo(int(last.evidence["n"]), True)
    n = c.execute(sa.select(sa.func.count()).where(decisions.c.event_id == event_id)).scalar_one()
    return CameTo(int(n), False)


def end(database: Database, event_id: int) -> int:
    """Note that an act has ended, where nobody has yet; return how many instances it touched."""
    with database.read() as c:  # counted before the lock is taken: after the last part there are no more
        event = c.execute(sa.select(decisions).where(decisions.c.id == event_id)).one()
        its = came_to(c, event_id, event.evidence)
    same = {name: event._mapping[name] for name in ("pool_id", "kind", "rule", "actor", "at")}
    with database.write() as c:
        if not _last(c, event_id):
            c.execute(decisions.insert().values(**same, event_id=event_id, evidence={"n": its.n}))
    return its.n


def _last(c: sa.Connection, event_id: int) -> sa.Row[Any] | None:
    """The decision that ended an act, or None."""
    query = sa.select(decisions).where(decisions.c.event_id == event_id).order_by(decisions.c.id.desc()).limit(1)
    last = c.execute(query).first()
    return last if last is not None and last.task_id is None and last.instance_id is None else None
