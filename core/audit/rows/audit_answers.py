"""What reviewers said of an audit's items: ordinary ratings, append-only and undoable, in a round of the audit's own.

They name the frozen text, so they never count as ratings of what an instance became after the draw.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from core.audit.frozen import Audit, FrozenItem
from core.audit.rows.audits import item
from core.database.engine import upsert
from core.database.schema import audit_items as items
from core.database.schema import audit_looks, ratings, standings
from core.pool import judged_then, judgement, judging, standing
from core.pool.judgement import Act, Judgement
from core.pool.standing import ANYTHING
from core.records import Rating, Refused


@dataclass(frozen=True, slots=True)
class StandingAnswer:
    """What one reviewer's standing answer to an item is: a rating or a skip, by its id."""

    rating_id: int
    kind: str
    said: Judgement


def answered(c: sa.Connection, audit: Audit, reviewer: str) -> dict[int, str | None]:
    """Position to what the reviewer did with it, in the order of the draw: "rate", "skip" or None."""
    mine = _standing(audit.round) & (standings.c.reviewer == reviewer)
    query = sa.select(items.c.position, standings.c.kind).join(standings, mine, isouter=True)
    rows = c.execute(query.where(items.c.audit_id == audit.id).order_by(items.c.position))
    return dict(rows.tuples().all())


def answer(c: sa.Connection, audit: Audit, instance_id: int, reviewer: str) -> StandingAnswer | None:
    """What stands of a reviewer's word on an item, or None."""
    query = (
        sa.select(ratings)
        .join(standings, standings.c.rating_id == ratings.c.id)
        .where(standings.c.instance_id == instance_id, standings.c.reviewer == reviewer)
        .where(standings.c.round == audit.round)
    )
    row = c.execute(query).first()
    return StandingAnswer(row.id, row.kind, judgement.act(row).said) if row else None


def progress(c: sa.Connection, audit: Audit) -> dict[str, int]:
    """How many items each reviewer has judged, by name."""
    n = sa.func.count()
    query = sa.select(standings.c.reviewer, n).select_from(items).join(standings, _standing(audit.round))
    query = query.where(items.c.audit_id == audit.id, standings.c.kind == "rate")
    return dict(c.execute(query.group_by(standings.c.reviewer).order_by(standings.c.reviewer)).tuples().all())


def judged(c: sa.Connection, audit: Audit) -> tuple[int, int]:
    """(items with a rating, items)."""
    one = sa.exists().where(_standing(audit.round), standings.c.kind == "rate")
    count = sa.select(sa.func.count()).select_from(items).where(items.c.audit_id == audit.id)
    return int(c.execute(count.where(one)).scalar_one()), int(c.execute(count).scalar_one())


def standing_ratings(c: sa.Connection, audit: Audit, round: str) -> list[Rating]:
    """The ratings of the frozen texts that stand in a round of the audit, in the order in which they were stored."""
    query = (
        sa.select(ratings)
        .select_from(items)
        .join(standings, _standing(round))
        .join(ratings, ratings.c.id == standings.c.rating_id)
        .where(items.c.audit_id == audit.id, ratings.c.kind == "rate", ratings.c.text_hash == items.c.text_hash)
        .order_by(ratings.c.id)
    )
    return [judgement.rating(row) for row in c.execute(query)]


def stood_then(c: sa.Connection, audit: Audit, round: str, newest: int) -> list[Rating]:
    """The same as of the rating event `newest`."""
    frozen = sa.select(items.c.instance_id, items.c.text_hash).where(items.c.audit_id == audit.id)
    text_of = dict(c.execute(frozen).tuples().all())
    stood = judged_then.standing(c, audit.pool_id, newest, (round,))
    rows = [row for its, said in stood.items() for row in said if text_of.get(its) == row.text_hash]
    return [judgement.rating(row) for row in sorted(rows, key=lambda row: row.id)]


def looked_after(c: sa.Connection, audit: Audit) -> dict[str, int]:
    """The latest rating of all at the time when each who has seen what others said first did, by name."""
    query = sa.select(audit_looks.c.reviewer, audit_looks.c.after_rating).where(audit_looks.c.audit_id == audit.id)
    return dict(c.execute(query).tuples().all())


def last_event(c: sa.Connection, audit: Audit) -> int:
    """A number that changes with every rating and undo of the audit, for who keeps results at hand."""
    rounds = (audit.round, audit.final_round)
    query = sa.select(sa.func.max(ratings.c.id)).join(items, items.c.instance_id == ratings.c.instance_id)
    return int(c.execute(query.where(items.c.audit_id == audit.id, ratings.c.round.in_(rounds))).scalar() or 0)


def look(c: sa.Connection, audit: Audit, reviewer: str) -> None:
    """Note that the reviewer sees what others said from now on; the first time counts."""
    last = sa.select(sa.func.coalesce(sa.func.max(ratings.c.id), 0)).scalar_subquery()
    row = {"audit_id": audit.id, "reviewer": reviewer, "at": time.time(), "after_rating": last}
    c.execute(upsert(c, audit_looks).values(**row).on_conflict_do_nothing())


