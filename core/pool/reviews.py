"""Ratings, append-only, and what stands of them: one current rating an instance, reviewer and round.

A round keeps judgements apart that must not replace each other: the open desk, a hidden repeat by the same reviewer,
the known answer of a gold item, the last word on a disagreement, and each audit.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.engine import reserve_ids, upsert
from core.database.schema import drafts, flagged, instances, ratings, standings, tasks
from core.pool import claims, queue_items
from core.pool.claims import CLAIM_S as CLAIM_S
from core.records import Grade, NotFound, Rating, Refused, State

OPEN_DESK = ""  # the round of ratings outside any audit
AGAIN = "again"  # the same reviewer's second answer, to measure self-consistency
GOLD = "gold"  # a known answer
FINAL = "final"  # an adjudicator's: it settles what an item counts as
DESK_ROUNDS = (OPEN_DESK, AGAIN)
ANYTHING = -1  # the writer does not say which rating stood when the text was shown


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

    @property
    def counts_as_valid(self) -> bool | None:
        """What was said of valid or not: by itself, else by the grade."""
        return self.grade.is_valid if self.valid is None and self.grade else self.valid


@dataclass(frozen=True, slots=True)
class Act:
    """A rating or skip in the history that has not been undone."""

    id: int
    instance_id: int
    round: str
    kind: str
    text_hash: str
    said: Judgement
    at: float


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """Counts of a pool's instances that are up for review, and of their current ratings."""

    instances: int
    reviewed: int
    approved: int
    grades: Mapping[str, int]


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
) -> int:
    """Store a judgement of exactly that text; return its id.

    `frozen`: the text was shown as an audit froze it, so that it may be edited by now; the rating is of the old text.
    Refused where the text has changed since it was shown, or where this reviewer's standing rating is no longer the one
    that the screen showed (`seen`, None for none): another tab was faster.
    """
    pool_id = _as_seen(c, instance_id, reviewer, text_hash, round, seen, frozen)
    return _write(c, pool_id, instance_id, reviewer, text_hash, round, _columns(said))


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
    values = {**_columns(said), "text_hash": text_hash, "from_file": True}
    rating_id = _insert(c, pool_id, instance_id, reviewer, round, values, at)
    _stand(c, instance_id, reviewer, round)
    return rating_id


def add_of_new(
    c: sa.Connection, pool_id: int, reviewer: str, said: Sequence[tuple[int, str, Judgement]], round: str = OPEN_DESK
) -> None:
    """Store one reviewer's (instance id, text hash, judgement) of instances that nobody has seen yet, many at once."""
    if not said:
        return
    now = time.time()
    shared = {"pool_id": pool_id, "reviewer": reviewer, "round": round, "from_file": True}
    columns = [_columns(judgement) for _, _, judgement in said]
    stored = [
        {**shared, "instance_id": instance_id, "text_hash": text_hash, "at": now, **its}
        for (instance_id, text_hash, _), its in zip(said, columns, strict=True)
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
) -> int:
    """Store that the reviewer passes on exactly that text, which goes to others; refused as `rate` is."""
    pool_id = _as_seen(c, instance_id, reviewer, text_hash, round, seen, frozen)
    return _write(c, pool_id, instance_id, reviewer, text_hash, round, {"kind": "skip", "flags": []})


def take_back(c: sa.Connection, pool_id: int, reviewer: str, act: Act) -> int:
    """Undo one rating or skip by writing an event; its instance is the reviewer's again, and is returned."""
    row = {"kind": "undo", "undoes": act.id, "flags": [], "text_hash": act.text_hash}
    _insert(c, pool_id, act.instance_id, reviewer, act.round, row)
    _stand(c, act.instance_id, reviewer, act.round)
    claims.take(c, act.instance_id, reviewer, act.round)
    return act.instance_id


def latest(
    c: sa.Connection, pool_id: int, reviewer: str, rounds: Sequence[str] = (OPEN_DESK,), before_id: int | None = None
) -> Act | None:
    """The reviewer's latest rating or skip that has not been undone: what `undo` would take back."""
    found = []
    for round in rounds:
        query = _latest if before_id is None else _latest.where(ratings.c.id < before_id)
        row = c.execute(query, {"its_pool": pool_id, "its_reviewer": reviewer, "its_round": round}).first()
        if row is not None:
            found.append(row)
    return act(max(found, key=lambda row: row.id)) if found else None


def latest_undone(c: sa.Connection, pool_id: int, reviewer: str, rounds: Sequence[str]) -> tuple[int, Act] | None:
    """The undoing that is the reviewer's very last act on these rounds, and what it took back; else None."""
    found = [
        c.execute(_newest, {"its_pool": pool_id, "its_reviewer": reviewer, "its_round": one}).first() for one in rounds
    ]
    last = max((row for row in found if row is not None), key=lambda row: row.id, default=None)
    if last is None or last.kind != "undo":
        return None
    return last.id, act(c.execute(sa.select(ratings).where(ratings.c.id == last.undoes)).one())


