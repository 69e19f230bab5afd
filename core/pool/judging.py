"""Ratings, append-only: stored, skipped, undone, and which act of a reviewer's is the latest."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.database.engine import reserve_ids
from core.database.schema import drafts, flagged, instances, ratings, standings
from core.pool import claims, standing
from core.pool.judgement import OPEN_DESK, Act, Judgement, act, columns
from core.pool.standing import ANYTHING, not_undone


def rate(
    c: sa.Connection,
    instance_id: int,
    reviewer: str,
    text_hash: str,
    said: Judgement,
    round: str = OPEN_DESK,
    *,
    seen: int | None = ANYTHING,
    frozen: bool = False,
    in_pool: bool = False,
) -> int:
    """Store a judgement of exactly that text; return its id.

    `frozen`: the text was shown as an audit froze it, so that it may be edited by now; the rating is of the old text.
    `in_pool`: what is said counts only while the instance stands in its pool, and is refused where it does not.
    Refused where the text has changed since it was shown, or where this reviewer's standing rating is no longer the one
    that the screen showed (`seen`, None for none): another tab was faster.
    """
    pool_id = standing.must_be_as_seen(c, instance_id, reviewer, text_hash, round, seen, frozen=frozen, in_pool=in_pool)
    return _write(c, pool_id, instance_id, reviewer, text_hash, round, {"kind": "rate", **columns(said)})


def add_from_elsewhere(
    c: sa.Connection,
    pool_id: int,
    instance_id: int,
    reviewer: str,
    text_hash: str,
    said: Judgement,
    at: float,
    round: str = OPEN_DESK,
) -> int:
    """Store a rating that was given at that time, of that text, at another desk.

    It stands where it was given after what stood of this reviewer's when it came in; no undo at a desk takes it back.
    """
    values = {"kind": "rate", **columns(said), "text_hash": text_hash, "from_file": True}
    rating_id = _insert(c, pool_id, instance_id, reviewer, round, values, at)
    standing.derive(c, instance_id, reviewer, round)
    return rating_id


def add_of_new(
    c: sa.Connection, pool_id: int, reviewer: str, said: Sequence[tuple[int, str, Judgement]], round: str = OPEN_DESK
) -> None:
    """Store one reviewer's (instance id, text hash, judgement) of instances that nobody has seen yet, many at once."""
    if not said:
        return
    now = time.time()
    shared = {"pool_id": pool_id, "reviewer": reviewer, "round": round, "kind": "rate", "from_file": True}
    its_columns = [columns(judgement) for _, _, judgement in said]
    stored = [
        {**shared, "instance_id": instance_id, "text_hash": text_hash, "at": now, **its}
        for (instance_id, text_hash, _), its in zip(said, its_columns, strict=True)
    ]
    ids = reserve_ids(c, ratings, len(stored))
    c.execute(ratings.insert(), [{"id": its, **row} for its, row in zip(ids, stored, strict=True)])
    names = ("pool_id", "reviewer", "round", "instance_id", "text_hash", "kind", "grade", "valid")
    c.execute(
        standings.insert(),
        [{**{k: row[k] for k in names}, "rating_id": its} for its, row in zip(ids, stored, strict=True)],
    )
    derived = instances.update().where(instances.c.id == sa.bindparam("its_id"))
    c.execute(
        derived.values(rated=1, grade=sa.bindparam("its_grade"), valid=sa.bindparam("its_valid")),
        [{"its_id": row["instance_id"], "its_grade": row["grade"], "its_valid": row["valid"]} for row in stored],
    )
    flags = [
        {"pool_id": pool_id, "instance_id": row["instance_id"], "reviewer": reviewer, "flag": flag}
        for row in stored
        for flag in row["flags"]
    ]
    if flags and round == OPEN_DESK:
        c.execute(flagged.insert(), flags)


def skip(
    c: sa.Connection,
    instance_id: int,
    reviewer: str,
    text_hash: str,
    round: str = OPEN_DESK,
    *,
    seen: int | None = ANYTHING,
    frozen: bool = False,
    in_pool: bool = False,
) -> int:
    """Store that the reviewer passes on exactly that text, which goes to others; refused as `rate` is."""
    pool_id = standing.must_be_as_seen(c, instance_id, reviewer, text_hash, round, seen, frozen=frozen, in_pool=in_pool)
    return _write(c, pool_id, instance_id, reviewer, text_hash, round, {"kind": "skip", "flags": []})


