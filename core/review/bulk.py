"""Acts on everything that a filter means: previewed with a count, done as one event, undone as one."""

from __future__ import annotations

from dataclasses import dataclass

from core.database import Database
from core.pool import filters
from core.pool.filters import Filter
from core.records import Refused
from core.review.rows import acts

FLAG_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Preview:
    """What a bulk act would touch: how many instances now. The act is refused where it has become another number."""

    pool_id: int
    filter: Filter
    n: int


def preview(database: Database, pool_id: int, wanted: Filter) -> Preview:
    """How many instances an act on that filter would touch."""
    with database.read() as c:
        return Preview(pool_id, wanted, filters.count(c, pool_id, wanted))


def reject(database: Database, seen: Preview, reason: str, actor: str) -> int:
    """Take everything that was previewed out of the pool; return the event."""
    if not reason.strip():
        raise Refused("A rejection needs a reason; write one in a few words.")
    with database.write() as c:
        ids = [row.id for row in filters.matching(c, seen.pool_id, seen.filter)]
        _same_number(seen, len(ids))
        told = {"what": "bulk", "filter": seen.filter.as_saved()}
        return acts.reject(c, seen.pool_id, ids, reason.strip(), actor, told)


def flag(database: Database, seen: Preview, name: str, actor: str, raised: bool = True) -> int:
    """Set a flag on everything that was previewed, or take off what was set so; return the event."""
    name = flag_name(name)
    with database.write() as c:
        ids = [row.id for row in filters.matching(c, seen.pool_id, seen.filter)]
        _same_number(seen, len(ids))
        return acts.flag(c, seen.pool_id, ids, name, actor, raised)


def flag_name(text: str) -> str:
    """A flag's name as it is stored; Refused where it is empty or too long."""
    name = " ".join(text.split())
    if not name or len(name) > FLAG_LENGTH or not name.isprintable():
        raise Refused(f"A flag has 1 to {FLAG_LENGTH} letters; choose a short name.")
    return name


def _same_number(seen: Preview, now: int) -> None:
    if now == 0:
        raise Refused("Nothing fits this filter now; nothing was changed.")
    if now != seen.n:
        raise Refused(f"{now:,} instances fit by now instead of {seen.n:,}; look at the preview again.")
