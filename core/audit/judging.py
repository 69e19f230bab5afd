"""Judging an audit: the same items in the same order for everybody, each one's answers out of the others' sight."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa

from core.audit.rows import audit_answers, audits
from core.audit.rows.audits import Audit, FrozenItem
from core.pool import drafts, reviews
from core.pool.guidelines import QUESTIONS
from core.pool.reviews import Act, Judgement
from core.records import Refused


@dataclass(frozen=True, slots=True)
class Turn:
    """What a reviewer has before them. `said`: what stands of their word, else what they have begun to say.

    `seen`: the rating or skip that stands, None for none; `is_judged`: it is a rating. `judged` of `size` items are
    done. `last`: what undo would take back, at the place `last_position`.
    """

    item: FrozenItem
    said: Judgement
    seen: int | None
    is_judged: bool
    judged: int
    size: int
    last: Act | None
    last_position: int | None


def turn(c: sa.Connection, audit: Audit, reviewer: str, position: int | None = None) -> Turn | None:
    """The item at a place, else the one that is next for the reviewer; None when they have judged them all.

    Next is the first item without an answer, then the first that was skipped.
    """
    done = audit_answers.answered(c, audit, reviewer)
    if position is None:
        position = _next(done)
        if position is None:
            return None
    item = audits.item(c, audit, position)
    stands = audit_answers.answer(c, audit, item.instance_id, reviewer)
    is_judged = stands is not None and stands.kind == "rate"
    begun = drafts.get(c, item.instance_id, reviewer, item.text_hash, audit.round)
    said = stands.said if stands is not None and is_judged else begun or Judgement()
    last = audit_answers.last_act(c, audit, reviewer)
    return Turn(
        item,
        said,
        stands.rating_id if stands else None,
        is_judged,
        sum(kind == "rate" for kind in done.values()),
        len(done),
        last[0] if last else None,
        last[1] if last else None,
    )


def is_complete(said: Judgement) -> bool:
    """Whether the three questions are answered and a grade is given."""
    return said.grade is not None and all(getattr(said, question.key) is not None for question in QUESTIONS)


def hand_in(c: sa.Connection, audit: Audit, shown: Turn, reviewer: str, said: Judgement) -> None:
    """Store a whole judgement of the item that was shown.

    Refused while an answer is missing, or where the reviewer has answered it in another window meanwhile.
    """
    if not is_complete(said):
        raise Refused("Answer the three questions and give a grade; then the item is handed in.")
    audit_answers.rate(c, audit, shown.item.position, reviewer, replace(said, valid=None), seen=shown.seen)


def begin(c: sa.Connection, audit: Audit, shown: Turn, reviewer: str, said: Judgement) -> None:
    """Keep answers and note of an item that is not handed in yet, over a reload."""
    drafts.keep(c, shown.item.instance_id, reviewer, shown.item.text_hash, said, audit.round)


def pass_on(c: sa.Connection, audit: Audit, shown: Turn, reviewer: str) -> None:
    """Leave an item for later: it comes again after all others. A rating that stands is not touched."""
    if shown.is_judged:
        raise Refused("This item is judged already; undo the rating first, or go on to the next item.")
    audit_answers.skip(c, audit, shown.item.position, reviewer, seen=shown.seen)


def take_back(c: sa.Connection, audit: Audit, reviewer: str) -> int | None:
    """Undo the reviewer's latest rating or skip and return its place, its answers kept as begun; None without one."""
    found = audit_answers.last_act(c, audit, reviewer)
    if found is None:
        return None
    act, position = found
    reviews.take_back(c, audit.pool_id, reviewer, act)
    if act.kind == "rate":
        drafts.keep(c, act.instance_id, reviewer, act.text_hash, act.said, audit.round)
    return position


def settle(c: sa.Connection, audit: Audit, position: int, by: str, said: Judgement) -> None:
    """Store the last word on an item whose reviewers differ; an earlier last word stays on record."""
    audit_answers.rate(c, audit, position, by, said, round=audit.final_round)


def _next(done: dict[int, str | None]) -> int | None:
    waiting = [position for position, kind in done.items() if kind is None]
    skipped = [position for position, kind in done.items() if kind == "skip"]
    return next(iter(waiting or skipped), None)
