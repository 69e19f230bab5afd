"""What stands of the ratings: one a reviewer and round, and what those of the present text come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.database.engine import put
from core.database.schema import flagged, instances, ratings, standings
from core.pool import missing, queue_items
from core.pool.judgement import FINAL, LONGEST_NAME, OPEN_DESK, is_name, rating
from core.records import Grade, Rating, Refused, State

_TAKEN_OUT = "This item has been taken out of the pool since it was shown; nothing was stored."
ANYTHING = -1  # the writer does not say which rating stood when the text was shown


def current(c: sa.Connection, instance_id: int, round: str = OPEN_DESK) -> list[Rating]:
    """The ratings that stand for an instance's present text, one a reviewer."""
    return [rating(row) for row in c.execute(_current, {"its_id": instance_id, "its_rounds": [round]})]


def of(c: sa.Connection, instance_id: int, reviewer: str, round: str = OPEN_DESK) -> tuple[str, int | None]:
    """An instance's text hash, and the id of the reviewer's rating or skip that stands for that very text."""
    row = c.execute(_before_writing, {"its_id": instance_id, "its_reviewer": reviewer, "its_round": round}).first()
    if row is None:
        raise missing.no_such(c, missing.INSTANCE, instance_id)
    return row.text_hash, row.rating_id


def stale(c: sa.Connection, instance_id: int, reviewer: str) -> Rating | None:
    """The reviewer's rating of an earlier text of an instance, where that is their latest word on it."""
    query = (
        sa.select(ratings)
        .join(standings, standings.c.rating_id == ratings.c.id)
        .join(instances, instances.c.id == standings.c.instance_id)
        .where(standings.c.instance_id == instance_id, standings.c.reviewer == reviewer)
        .where(standings.c.round == OPEN_DESK, standings.c.kind == "rate")
        .where(ratings.c.text_hash != instances.c.text_hash)
    )
    row = c.execute(query).first()
    return rating(row) if row else None


def grade_of(c: sa.Connection, instance_id: int) -> Grade | None:
    """The grade that an instance's present text counts as: the adjudicator's, else the latest."""
    grade = c.execute(sa.select(instances.c.grade).where(instances.c.id == instance_id)).scalar()
    return Grade(grade) if grade else None


def state_of(c: sa.Connection, instance_id: int) -> State:
    """Whether an instance is accepted, discarded or rejected."""
    return State(c.execute(_state_of, {"its_id": instance_id}).scalar_one())


def must_be_accepted(c: sa.Connection, instance_id: int) -> None:
    """Refused where an instance stands outside the pool: what is said of it then would count for nothing."""
    if state_of(c, instance_id) is not State.ACCEPTED:
        raise Refused(_TAKEN_OUT)


def must_be_as_seen(
    c: sa.Connection,
    instance_id: int,
    reviewer: str,
    text_hash: str,
    round: str,
    seen: int | None,
    *,
    frozen: bool = False,
    in_pool: bool = False,
) -> int:
    """The pool of an instance that is still as a screen showed it.

    Refused where the text (unless an audit froze it), or the reviewer's own word on it, is another by now; `in_pool`:
    also where it has been taken out of the pool (`must_be_accepted`, without a look of its own).
    """
    row = c.execute(_before_writing, {"its_id": instance_id, "its_reviewer": reviewer, "its_round": round}).first()
    if row is None:
        raise missing.no_such(c, missing.INSTANCE, instance_id)
    if in_pool and row.state != State.ACCEPTED.value:
        raise Refused(_TAKEN_OUT)
    if not is_name(reviewer):
        raise Refused(f"A reviewer's name has 1 to {LONGEST_NAME} characters; choose another.")
    if row.is_seed and not frozen:
        raise Refused(f"Instance {instance_id} is a seed's: seeds are given, and what is grown from them is judged.")
    if row.text_hash != text_hash and not frozen:
        raise Refused("The text has been edited since it was shown; look at the new text and rate that.")
    if seen != ANYTHING and row.rating_id != seen:
        raise Refused("You have rated this one in another window since it was shown here; nothing was changed.")
    return int(row.pool_id)


def recount(c: sa.Connection, instance_id: int) -> None:
    """Derive an instance's figures and flags again from the ratings that stand for its present text; its queues follow.

    The one place that says what counts. `rated` is how many reviewers have rated this very text, each without the
    others' answers: what queues, releases ("ratings at least") and every count mean by it. A last word is none of
    them: it settles what those ratings come to, and without any there is nothing to settle.
    """
    standing = c.execute(_current, {"its_id": instance_id, "its_rounds": [OPEN_DESK, FINAL]}).all()
    open_desk = [row for row in standing if row.round == OPEN_DESK]
    words = [row for row in standing if row.round == FINAL] or open_desk
    last = words[-1] if open_desk else None
    derived = {
        "its_id": instance_id,
        "new_rated": len(open_desk),
        "new_grade": last.grade if last else None,
        "new_valid": last.valid if last else None,
    }
    state, pool_id = c.execute(_derive, derived).one()
    _raise_flags(c, pool_id, instance_id, open_desk)
    doubt = queue_items.uncertainty(
        [Grade(row.grade) if row.grade else None for row in open_desk], [row.valid for row in open_desk]
    )
    queue_items.settle(c, instance_id, state == State.ACCEPTED.value, len(open_desk), doubt)