def looks(c: sa.Connection, audit: Audit) -> tuple[str, ...]:
    """Who has seen what others said, in the order in which they first did."""
    query = sa.select(audit_looks.c.reviewer).where(audit_looks.c.audit_id == audit.id)
    return tuple(c.execute(query.order_by(audit_looks.c.after_rating, audit_looks.c.reviewer)).scalars())


def has_looked(c: sa.Connection, audit: Audit, reviewer: str) -> bool:
    """Whether the reviewer has seen what others said."""
    its = (audit_looks.c.audit_id == audit.id) & (audit_looks.c.reviewer == reviewer)
    return c.execute(sa.select(audit_looks.c.at).where(its)).first() is not None


def late_ratings(c: sa.Connection, audit: Audit) -> dict[int, str]:
    """The standing ratings that came in after their reviewer had seen what others said: reviewer by rating.

    By the order in which they were stored, which no clock can turn round.
    """
    query = (
        sa.select(ratings.c.id, standings.c.reviewer)
        .select_from(items)
        .join(standings, _standing(audit.round))
        .join(ratings, ratings.c.id == standings.c.rating_id)
        .join(audit_looks, (audit_looks.c.audit_id == audit.id) & (audit_looks.c.reviewer == standings.c.reviewer))
        .where(items.c.audit_id == audit.id, standings.c.kind == "rate", ratings.c.id > audit_looks.c.after_rating)
    )
    return dict(c.execute(query.order_by(ratings.c.id)).tuples().all())


def given_after_looking(c: sa.Connection, audit: Audit) -> dict[str, int]:
    """How many of each reviewer's standing ratings came in after they had seen what others said, by name."""
    return dict(sorted(Counter(late_ratings(c, audit).values()).items()))


def history(c: sa.Connection, audit: Audit) -> list[Rating]:
    """Every rating of the audit's items ever given in its round and not taken back."""
    query = standing.not_undone().join(items, items.c.instance_id == ratings.c.instance_id)
    rows = c.execute(
        query.where(items.c.audit_id == audit.id, ratings.c.round == audit.round, ratings.c.kind == "rate")
    )
    return [judgement.rating(row) for row in rows]


def rate(
    c: sa.Connection,
    audit: Audit,
    position: int,
    reviewer: str,
    said: Judgement,
    *,
    seen: int | None = ANYTHING,
    round: str | None = None,
) -> int:
    """Store a judgement of the frozen text, whatever has become of it since; return the rating's id.

    Refused where the reviewer's standing answer is no longer the one that was shown (`seen`, None for none).
    """
    of = item(c, audit, position)
    _same_as_seen(c, audit, of, reviewer, seen)
    return judging.rate(c, of.instance_id, reviewer, of.text_hash, said, round or audit.round, frozen=True)


def add_from_elsewhere(c: sa.Connection, audit: Audit, position: int, reviewer: str, said: Judgement, at: float) -> int:
    """Store a rating that was given at that time at another desk; a later one of the same reviewer still stands."""
    of = item(c, audit, position)
    return judging.add_from_elsewhere(c, audit.pool_id, of.instance_id, reviewer, of.text_hash, said, at, audit.round)


def skip(c: sa.Connection, audit: Audit, position: int, reviewer: str, seen: int | None = ANYTHING) -> int:
    """Store that the reviewer passes on an item for now; it comes again at the end."""
    of = item(c, audit, position)
    _same_as_seen(c, audit, of, reviewer, seen)
    return judging.skip(c, of.instance_id, reviewer, of.text_hash, audit.round, frozen=True)


def last_act(c: sa.Connection, audit: Audit, reviewer: str) -> tuple[Act, int] | None:
    """What undo would take back, with its place in the draw; None where there is nothing."""
    act = judging.latest(c, audit.pool_id, reviewer, (audit.round,))
    if act is None:
        return None
    return act, place(c, audit, act.instance_id)


def place(c: sa.Connection, audit: Audit, instance_id: int) -> int:
    """Where an instance stands in the draw, counted from 1."""
    query = sa.select(items.c.position).where(items.c.audit_id == audit.id, items.c.instance_id == instance_id)
    return int(c.execute(query).scalar_one())


def last_word(c: sa.Connection, audit: Audit, position: int) -> int | None:
    """The rating that settles an item, by its id; None where nothing does."""
    of = item(c, audit, position)
    query = (
        sa.select(sa.func.max(standings.c.rating_id))
        .where(standings.c.instance_id == of.instance_id, standings.c.round == audit.final_round)
        .where(standings.c.kind == "rate", standings.c.text_hash == of.text_hash)
    )
    return c.execute(query).scalar()


def _same_as_seen(c: sa.Connection, audit: Audit, of: FrozenItem, reviewer: str, seen: int | None) -> None:
    if seen == ANYTHING:
        return
    stands = answer(c, audit, of.instance_id, reviewer)
    if (stands.rating_id if stands else None) != seen:
        raise Refused("You have answered this item in another window since it was shown here; nothing was changed.")


def _standing(round: str) -> sa.ColumnElement[bool]:
    return (standings.c.instance_id == items.c.instance_id) & (standings.c.round == round)