def take_back(c: sa.Connection, pool_id: int, reviewer: str, act: Act) -> int:
    """Undo one rating or skip by writing an event; its instance is the reviewer's again, and is returned."""
    row = {"kind": "undo", "undoes": act.id, "flags": [], "text_hash": act.text_hash}
    _insert(c, pool_id, act.instance_id, reviewer, act.round, row)
    standing.derive(c, act.instance_id, reviewer, act.round)
    claims.take(c, act.instance_id, reviewer, act.round)
    return act.instance_id


def latest(
    c: sa.Connection, pool_id: int, reviewer: str, rounds: Sequence[str] = (OPEN_DESK,), before_id: int | None = None
) -> Act | None:
    """The reviewer's latest rating or skip that has not been undone: what `undo` would take back."""
    found = []
    for round in rounds:
        query = _latest if before_id is None else _latest.where(ratings.c.id < before_id)
        row = c.execute(query, _whose(pool_id, reviewer, round)).first()
        if row is not None:
            found.append(row)
    return act(max(found, key=lambda row: row.id)) if found else None


def last_words(
    c: sa.Connection, pool_id: int, reviewer: str, rounds: Sequence[str]
) -> tuple[Act | None, tuple[int, Act] | None]:
    """`latest` and `latest_undone` at once: nearly always one look at the reviewer's last act tells both."""
    found = [row for one in rounds if (row := c.execute(_newest, _whose(pool_id, reviewer, one)).first())]
    last = max(found, key=lambda row: row.id, default=None)
    if last is None or (last.kind != "undo" and not last.taken_back):
        return (act(last) if last else None), None
    undone = (last.id, _undone_by(c, last)) if last.kind == "undo" else None
    return latest(c, pool_id, reviewer, rounds), undone


def latest_undone(c: sa.Connection, pool_id: int, reviewer: str, rounds: Sequence[str]) -> tuple[int, Act] | None:
    """The undoing that is the reviewer's very last act on these rounds, and what it took back; else None."""
    return last_words(c, pool_id, reviewer, rounds)[1]


def _whose(pool_id: int, reviewer: str, round: str) -> dict[str, Any]:
    return {"its_pool": pool_id, "its_reviewer": reviewer, "its_round": round}


def _undone_by(c: sa.Connection, undoing: sa.Row[Any]) -> Act:
    return act(c.execute(sa.select(ratings).where(ratings.c.id == undoing.undoes)).one())


_latest = (
    not_undone()
    .where(
        ratings.c.pool_id == sa.bindparam("its_pool"),
        ratings.c.reviewer == sa.bindparam("its_reviewer"),
        ratings.c.round == sa.bindparam("its_round"),
        ratings.c.from_file.is_(False),
    )
    .order_by(ratings.c.id.desc())
    .limit(1)
)
_undone = ratings.alias("undone")
_newest = (
    sa.select(
        ratings, sa.exists().where(_undone.c.undoes == ratings.c.id, _undone.c.kind == "undo").label("taken_back")
    )
    .where(
        ratings.c.pool_id == sa.bindparam("its_pool"),
        ratings.c.reviewer == sa.bindparam("its_reviewer"),
        ratings.c.round == sa.bindparam("its_round"),
        ratings.c.from_file.is_(False),
    )
    .order_by(ratings.c.id.desc())
    .limit(1)
)
_add = ratings.insert().returning(ratings.c.id)
_drop_draft = drafts.delete().where(
    drafts.c.instance_id == sa.bindparam("its_id"),
    drafts.c.reviewer == sa.bindparam("its_reviewer"),
    drafts.c.round == sa.bindparam("its_round"),
)


def _write(
    c: sa.Connection,
    pool_id: int,
    instance_id: int,
    reviewer: str,
    text_hash: str,
    round: str,
    values: Mapping[str, Any],
) -> int:
    rating_id = _insert(c, pool_id, instance_id, reviewer, round, {**values, "text_hash": text_hash})
    stands = {"kind": values["kind"], "grade": values.get("grade"), "valid": values.get("valid")}
    standing.let_stand(c, instance_id, reviewer, round, pool_id, rating_id, text_hash, stands)
    claims.release(c, instance_id, reviewer, round)
    if values["kind"] == "rate":  # who skips an item has not said yet what they began to say
        c.execute(_drop_draft, {"its_id": instance_id, "its_reviewer": reviewer, "its_round": round})
    return rating_id


def _insert(
    c: sa.Connection,
    pool_id: int,
    instance_id: int,
    reviewer: str,
    round: str,
    values: Mapping[str, Any],
    at: float | None = None,
) -> int:
    when = time.time() if at is None else at
    row = {"pool_id": pool_id, "instance_id": instance_id, "reviewer": reviewer, "round": round, "at": when}
    return int(c.execute(_add, {**row, **values}).scalar_one())
