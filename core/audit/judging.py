"""Judging an audit: the same items in the same order for everybody, each one's answers out of the others' sight."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa

from core.audit.frozen import Audit, FrozenItem
from core.audit.results import still_judging
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.pool import drafts, judging
from core.pool.guidelines import QUESTIONS
from core.pool.judgement import Act, Judgement
from core.pool.standing import ANYTHING
from core.records import Refused


@dataclass(frozen=True, slots=True)
class AuditTurn:
    """What a reviewer has before them. `said`: what stands of their word, else what they have begun to say.

    `seen`: the rating or skip that stands, None for none; `is_judged`: it is a rating. `judged` of `size` items are
    done. `last`: what undo would take back, at the place `last_position`. `undone`: what redo would give again, where
    taking it back was the reviewer's latest act in this audit.
    """

    item: FrozenItem
    said: Judgement
    seen: int | None
    is_judged: bool
    judged: int
    size: int
    last: Act | None
    last_position: int | None
    undone: Act | None = None


def turn(database: Database, audit: Audit, reviewer: str, position: int | None = None) -> AuditTurn | None:
    """The item at a place, else the one that is next for the reviewer; None when they have judged them all.

    Next is the first item without an answer, then the first that was skipped. Nothing in it is of another reviewer.
    """
    with database.read() as c:
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
        return AuditTurn(
            item,
            said,
            stands.rating_id if stands else None,
            is_judged,
            sum(kind == "rate" for kind in done.values()),
            len(done),
            last[0] if last else None,
            last[1] if last else None,
            _undone(c, audit, reviewer),
        )


def is_complete(said: Judgement) -> bool:
    """Whether the three questions are answered and a grade is given."""
    return not missing(said)


def missing(said: Judgement) -> tuple[str, ...]:
    """What is still to be answered before an item can be handed in: keys of the questions, and "grade"."""
    open_questions = tuple(question.key for question in QUESTIONS if getattr(said, question.key) is None)
    return open_questions if said.grade is not None else (*open_questions, "grade")


def hand_in(database: Database, audit: Audit, shown: AuditTurn, reviewer: str, said: Judgement) -> None:
    """Store a whole judgement of the item that was shown.

    Refused while an answer is missing, or where the reviewer has answered it in another window meanwhile.
    """
    if not is_complete(said):
        raise Refused("Answer the three questions and give a grade; then the item is handed in.")
    with database.write() as c:
        audit_answers.rate(c, audit, shown.item.position, reviewer, replace(said, valid=None), seen=shown.seen)


def begin(database: Database, audit: Audit, shown: AuditTurn, reviewer: str, said: Judgement) -> None:
    """Keep answers and note of an item that is not handed in yet, over a reload."""
    with database.write() as c:
        drafts.keep(c, shown.item.instance_id, reviewer, shown.item.text_hash, said, audit.round)


def pass_on(database: Database, audit: Audit, shown: AuditTurn, reviewer: str) -> None:
    """Leave an item for later: it comes again after all others. A rating that stands is not touched."""
    if shown.is_judged:
        raise Refused("This item is judged already; undo the rating first, or go on to the next item.")
    with database.write() as c:
        audit_answers.skip(c, audit, shown.item.position, reviewer, seen=shown.seen)


def take_back(database: Database, audit: Audit, reviewer: str, shown: Act | None = None) -> int | None:
    """Undo the reviewer's latest rating or skip and return its place, its answers kept as begun; None without one.

    `shown`: the act that the screen named; Refused where another window has acted since.
    """
    with database.write() as c:
        found = audit_answers.last_act(c, audit, reviewer)
        if found is None:
            return None
        act, position = found
        if shown is not None and act.id != shown.id:
            raise Refused("You have judged in another window since this was shown; nothing was undone.")
        judging.take_back(c, audit.pool_id, reviewer, act)
        if act.kind == "rate":
            drafts.keep(c, act.instance_id, reviewer, act.text_hash, act.said, audit.round)
        return position


def redo(database: Database, audit: Audit, reviewer: str, expected: Act) -> None:
    """Give the rating or skip again that was taken back last, as it was.

    Refused where the reviewer has done something else since, in this window or another.
    """
    with database.write() as c:
        undone = _undone(c, audit, reviewer)
        if undone is None or undone.id != expected.id:
            raise Refused("Something else was done since it was taken back; judge the item as you see it now.")
        position = audit_answers.place(c, audit, undone.instance_id)
        if undone.kind == "skip":
            audit_answers.skip(c, audit, position, reviewer)
        else:
            audit_answers.rate(c, audit, position, reviewer, undone.said)


def settle(
    database: Database, audit: Audit, position: int, by: str, said: Judgement, seen: int | None = ANYTHING
) -> None:
    """Store the last word on an item whose reviewers differ, and note that who says it has seen what they said.

    An earlier last word stays on record. Refused for who is in the middle of judging; and where somebody has settled
    the item since it was shown (`seen`: the last word's rating then, None for none).
    """
    if said == Judgement():
        raise Refused("Choose an answer or a grade first; then it is the last word.")
    with database.write() as c:
        if still_judging(c, audit, by, look=True):
            raise Refused("Judge every item of this audit first; who has seen what others said cannot judge blind.")
        audit_answers.look(c, audit, by)
        if seen != ANYTHING and audit_answers.last_word(c, audit, position) != seen:
            raise Refused("Somebody has settled this item since it was shown here; nothing was changed.")
        audit_answers.rate(c, audit, position, by, said, round=audit.final_round)


def _undone(c: sa.Connection, audit: Audit, reviewer: str) -> Act | None:
    found = judging.latest_undone(c, audit.pool_id, reviewer, (audit.round,))
    return found[1] if found else None


def _next(done: dict[int, str | None]) -> int | None:
    waiting = [position for position, kind in done.items() if kind is None]
    skipped = [position for position, kind in done.items() if kind == "skip"]
    return next(iter(waiting or skipped), None)
