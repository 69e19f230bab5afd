"""Ratings, append-only, and what stands of them: one current rating an instance, reviewer and round."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.records import Grade, NotFound, Rating, Refused, State
from core.store.database import upsert
from core.store.schema import claims, instances, ratings, standings

OPEN_DESK = ""  # the round of ratings outside any audit
CLAIM_S = 600.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reviewer says of one text: a grade, or only valid or not; the three questions; flags; a note."""

    grade: Grade | None = None
    valid: bool | None = None
    instruction_valid: bool | None = None
    input_appropriate: bool | None = None
    output_correct: bool | None = None
    flags: tuple[str, ...] = ()
    note: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts of a pool's instances that are up for review, and of their current ratings."""

    instances: int
    reviewed: int
    approved: int
    grades: Mapping[str, int]


def claim_next(c: sa.Connection, pool_id: int, reviewer: str, round: str = OPEN_DESK) -> int | None:
    """Give the reviewer the next unrated instance, theirs for ten minutes; None when nothing is left for them."""
    now = time.time()
    held = sa.select(claims.c.instance_id).where(
        claims.c.instance_id == instances.c.id, claims.c.round == round, claims.c.expires_at > now
    )
    mine = sa.select(standings.c.instance_id).where(
        standings.c.instance_id == instances.c.id, standings.c.reviewer == reviewer, standings.c.round == round
    )
    open_to_me = (
        sa.select(instances.c.id)
        .where(
            instances.c.pool_id == pool_id,
            instances.c.is_seed.is_(False),
            instances.c.state == State.ACCEPTED.value,
            instances.c.rated == 0,
        )
        .where(~held.where(claims.c.reviewer != reviewer).exists(), ~mine.exists())
        .order_by(instances.c.task_id, instances.c.position)
        .limit(1)
    )
    for _ in range(8):  # another program may take the same one between the two statements, except in SQLite
        instance_id = c.execute(open_to_me).scalar()
        if instance_id is None:
            return None
        if _claim(c, instance_id, reviewer, round, now):
            return int(instance_id)
    return None


def claim(c: sa.Connection, instance_id: int, reviewer: str, round: str = OPEN_DESK) -> bool:
    """Take one instance by name, for looking at it again; False while another reviewer holds it."""
    return _claim(c, instance_id, reviewer, round, time.time())


def rate(
    c: sa.Connection, instance_id: int, reviewer: str, text_hash: str, said: Judgement, round: str = OPEN_DESK
) -> int:
    """Store a judgement of exactly that text; Refused where the text has changed since it was shown."""
    valid = said.grade.is_valid if said.valid is None and said.grade else said.valid
    values = {
        "kind": "rate",
        "grade": said.grade.value if said.grade else None,
        "valid": valid,
        "instruction_valid": said.instruction_valid,
        "input_appropriate": said.input_appropriate,
        "output_correct": said.output_correct,
        "flags": list(said.flags),
        "note": said.note,
        "seconds": said.seconds,
    }
    return _write(c, instance_id, reviewer, text_hash, round, values)


def skip(c: sa.Connection, instance_id: int, reviewer: str, text_hash: str, round: str = OPEN_DESK) -> int:
    """Store that the reviewer passes on this one; it goes to others."""
    return _write(c, instance_id, reviewer, text_hash, round, {"kind": "skip", "flags": []})


def undo(c: sa.Connection, pool_id: int, reviewer: str, round: str = OPEN_DESK) -> int | None:
    """Take back the reviewer's latest rating or skip that still stands, by an event; return its instance, or None."""
    last = latest(c, pool_id, reviewer, round)
    if last is None:
        return None
    row = {"kind": "undo", "undoes": last.id, "flags": [], "text_hash": last.text_hash}
    _insert(c, last.pool_id, last.instance_id, reviewer, round, row)
    _stand(c, last.instance_id, reviewer, round)
    _claim(c, last.instance_id, reviewer, round, time.time())
    return int(last.instance_id)


def latest(c: sa.Connection, pool_id: int, reviewer: str, round: str = OPEN_DESK) -> sa.Row[Any] | None:
    """The reviewer's latest rating or skip that has not been undone: what `undo` would take back."""
    return c.execute(
        _not_undone()
        .where(ratings.c.pool_id == pool_id, ratings.c.reviewer == reviewer, ratings.c.round == round)
        .order_by(ratings.c.id.desc())
        .limit(1)
    ).first()


def current(c: sa.Connection, instance_id: int, round: str = OPEN_DESK) -> list[Rating]:
    """The ratings that stand for an instance's present text, one a reviewer."""
    query = (
        sa.select(ratings)
        .join(standings, standings.c.rating_id == ratings.c.id)
        .join(instances, instances.c.id == ratings.c.instance_id)
        .where(standings.c.instance_id == instance_id, standings.c.round == round, standings.c.kind == "rate")
        .where(ratings.c.text_hash == instances.c.text_hash)
        .order_by(ratings.c.id)
    )
    return [rating(row) for row in c.execute(query)]