def current(c: sa.Connection, instance_id: int, round: str = OPEN_DESK) -> list[Rating]:
    """The ratings that stand for an instance's present text, one a reviewer."""
    return [rating(row) for row in c.execute(_current, {"its_id": instance_id, "its_rounds": [round]})]


def standing_of(c: sa.Connection, instance_id: int, reviewer: str, round: str = OPEN_DESK) -> tuple[str, int | None]:
    """An instance's text hash, and the id of the reviewer's rating or skip that stands for that very text."""
    row = c.execute(_before_writing, {"its_id": instance_id, "its_reviewer": reviewer, "its_round": round}).first()
    if row is None:
        raise NotFound(f"There is no instance {instance_id}.")
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


def state_of(c: sa.Connection, instance_id: int) -> State:
    """Whether an instance is accepted, discarded or rejected."""
    return State(c.execute(_state_of, {"its_id": instance_id}).scalar_one())


def must_be_accepted(c: sa.Connection, instance_id: int) -> None:
    """Refused where an instance stands outside the pool: what is said of it then would count for nothing."""
    if state_of(c, instance_id) is not State.ACCEPTED:
        raise Refused("This item has been taken out of the pool since it was shown; nothing was stored.")


def must_be_as_seen(
    c: sa.Connection, instance_id: int, reviewer: str, text_hash: str, round: str, seen: int | None
) -> None:
    """Refused where the text, or the reviewer's own word on it, is no longer what the screen showed."""
    _as_seen(c, instance_id, reviewer, text_hash, round, seen, False)


def grade_of(c: sa.Connection, instance_id: int) -> Grade | None:
    """The grade that an instance's present text counts as: the adjudicator's, else the latest."""
    grade = c.execute(sa.select(instances.c.grade).where(instances.c.id == instance_id)).scalar()
    return Grade(grade) if grade else None


def grades_by_run(c: sa.Connection, pool_id: int) -> dict[int, tuple[int, int]]:
    """For each run (rated instances, those of them that count as valid), by the derived columns alone."""
    query = (
        sa.select(tasks.c.run_id, sa.func.count(), sa.func.sum(sa.case((instances.c.valid.is_(True), 1), else_=0)))
        .join(tasks, tasks.c.id == instances.c.task_id)
        .where(instances.c.pool_id == pool_id, instances.c.rated > 0, tasks.c.run_id.is_not(None))
        .group_by(tasks.c.run_id)
    )
    return {run_id: (int(rated), int(valid)) for run_id, rated, valid in c.execute(query)}


def standing_counts(c: sa.Connection, pool_id: int) -> ReviewCounts:
    """Counts for the overview, from one index alone."""
    up = (instances.c.pool_id == pool_id) & instances.c.is_seed.is_(False) & (instances.c.state == State.ACCEPTED.value)
    by = (instances.c.rated, instances.c.grade, instances.c.valid)
    total = reviewed = approved = 0
    grades: dict[str, int] = {}
    for rated, grade, valid, n in c.execute(sa.select(*by, sa.func.count()).where(up).group_by(*by)):
        total += n
        reviewed += n if rated else 0
        approved += n if rated and valid else 0
        if rated and grade:
            grades[grade] = grades.get(grade, 0) + n
    return ReviewCounts(total, reviewed, approved, dict(sorted(grades.items())))


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


def judgement(row: Mapping[Any, Any]) -> Judgement:
    """A judgement from its columns, or from a draft that holds some of them."""
    return Judgement(
        Grade(row["grade"]) if row.get("grade") else None,
        row.get("valid"),
        row.get("instruction_valid"),
        row.get("input_appropriate"),
        row.get("output_correct"),
        tuple(row.get("flags") or ()),
        row.get("note") or "",
        row.get("seconds"),
    )


def act(row: sa.Row[Any]) -> Act:
    said = judgement(row._mapping)
    return Act(row.id, row.instance_id, row.round, row.kind, row.text_hash, said, row.at)


def not_undone() -> sa.Select[Any]:
    """Ratings and skips that nobody took back, as a query."""
    undone = ratings.alias("undone")
    return sa.select(ratings).where(
        ratings.c.kind != "undo", ~sa.exists().where(undone.c.undoes == ratings.c.id, undone.c.kind == "undo")
    )