def let_stand(
    c: sa.Connection,
    instance_id: int,
    reviewer: str,
    round: str,
    pool_id: int,
    rating_id: int,
    text_hash: str,
    stands: Mapping[str, Any],
) -> None:
    """Let a rating or skip stand for a reviewer; `stands`: its kind, grade and validity."""
    whose = {"instance_id": instance_id, "reviewer": reviewer, "round": round}
    row = {**whose, "pool_id": pool_id, "rating_id": rating_id, "text_hash": text_hash, **stands}
    put(c, standings, tuple(whose), row)
    _settle(c, instance_id, round)


def derive(c: sa.Connection, instance_id: int, reviewer: str, round: str) -> None:
    """Let stand for one reviewer what the history says."""
    query = not_undone().where(
        ratings.c.instance_id == instance_id, ratings.c.reviewer == reviewer, ratings.c.round == round
    )
    last = last_word(c.execute(query.order_by(ratings.c.id)).all())
    if last is None:
        here = (standings.c.instance_id == instance_id) & (standings.c.reviewer == reviewer)
        c.execute(standings.delete().where(here, standings.c.round == round))
        _settle(c, instance_id, round)
    else:
        stands = {"kind": last.kind, "grade": last.grade, "valid": last.valid}
        let_stand(c, instance_id, reviewer, round, last.pool_id, last.id, last.text_hash, stands)


def not_undone() -> sa.Select[Any]:
    """Ratings and skips that nobody took back, as a query."""
    undone = ratings.alias("undone")
    return sa.select(ratings).where(
        ratings.c.kind != "undo", ~sa.exists().where(undone.c.undoes == ratings.c.id, undone.c.kind == "undo")
    )


_before_writing = (
    sa.select(instances.c.pool_id, instances.c.state, instances.c.is_seed, instances.c.text_hash, standings.c.rating_id)
    .join(
        standings,
        (standings.c.instance_id == instances.c.id)
        & (standings.c.reviewer == sa.bindparam("its_reviewer"))
        & (standings.c.round == sa.bindparam("its_round"))
        & (standings.c.text_hash == instances.c.text_hash),
        isouter=True,
    )
    .where(instances.c.id == sa.bindparam("its_id"))
)
_state_of = sa.select(instances.c.state).where(instances.c.id == sa.bindparam("its_id"))
_current = (
    sa.select(ratings)
    .join(standings, standings.c.rating_id == ratings.c.id)
    .join(instances, instances.c.id == standings.c.instance_id)
    .where(standings.c.instance_id == sa.bindparam("its_id"), standings.c.kind == "rate")
    .where(standings.c.round.in_(sa.bindparam("its_rounds", expanding=True)))
    .where(ratings.c.text_hash == instances.c.text_hash)
    .order_by(ratings.c.id)
)
_lower_flags = flagged.delete().where(flagged.c.instance_id == sa.bindparam("its_id"), flagged.c.reviewer != "")
_derive = (
    instances.update()
    .where(instances.c.id == sa.bindparam("its_id"))
    .values(rated=sa.bindparam("new_rated"), grade=sa.bindparam("new_grade"), valid=sa.bindparam("new_valid"))
    .returning(instances.c.state, instances.c.pool_id)
)


def last_word(rows: Sequence[sa.Row[Any]]) -> sa.Row[Any] | None:
    """What stands of one reviewer's words on an instance, given in the order in which they were stored.

    Acts at a desk follow each other as they were stored, whatever the clock said. Only what a file brings is placed by
    its time: it stands where it is later than what stood when it came.
    """
    last = None
    for row in rows:
        if last is None or not row.from_file or row.at > last.at:
            last = row
    return last


def _raise_flags(c: sa.Connection, pool_id: int, instance_id: int, current: Sequence[sa.Row[Any]]) -> None:
    """The flags of ratings are those of the ratings that stand for the present text; decisions keep theirs."""
    c.execute(_lower_flags, {"its_id": instance_id})
    raised = [
        {"instance_id": instance_id, "reviewer": row.reviewer, "pool_id": pool_id, "flag": flag}
        for row in current
        for flag in dict.fromkeys(row.flags)
    ]
    if raised:
        c.execute(flagged.insert(), raised)


def _settle(c: sa.Connection, instance_id: int, round: str) -> None:
    if round in (OPEN_DESK, FINAL):
        recount(c, instance_id)
