"""Acts on everything that a filter means: looked at with a count, done as one event, undone as one.

Many are done part by part, each a short transaction; a program that is killed between leaves an event that has not
ended: what it did can be taken back, or the act done again on what still fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.database import Database
from core.database.parts import in_parts
from core.pool import filters, long_acts
from core.pool.filters import Filter
from core.records import Decided, Refused
from core.review.flags import flag_name
from core.review.rows import acts, listing, parts
from core.review.rows.acts import Event as Event
from core.review.rows.listing import TableRow as TableRow
from core.words import number_of

_OTHERS = "Other instances fit by now than were shown; look at the table again."


@dataclass(frozen=True, slots=True)
class Fitting:
    """What a bulk act would touch: how many instances now, and which, as a sum. The act is refused for any others."""

    pool_id: int
    filter: Filter
    n: int
    which: int


@dataclass(frozen=True, slots=True)
class Table:
    """What fits a filter, its first rows as one reviewer may see them, and the pool's latest bulk acts."""

    fitting: Fitting
    rows: tuple[TableRow, ...]
    events: tuple[Event, ...]


def fitting(database: Database, pool_id: int, wanted: Filter) -> Fitting:
    """What an act on that filter would touch."""
    with database.read() as c:
        return Fitting(pool_id, wanted, *filters.count_and_sum(c, pool_id, wanted))


def table(database: Database, pool_id: int, wanted: Filter, reviewer: str, rows: int = 200, events: int = 8) -> Table:
    """The same with its first rows and the latest events, of one moment."""
    with database.read() as c:
        seen = Fitting(pool_id, wanted, *filters.count_and_sum(c, pool_id, wanted))
        page = listing.page(c, pool_id, wanted, reviewer, fitting=seen.n, limit=rows)
        return Table(seen, tuple(page), tuple(acts.of_pool(c, pool_id, limit=events)))


def reject(database: Database, seen: Fitting, reason: str, actor: str) -> Event:
    """Take everything that was seen to fit out of the pool; return the event."""
    if not reason.strip():
        raise Refused("A rejection needs a reason; write one in a few words.")
    told = {"what": "bulk", "filter": seen.filter.as_saved()}
    return _done(database, seen, Decided.REJECT, reason.strip(), actor, told)


def flag(database: Database, seen: Fitting, name: str, actor: str, raised: bool = True) -> Event:
    """Set a flag on everything that was seen to fit, or take off what was set so; return the event."""
    return _done(database, seen, Decided.FLAG if raised else Decided.UNFLAG, flag_name(name), actor, {})


def _done(database: Database, seen: Fitting, kind: Decided, reason: str, actor: str, told: Mapping[str, Any]) -> Event:
    """Do it on the very instances that were seen, so many at once that others can write between.

    Those that somebody rated, edited or took out between two parts, so that they no longer fit, are left alone.
    """
    ids = _the_same(database, seen)
    if len(ids) <= parts.PART:
        with database.write() as c:
            if len(parts.still_fit(c, seen.pool_id, seen.filter, ids)) < len(ids):
                raise Refused(_OTHERS)
            if kind is Decided.REJECT:
                return acts.get(c, acts.reject(c, seen.pool_id, ids, reason, actor, told))
            return acts.get(c, acts.flag(c, seen.pool_id, ids, reason, actor, kind is Decided.FLAG))
    with database.write() as c:
        event = parts.begin(c, seen.pool_id, kind, reason, actor, told, len(ids))
    for some in in_parts(ids, parts.PART):
        with database.write() as c:
            parts.go_on(c, seen.pool_id, event, seen.filter, some)
    long_acts.end(database, event.id)
    with database.read() as c:
        return acts.get(c, event.id)


def _the_same(database: Database, seen: Fitting) -> list[int]:
    """The instances that were seen to fit; Refused where others do by now, were they as many."""
    with database.read() as c:
        ids = [row.id for row in filters.matching(c, seen.pool_id, seen.filter)]
    if not ids:
        raise Refused("Nothing fits this filter now; nothing was changed.")
    if len(ids) != seen.n:
        raise Refused(
            f"{number_of(len(ids), 'instance', 'fit')} by now instead of {seen.n:,}; look at the table again."
        )
    if sum(map(filters.share_of_sum, ids)) != seen.which:
        raise Refused(_OTHERS)
    return ids
