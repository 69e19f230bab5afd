"""Acts on more instances than one transaction should touch: begun, done part by part, ended; taken back the same way.

Each function here is one short transaction's work. Between two of them others write, and a program that is killed
leaves an event that has not ended, with all that it touched, which can be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.database.schema import decisions, instances
from core.pool import filters, long_acts, queue_items
from core.pool.filters import Filter
from core.records import Decided, Refused, State
from core.review.rows import acts
from core.review.rows.acts import Event

PART = 2_000  # instances in one transaction


def begin(
    c: sa.Connection, pool_id: int, kind: Decided, reason: str, actor: str, told: Mapping[str, Any], meant: int
) -> Event:
    """Note an act before its first part."""
    return acts.begin(c, pool_id, kind, reason, actor, {**told, long_acts.MEANT: meant})


def still_fit(c: sa.Connection, pool_id: int, wanted: Filter, ids: Sequence[int]) -> list[int]:
    """Those of these instances that a filter means now."""
    among = range(min(ids), max(ids) + 1)
    return [row.id for row in filters.matching(c, pool_id, replace(wanted, instance_ids=tuple(ids)), among)]


def go_on(c: sa.Connection, pool_id: int, event: Event, wanted: Filter, ids: Sequence[int]) -> None:
    """Do an act on those of a part that still fit its filter. Refused where the act has been taken back meanwhile."""
    if acts.taken_back_by(c, event.id) is not None:
        raise Refused("The act was taken back while it was going on; the rest was left as it is.")
    fit = still_fit(c, pool_id, wanted, ids)
    if event.kind is Decided.REJECT:
        for_good = {"state": State.REJECTED.value, "rule": event.reason}
        c.execute(instances.update().where(instances.c.id.in_(fit)).values(**for_good))
        acts.decide(c, event, "instance_id", fit)
        queue_items.resettle_many(c, fit)
        return
    there, raised = acts.flagged_here(c, event.reason, fit), event.kind is Decided.FLAG
    touched = sorted(set(fit) - there if raised else there)
    acts.set_flag(c, pool_id, touched, event.reason, raised)
    acts.decide(c, event, "instance_id", touched)


def is_long(c: sa.Connection, event_id: int) -> bool:
    """Whether an act touched more than one transaction should take back."""
    told = acts.get(c, event_id).told
    if long_acts.MEANT in told:
        return True
    its = sa.select(decisions.c.id).where(decisions.c.event_id == event_id).offset(PART).limit(1)
    return c.execute(its).first() is not None


def begin_undo(c: sa.Connection, event_id: int, actor: str) -> tuple[Event, Event]:
    """Note that an act is being taken back, or find what somebody began: the act and its undoing.

    Refused where it is all taken back.
    """
    done = acts.get(c, event_id)
    if done.undone and done.ended:
        raise Refused(acts.UNDONE_BEFORE)
    begun = acts.taken_back_by(c, event_id)
    if begun is not None:
        return done, acts.as_event(c, begun)
    if why_not := acts.obstacle(c, done):
        raise Refused(why_not)
    pool_id = int(c.execute(sa.select(decisions.c.pool_id).where(decisions.c.id == event_id)).scalar_one())
    kind = acts.UNDONE_BY[done.kind]
    return done, acts.begin(c, pool_id, kind, done.reason, actor, {long_acts.MEANT: done.n}, undoes=event_id)


def go_on_undoing(c: sa.Connection, done: Event, back: Event, after_id: int) -> int | None:
    """Take back the next part of an act, after a decision of it; return the last of the part, None after the last."""
    undone = decisions.alias("undone")
    query = (
        sa.select(decisions)
        .where(decisions.c.event_id == done.id, decisions.c.id > after_id)
        .where(sa.or_(decisions.c.task_id.is_not(None), decisions.c.instance_id.is_not(None)))
        .where(~sa.exists().where(undone.c.undoes == decisions.c.id))
    )
    some = c.execute(query.order_by(decisions.c.id).limit(PART)).all()
    if not some:
        return None
    acts.undo_parts(c, done, back, some)
    return int(some[-1].id)
