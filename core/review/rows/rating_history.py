"""What reviewers have said, read back: their own history, everybody's current ratings, and answers to compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.parts import by_no_index, in_parts
from core.database.schema import audit_items, audits, instances, queue_items, queues, ratings, standings, tasks
from core.pool import standing, tallies
from core.pool.filters import differ
from core.pool.judgement import AGAIN, DESK_ROUNDS, FINAL, GOLD, OPEN_DESK, Act, act, rating
from core.pool.queue_items import ItemState
from core.pool.standing import not_undone
from core.records import Rating, State


@dataclass(frozen=True, slots=True)
class Remembered:
    """An act of a reviewer with the instruction it was about, and whether the text has changed since."""

    act: Act
    instruction: str
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A standing rating, its round, and the text of its instance as it is now; in an audit's round as it was drawn."""

    rating: Rating
    round: str
    instruction: str
    input: str
    output: str
    is_stale: bool


def of_reviewer(
    c: sa.Connection, pool_id: int, reviewer: str, *, before_id: int | None = None, limit: int = 100
) -> list[Remembered]:
    """A reviewer's ratings and skips at the desk that stand, latest first, read by key."""
    query = (
        not_undone()
        .add_columns(tasks.c.instruction, instances.c.text_hash.label("text_now"))
        .join(instances, instances.c.id == ratings.c.instance_id)
        .join(tasks, tasks.c.id == instances.c.task_id)
        .where(ratings.c.pool_id == pool_id, ratings.c.reviewer == reviewer, ratings.c.round.in_(DESK_ROUNDS))
        .order_by(ratings.c.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(ratings.c.id < before_id)
    return [Remembered(act(r), r.instruction, r.text_hash != r.text_now) for r in c.execute(query)]


def of_pool(c: sa.Connection, pool_id: int, rounds: Sequence[str] = (OPEN_DESK,)) -> list[Rating]:
    """Every current rating of a pool's present texts, in order of time."""
    query = _current(pool_id, rounds).where(standings.c.text_hash == instances.c.text_hash)
    return [rating(row) for row in c.execute(query.order_by(ratings.c.id))]


def shared(c: sa.Connection, pool_id: int) -> list[Rating]:
    """The current ratings of the present texts that two or more reviewers have rated, in order of time.

    From these texts on, which are few among all that are rated.
    """
    its = by_no_index(standings.c.pool_id) == pool_id, standings.c.round == OPEN_DESK, standings.c.kind == "rate"
    query = _with_text().where(*its, *tallies.rated(pool_id, 2), standings.c.text_hash == instances.c.text_hash)
    return [rating(row) for row in c.execute(query.order_by(ratings.c.id))]


def of_instances(c: sa.Connection, instance_ids: Sequence[int]) -> list[Rating]:
    """The current ratings of these instances' present texts, adjudications left out."""
    found: list[Rating] = []
    for part in in_parts(instance_ids):
        query = (
            _with_text()
            .where(standings.c.instance_id.in_(part), standings.c.round == OPEN_DESK, standings.c.kind == "rate")
            .where(standings.c.text_hash == instances.c.text_hash)
        )
        found += [rating(row) for row in c.execute(query)]
    return sorted(found, key=lambda one: one.id)


def kept(c: sa.Connection, pool_id: int, closed: Mapping[int, str]) -> Iterator[Kept]:
    """Every standing rating of every round with its text, audits last, each part in order of time; read row by row.

    Of a `closed` audit, by number, only the answers that its named reviewer gave, and no last word.
    """
    query = (
        _current(pool_id, (OPEN_DESK, AGAIN, GOLD, FINAL))
        .add_columns(tasks.c.instruction, instances.c.input, instances.c.output, instances.c.text_hash.label("now"))
        .join(tasks, tasks.c.id == instances.c.task_id)
        .order_by(ratings.c.id)
    )
    for row in c.execute(query, execution_options={"yield_per": 1000}):
        yield Kept(rating(row), row.round, row.instruction, row.input, row.output, row.text_hash != row.now)
    for audit_id in (
        c.execute(sa.select(audits.c.id).where(audits.c.pool_id == pool_id, audits.c.whole)).scalars().all()
    ):
        mine = closed.get(audit_id)
        rounds = _rounds_of(audit_id) if mine is None else _rounds_of(audit_id)[:1]
        query = _in_audit if mine is None else _in_audit.where(ratings.c.reviewer == mine)
        for row in c.execute(query, {"its_audit": audit_id, "its_rounds": rounds}):
            yield Kept(rating(row), row.round, row.instruction, row.input, row.output, False)


def reviewers(c: sa.Connection, pool_id: int) -> list[str]:
    """Who has a standing rating at the open desk."""
    its = (standings.c.pool_id == pool_id) & (standings.c.round == OPEN_DESK)
    query = sa.select(standings.c.reviewer).where(its).distinct()
    return sorted(c.execute(query).scalars())


def times(c: sa.Connection, pool_id: int, reviewer: str, limit: int = 30) -> list[float]:
    """When the reviewer's latest ratings were given, latest first; without those that were taken back."""
    return list(c.execute(_times, {"its_pool": pool_id, "its_reviewer": reviewer, "its_limit": limit}).scalars())


def grades(c: sa.Connection, pool_id: int, reviewer: str) -> dict[str, int]:
    """How often the reviewer's standing ratings give each grade; "valid" and "invalid" where there is no grade."""
    n = sa.func.count()
    query = (
        sa.select(standings.c.grade, standings.c.valid, n)
        .where(standings.c.pool_id == pool_id, standings.c.reviewer == reviewer)
        .where(standings.c.round == OPEN_DESK, standings.c.kind == "rate")
        .group_by(standings.c.grade, standings.c.valid)
    )
    found: dict[str, int] = {}
    for grade, valid, count in c.execute(query):
        name = grade or ("valid" if valid else "invalid")
        found[name] = found.get(name, 0) + count
    return dict(sorted(found.items()))


def rated_in_queue(c: sa.Connection, queue_id: int, reviewer: str) -> int:
    """How many of a queue's items the reviewer has rated as they are now."""
    query = (
        sa.select(sa.func.count())
        .select_from(standings)
        .join(instances, instances.c.id == standings.c.instance_id)
        .join(queue_items, queue_items.c.instance_id == instances.c.id)
        .where(queue_items.c.queue_id == queue_id, standings.c.reviewer == reviewer)
        .where(standings.c.round == OPEN_DESK, standings.c.kind == "rate")
        .where(standings.c.text_hash == instances.c.text_hash)
    )
    return int(c.execute(query).scalar_one())


def answered_but_waiting(c: sa.Connection, queue_id: int, reviewer: str) -> int:
    """How many items of a queue still wait for others' ratings while this reviewer has rated or skipped them.

    Read by the reviewer's own ratings; where the queue wants one rating each, by their skips alone: what is rated is
    done.
    """
    queue = c.execute(sa.select(queues.c.pool_id, queues.c.wanted).where(queues.c.id == queue_id)).one()
    kinds = ("rate", "skip") if queue.wanted > 1 else ("skip",)
    its = {"its_queue": queue_id, "its_pool": queue.pool_id, "its_reviewer": reviewer, "its_kinds": kinds}
    return int(c.execute(_answered_but_waiting, its).scalar_one())


def skipped_in_queue(c: sa.Connection, queue_id: int, reviewer: str) -> list[int]:
    """The items of a queue that wait and that the reviewer passed on, in the queue's order."""
    query = (
        sa.select(queue_items.c.instance_id)
        .join(standings, standings.c.instance_id == queue_items.c.instance_id)
        .join(instances, instances.c.id == queue_items.c.instance_id)
        .where(queue_items.c.queue_id == queue_id, queue_items.c.state == int(ItemState.WAITS))
        .where(standings.c.reviewer == reviewer, standings.c.round == OPEN_DESK, standings.c.kind == "skip")
        .where(standings.c.text_hash == instances.c.text_hash)
        .order_by(queue_items.c.place)
    )
    return list(c.execute(query).scalars())


def repeats(c: sa.Connection, pool_id: int) -> tuple[list[Rating], list[Rating]]:
    """First and second answers to the same texts by the same reviewers, in the same order."""
    second = of_pool(c, pool_id, (AGAIN,))
    first = of_instances(c, sorted({one.instance_id for one in second}))
    return _beside(second, first, lambda one: (one.instance_id, one.text_hash, one.reviewer))


def against_gold(c: sa.Connection, pool_id: int) -> tuple[list[Rating], list[Rating]]:
    """Known answers and what reviewers said of those texts, in the same order."""
    known = {(one.instance_id, one.text_hash): one for one in of_pool(c, pool_id, (GOLD,))}
    first = of_instances(c, sorted({instance_id for instance_id, _ in known}))
    said = [one for one in first if (one.instance_id, one.text_hash) in known]
    return [known[(one.instance_id, one.text_hash)] for one in said], said


def answers_known(c: sa.Connection, pool_id: int) -> int:
    """How many present texts of a pool have a known answer."""
    query = sa.select(sa.func.count(sa.distinct(standings.c.instance_id))).select_from(standings)
    its = (standings.c.pool_id == pool_id) & (standings.c.round == GOLD) & (standings.c.kind == "rate")
    present = (instances.c.id == standings.c.instance_id) & (instances.c.text_hash == standings.c.text_hash)
    return int(c.execute(query.join(instances, present).where(its, _accepted)).scalar_one())


def settled(c: sa.Connection, pool_id: int) -> tuple[int, int]:
    """How many present texts have a last word, and how many of them from somebody who had rated them too."""
    mine = standings.alias("mine")
    is_party = sa.exists().where(
        mine.c.instance_id == standings.c.instance_id,
        mine.c.reviewer == standings.c.reviewer,
        mine.c.round == OPEN_DESK,
        mine.c.kind == "rate",
        mine.c.text_hash == standings.c.text_hash,
    )
    its = (standings.c.pool_id == pool_id) & (standings.c.round == FINAL) & (standings.c.kind == "rate")
    present = (instances.c.id == standings.c.instance_id) & (instances.c.text_hash == standings.c.text_hash)
    query = sa.select(standings.c.instance_id, is_party.label("is_party")).join(instances, present)
    words = c.execute(query.where(its, _accepted, instances.c.rated > 0)).all()
    return len({row.instance_id for row in words}), len({row.instance_id for row in words if row.is_party})


def differing(c: sa.Connection, pool_id: int, viewer: str, after_id: int = 0, limit: int = 200) -> list[int]:
    """Instances whose current ratings differ in grade or in valid or not, and that have no last word; read by key.

    None whose answers could still colour somebody's: while any queue waits for ratings of it, only a viewer who has
    rated it sees it, only once it has all that another queue wants, and by what that one asked for: who is in the
    middle of the further queue changes nothing for the others.
    """
    waits = _in_queue(ItemState.WAITS)
    mine = sa.exists().where(
        standings.c.instance_id == instances.c.id,
        standings.c.reviewer == viewer,
        standings.c.round == OPEN_DESK,
        standings.c.kind == "rate",
        standings.c.text_hash == instances.c.text_hash,
    )
    query = (
        sa.select(instances.c.id, waits.label("waits"))
        .where(instances.c.pool_id == pool_id, instances.c.is_seed.is_(False), instances.c.rated > 1)
        .where(_accepted, differ())
        .where(~waits | (mine & _in_queue(ItemState.DONE)))
        .order_by(instances.c.id)
        .limit(limit)
    )
    found: list[int] = []
    while len(found) < limit:
        rows = c.execute(query.where(instances.c.id > after_id)).all()
        found += [row.id for row in rows if not row.waits or _is_seen_by(viewer, asked_for(c, row.id))]
        if len(rows) < limit:
            break
        after_id = rows[-1].id
    return found[:limit]


def judged(c: sa.Connection, pool_id: int) -> Sequence[tuple[Any, ...]]:
    """(id, instance, task, reviewer, grade, valid, at, from_file, waits) of the current ratings of present texts.

    At the open desk, in the order in which they were stored; `waits`: a queue still waits for ratings of the item.
    """
    query = (
        _current(pool_id, (OPEN_DESK,))
        .with_only_columns(
            ratings.c.id,
            ratings.c.instance_id,
            instances.c.task_id,
            ratings.c.reviewer,
            ratings.c.grade,
            ratings.c.valid,
            ratings.c.at,
            ratings.c.from_file,
            _in_queue(ItemState.WAITS).label("waits"),
        )
        .where(_accepted, standings.c.text_hash == instances.c.text_hash)
        .order_by(ratings.c.id)
    )
    return c.execute(query).tuples().all()


def asked_for(c: sa.Connection, instance_id: int) -> list[Rating]:
    """The current ratings of an item: all, or, while a queue waits for more, those that its finished ones wanted."""
    current = standing.current(c, instance_id)
    its = (
        sa.select(queue_items.c.state, queues.c.wanted)
        .join(queues, queues.c.id == queue_items.c.queue_id)
        .where(queue_items.c.instance_id == instance_id, queues.c.archived_at.is_(None))
    )
    rows = c.execute(its).all()
    done = [row.wanted for row in rows if row.state == ItemState.DONE]
    return current[: max(done)] if done and any(row.state == ItemState.WAITS for row in rows) else current


def _is_seen_by(viewer: str, ratings: Sequence[Rating]) -> bool:
    differ = len({one.grade for one in ratings} - {None}) > 1 or len({one.valid for one in ratings} - {None}) > 1
    return differ and any(one.reviewer == viewer for one in ratings)


def _in_queue(state: ItemState) -> sa.Exists:
    """Whether a queue that is in use holds the instance in that state, as part of a query."""
    its = (queue_items.c.instance_id == instances.c.id) & (queue_items.c.state == int(state))
    return sa.exists().where(its, queues.c.id == queue_items.c.queue_id, queues.c.archived_at.is_(None))


def _beside(second: list[Rating], first: list[Rating], key: Any) -> tuple[list[Rating], list[Rating]]:
    there = {key(one): one for one in first}
    both = [(there[key(one)], one) for one in second if key(one) in there]
    return [one for one, _ in both], [other for _, other in both]


def _current(pool_id: int, rounds: Sequence[str]) -> sa.Select[Any]:
    return _with_text().where(standings.c.pool_id == pool_id, standings.c.round.in_(rounds), standings.c.kind == "rate")


def _with_text() -> sa.Select[Any]:
    """Ratings that stand, joined with their standing and their instance."""
    return (
        sa.select(ratings)
        .join(standings, standings.c.rating_id == ratings.c.id)
        .join(instances, instances.c.id == standings.c.instance_id)
    )


def _rounds_of(audit_id: int) -> tuple[str, str]:
    return f"audit:{audit_id}", f"audit:{audit_id}:final"


_accepted = instances.c.state == State.ACCEPTED.value
_in_audit = (
    sa.select(ratings, audit_items.c.instruction, audit_items.c.input, audit_items.c.output)
    .join(standings, standings.c.rating_id == ratings.c.id)
    .join(audit_items, audit_items.c.instance_id == standings.c.instance_id)
    .where(audit_items.c.audit_id == sa.bindparam("its_audit"), standings.c.kind == "rate")
    .where(standings.c.round.in_(sa.bindparam("its_rounds", expanding=True)))
    .where(ratings.c.text_hash == audit_items.c.text_hash)
    .order_by(ratings.c.id)
)
_answered_but_waiting = (
    sa.select(sa.func.count())
    .select_from(standings)
    .join(instances, instances.c.id == standings.c.instance_id)
    .join(queue_items, queue_items.c.instance_id == standings.c.instance_id)
    .where(standings.c.pool_id == sa.bindparam("its_pool"), standings.c.reviewer == sa.bindparam("its_reviewer"))
    .where(standings.c.round == OPEN_DESK, standings.c.kind.in_(sa.bindparam("its_kinds", expanding=True)))
    .where(standings.c.text_hash == instances.c.text_hash)
    .where(queue_items.c.queue_id == sa.bindparam("its_queue"), queue_items.c.state == int(ItemState.WAITS))
)
_times = (
    not_undone()
    .with_only_columns(ratings.c.at)
    .where(
        ratings.c.pool_id == sa.bindparam("its_pool"),
        ratings.c.reviewer == sa.bindparam("its_reviewer"),
        ratings.c.round == OPEN_DESK,
        ratings.c.kind == "rate",
    )
    .order_by(ratings.c.id.desc())
    .limit(sa.bindparam("its_limit"))
)