def standing_counts(c: sa.Connection, pool_id: int) -> Standing:
    """Counts for the overview, from the index and the derived columns alone."""
    up = (instances.c.pool_id == pool_id) & instances.c.is_seed.is_(False) & (instances.c.state == State.ACCEPTED.value)
    query = sa.select(instances.c.rated > 0, instances.c.grade, instances.c.valid, sa.func.count()).where(up)
    total = reviewed = approved = 0
    grades: dict[str, int] = {}
    for is_rated, grade, valid, n in c.execute(
        query.group_by(instances.c.rated > 0, instances.c.grade, instances.c.valid)
    ):
        total += n
        reviewed += n if is_rated else 0
        approved += n if is_rated and valid else 0
        if is_rated and grade:
            grades[grade] = grades.get(grade, 0) + n
    return Standing(total, reviewed, approved, dict(sorted(grades.items())))


def rating(row: sa.Row[Any]) -> Rating:
    return Rating(
        row.id,
        row.instance_id,
        row.reviewer,
        row.text_hash,
        Grade(row.grade) if row.grade else None,
        row.valid,
        row.instruction_valid,
        row.input_appropriate,
        row.output_correct,
        tuple(row.flags),
        row.note,
        row.at,
    )


def _claim(c: sa.Connection, instance_id: int, reviewer: str, round: str, now: float) -> bool:
    insert = upsert(c, claims).values(
        instance_id=instance_id, round=round, slot=0, reviewer=reviewer, expires_at=now + CLAIM_S
    )
    taken = insert.on_conflict_do_update(
        index_elements=[claims.c.instance_id, claims.c.round, claims.c.slot],
        set_={"reviewer": reviewer, "expires_at": now + CLAIM_S},
        where=(claims.c.expires_at <= now) | (claims.c.reviewer == reviewer),
    )
    return c.execute(taken.returning(claims.c.instance_id)).first() is not None


def _write(
    c: sa.Connection, instance_id: int, reviewer: str, text_hash: str, round: str, values: Mapping[str, Any]
) -> int:
    row = c.execute(sa.select(instances.c.pool_id, instances.c.text_hash).where(instances.c.id == instance_id)).first()
    if row is None:
        raise NotFound(f"There is no instance {instance_id}.")
    if row.text_hash != text_hash:
        raise Refused("The text has been edited since it was shown; look at the new text and rate that.")
    rating_id = _insert(c, row.pool_id, instance_id, reviewer, round, {**values, "text_hash": text_hash})
    _stand(c, instance_id, reviewer, round)
    c.execute(
        claims.delete().where(
            claims.c.instance_id == instance_id, claims.c.round == round, claims.c.reviewer == reviewer
        )
    )
    return rating_id


def _insert(
    c: sa.Connection, pool_id: int, instance_id: int, reviewer: str, round: str, values: Mapping[str, Any]
) -> int:
    row = {"pool_id": pool_id, "instance_id": instance_id, "reviewer": reviewer, "round": round, "at": time.time()}
    return int(c.execute(ratings.insert().values(**row, **values).returning(ratings.c.id)).scalar_one())


def _not_undone() -> sa.Select[Any]:
    undone = ratings.alias("undone")
    return sa.select(ratings).where(
        ratings.c.kind != "undo", ~sa.exists().where(undone.c.undoes == ratings.c.id, undone.c.kind == "undo")
    )


def _stand(c: sa.Connection, instance_id: int, reviewer: str, round: str) -> None:
    """Bring the derived state of one instance and reviewer up to what the history says."""
    query = _not_undone().where(
        ratings.c.instance_id == instance_id, ratings.c.reviewer == reviewer, ratings.c.round == round
    )
    last = c.execute(query.order_by(ratings.c.id.desc()).limit(1)).first()
    here = (standings.c.instance_id == instance_id) & (standings.c.reviewer == reviewer) & (standings.c.round == round)
    c.execute(standings.delete().where(here))
    if last is not None:
        c.execute(
            standings.insert().values(
                instance_id=instance_id,
                reviewer=reviewer,
                round=round,
                pool_id=last.pool_id,
                rating_id=last.id,
                kind=last.kind,
                text_hash=last.text_hash,
                grade=last.grade,
                valid=last.valid,
            )
        )
    if round == OPEN_DESK:
        recount(c, instance_id)


def recount(c: sa.Connection, instance_id: int) -> None:
    """Derive an instance's figures again from the ratings that stand for its present text."""
    standing = current(c, instance_id)
    last = standing[-1] if standing else None
    c.execute(
        instances.update()
        .where(instances.c.id == instance_id)
        .values(
            rated=len(standing),
            grade=last.grade.value if last and last.grade else None,
            valid=last.valid if last else None,
        )
    )