_before_writing = (
    sa.select(instances.c.pool_id, instances.c.text_hash, standings.c.rating_id)
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
_newest = (
    sa.select(ratings)
    .where(
        ratings.c.pool_id == sa.bindparam("its_pool"),
        ratings.c.reviewer == sa.bindparam("its_reviewer"),
        ratings.c.round == sa.bindparam("its_round"),
        ratings.c.from_file.is_(False),
    )
    .order_by(ratings.c.id.desc())
    .limit(1)
)
_current = (
    sa.select(ratings)
    .join(standings, standings.c.rating_id == ratings.c.id)
    .join(instances, instances.c.id == standings.c.instance_id)
    .where(standings.c.instance_id == sa.bindparam("its_id"), standings.c.kind == "rate")
    .where(standings.c.round.in_(sa.bindparam("its_rounds", expanding=True)))
    .where(ratings.c.text_hash == instances.c.text_hash)
    .order_by(ratings.c.id)
)
_drop_draft = drafts.delete().where(
    drafts.c.instance_id == sa.bindparam("its_id"),
    drafts.c.reviewer == sa.bindparam("its_reviewer"),
    drafts.c.round == sa.bindparam("its_round"),
)
_lower_flags = flagged.delete().where(flagged.c.instance_id == sa.bindparam("its_id"), flagged.c.reviewer != "")
_derive = (
    instances.update()
    .where(instances.c.id == sa.bindparam("its_id"))
    .values(rated=sa.bindparam("new_rated"), grade=sa.bindparam("new_grade"), valid=sa.bindparam("new_valid"))
    .returning(instances.c.state, instances.c.pool_id)
)


def _as_seen(
    c: sa.Connection, instance_id: int, reviewer: str, text_hash: str, round: str, seen: int | None, frozen: bool
) -> int:
    """The pool of an instance that is still as a screen showed it; Refused where it is not."""
    row = c.execute(_before_writing, {"its_id": instance_id, "its_reviewer": reviewer, "its_round": round}).first()
    if row is None:
        raise NotFound(f"There is no instance {instance_id}.")
    if row.text_hash != text_hash and not frozen:
        raise Refused("The text has been edited since it was shown; look at the new text and rate that.")
    if seen != ANYTHING and row.rating_id != seen:
        raise Refused("You have rated this one in another window since it was shown here; nothing was changed.")
    return int(row.pool_id)


def _columns(said: Judgement) -> dict[str, Any]:
    return {
        "kind": "rate",
        "grade": said.grade.value if said.grade else None,
        "valid": said.counts_as_valid,
        "instruction_valid": said.instruction_valid,
        "input_appropriate": said.input_appropriate,
        "output_correct": said.output_correct,
        "flags": list(dict.fromkeys(said.flags)),
        "note": said.note,
        "seconds": said.seconds,
    }


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
    _put(c, instance_id, reviewer, round, pool_id, rating_id, text_hash, stands)
    _settle(c, instance_id, round)
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
    return int(c.execute(ratings.insert().values(**row, **values).returning(ratings.c.id)).scalar_one())


def _stand(c: sa.Connection, instance_id: int, reviewer: str, round: str) -> None:
    """Bring the derived state of one instance and reviewer up to what the history says."""
    query = not_undone().where(
        ratings.c.instance_id == instance_id, ratings.c.reviewer == reviewer, ratings.c.round == round
    )
    last = _standing_of(c.execute(query.order_by(ratings.c.id)).all())
    if last is None:
        here = (standings.c.instance_id == instance_id) & (standings.c.reviewer == reviewer)
        c.execute(standings.delete().where(here, standings.c.round == round))
    else:
        stands = {"kind": last.kind, "grade": last.grade, "valid": last.valid}
        _put(c, instance_id, reviewer, round, last.pool_id, last.id, last.text_hash, stands)
    _settle(c, instance_id, round)


def _standing_of(rows: Sequence[sa.Row[Any]]) -> sa.Row[Any] | None:
    """What stands of one reviewer's words on an instance, given in the order in which they were stored.

    Acts at a desk follow each other as they were stored, whatever the clock said. Only what a file brings is placed by
    its time: it stands where it is later than what stood when it came.
    """
    last = None
    for row in rows:
        if last is None or not row.from_file or row.at > last.at:
            last = row
    return last


def _put(
    c: sa.Connection,
    instance_id: int,
    reviewer: str,
    round: str,
    pool_id: int,
    rating_id: int,
    text_hash: str,
    stands: Mapping[str, Any],
) -> None:
    row = {"pool_id": pool_id, "rating_id": rating_id, "text_hash": text_hash, **stands}
    insert = upsert(c, standings).values(instance_id=instance_id, reviewer=reviewer, round=round, **row)
    keys = [standings.c.instance_id, standings.c.reviewer, standings.c.round]
    c.execute(insert.on_conflict_do_update(index_elements=keys, set_=row))


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
