"""The history of a pool: newest first, narrowed, read by key; and the way back, with what would follow.

It says who judged which text when. What they said of it stands there for themselves, and for a reader whose own answer
it can colour no more; of audits for themselves alone, for an audit shows others' answers by a rule of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa

from core.database import Database
from core.gate import rescue
from core.history.happened import Happened, Place, Wanted, is_number
from core.history.rows import events
from core.pool import long_acts
from core.records import Decided, Refused
from core.review import editing
from core.words import number_of

LIMIT = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Acts, newest first, and the place to go on from; None where nothing came before."""

    acts: tuple[Happened, ...]
    following: str | None


@dataclass(frozen=True, slots=True)
class WayBack:
    """What taking an act back would do, in a sentence, and of how many instances."""

    key: str
    sentence: str
    n: int


def page(
    database: Database,
    pool_id: int,
    wanted: Wanted | None = None,
    *,
    before: str | None = None,
    limit: int = LIMIT,
    viewer: str = "",
) -> Page:
    """The newest acts that are wanted, or those before a place that an earlier page named, as `viewer` may see them."""
    if limit < 1:
        raise Refused("A page of the history has at least one act.")
    place = Place.of(before) if before else None
    with database.read() as c:
        found = events.newest(c, pool_id, wanted or Wanted(), place, limit + 1, viewer)
        begins = events.texts(c, [one.task_id for one in found if one.task_id is not None])
    acts = tuple(replace(one, text=begins.get(one.task_id or 0, "")) for one in found[:limit])
    more = len(found) > limit
    return Page(acts, str(Place(acts[-1].at, acts[-1].key)) if more else None)


def people(database: Database, pool_id: int) -> list[str]:
    """Everybody who did something in a pool, in order of name."""
    with database.read() as c:
        return events.people(c, pool_id)


def way_back(database: Database, pool_id: int, key: str) -> WayBack:
    """What would follow from taking an act back; nothing is changed. Refused where it can't be, with why."""
    with database.read() as c:
        row = _undoable(c, pool_id, key)
        n = long_acts.came_to(c, row.id, row.evidence or {}).n or 1
        if row.kind == Decided.RESCUE.value:
            rated = events.ratings_of(c, [row.instance_id]) if row.instance_id is not None else 0
            return WayBack(
                key,
                f"It is discarded again by {row.rule or 'its rule'}; {number_of(rated, 'rating')} of it stay in "
                f"the history.",
                1,
            )
    follows = {
        Decided.REJECT.value: (
            f"{number_of(n, 'instance', 'come')} back into the pool, and into the queues that they fit."
        ),
        Decided.FLAG.value: f"The flag is taken off {number_of(n, 'instance')} again; a release may let them out.",
        Decided.UNFLAG.value: f"The flag is raised on {number_of(n, 'instance')} again; a release leaves them behind.",
        Decided.EDIT.value: f"{number_of(n, 'instance', 'have')} their former text again: ratings of the text of "
        f"now become stale, "
        "those of the former one count again.",
    }
    return WayBack(key, follows[row.kind], n)


def undo(database: Database, pool_id: int, key: str, actor: str) -> int:
    """Take an act back by a further event; return how many instances it touched. Refused where it can't be."""
    with database.read() as c:
        row = _undoable(c, pool_id, key)
    if row.kind == Decided.RESCUE.value:
        return rescue.put_back(database, [(row.task_id, row.instance_id)], actor)
    return editing.undo(database, row.id, actor)


def _undoable(c: sa.Connection, pool_id: int, key: str) -> sa.Row[tuple[object, ...]]:
    letter, number = key[:1], key[1:]
    if letter == "r":
        raise Refused("A judgement is taken back by who gave it: at the desk, or by `winnow rating undo`.")
    row = events.one_decision(c, int(number)) if letter == "d" and is_number(number) else None
    if row is None or row.pool_id != pool_id:
        raise Refused(f'There is no act "{key}" that the history can take back.')
    whole = row.task_id is None and row.instance_id is None and row.event_id is None
    kinds = {Decided.REJECT.value, Decided.FLAG.value, Decided.UNFLAG.value, Decided.EDIT.value}
    if row.undoes is not None or not (row.kind == Decided.RESCUE.value or (whole and row.kind in kinds)):
        raise Refused("That cannot be taken back here: do the opposite, such as switching a seed on again.")
    return row
