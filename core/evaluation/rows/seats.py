"""Seats: each reviewer's own order of a round, and what they said there. Events are only ever added."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.bulk import Row, insert_rows
from core.database.engine import reserve_ids
from core.database.schema import evaluation_ratings, evaluation_rounds, evaluation_seats, evaluation_units
from core.evaluation.rows.rounds import RATE
from core.evaluation.words import RoundKind

SKIP, UNDO, LAST_WORD = "skip", "undo", "last-word"
_KINDS = {kind.value: kind for kind in RoundKind}
_OPEN = evaluation_units.c.wanted.is_(None) | (evaluation_units.c.rated < evaluation_units.c.wanted)
_ITS_UNIT = (evaluation_units.c.round_id == evaluation_seats.c.round_id) & (
    evaluation_units.c.number == evaluation_seats.c.unit
)
_SEATS = sa.select(evaluation_seats, evaluation_units.c.task_id).join(evaluation_units, _ITS_UNIT)


@dataclass(frozen=True, slots=True)
class Seat:
    """An item at its place in a reviewer's own order. `shown`: response ids from left to right; `state`: what stands.

    `begun`: what was said of it so far.
    """

    round_id: int
    reviewer: str
    position: int
    unit: int
    task_id: int
    shown: tuple[int, ...]
    state: str
    rating_id: int | None
    begun: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class RaterEvent:
    """What a reviewer did: rated, skipped or undid. `said` names responses by id."""

    id: int
    kind: str
    unit: int
    said: Mapping[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class StandingJudgement:
    """A judgement that stands, with where the reviewer saw it. `event_id` grows; `imported`: said elsewhere, `at`."""

    event_id: int
    imported: bool
    round_id: int
    kind: RoundKind
    unit: int
    task_id: int
    reviewer: str
    shown: tuple[int, ...]
    said: Mapping[str, Any]
    at: float
    seconds: float | None


@dataclass(frozen=True, slots=True)
class SaidElsewhere:
    """A judgement that a file brings, with what its reviewer saw from left to right."""

    reviewer: str
    unit: int
    shown: tuple[int, ...]
    said: Mapping[str, Any]
    at: float


def say_many(c: sa.Connection, round_id: int, new: Sequence[SaidElsewhere]) -> None:
    """Store judgements of a round in order, with seats for who has none, in a few statements: at the price of these
    judgements, however many the round has."""
    if not new:
        return
    ids = reserve_ids(c, evaluation_ratings, len(new))
    names = ("id", "round_id", "unit", "reviewer", "kind", "said", "at")
    events = [
        (its, round_id, one.unit, one.reviewer, RATE, dict(one.said), one.at) for its, one in zip(ids, new, strict=True)
    ]
    insert_rows(c, evaluation_ratings, names, events)
    states, places = _there(c, round_id, new)
    last = {(one.reviewer, one.unit): (its, one.shown) for its, one in zip(ids, new, strict=True)}
    fresh: list[Row] = []
    again: list[dict[str, Any]] = []
    rated: Counter[int] = Counter(unit for who, unit in last if states.get((who, unit)) != RATE)
    for (reviewer, unit), (its, shown) in last.items():
        if (reviewer, unit) in states:
            again.append({"its_reviewer": reviewer, "its_unit": unit, "its_rating": its})
            continue
        places[reviewer] = places.get(reviewer, 0) + 1
        fresh.append((round_id, reviewer, places[reviewer], unit, list(shown), RATE, its))
    seat_names = ("round_id", "reviewer", "position", "unit", "shown", "state", "rating_id")
    insert_rows(c, evaluation_seats, seat_names, fresh)
    if again:
        table = evaluation_seats
        same = (table.c.reviewer == sa.bindparam("its_reviewer")) & (table.c.unit == sa.bindparam("its_unit"))
        change = table.update().where(table.c.round_id == round_id, same)
        c.execute(change.values(state=RATE, rating_id=sa.bindparam("its_rating"), begun=None), again)
    if rated:
        units = evaluation_units
        its_unit = (units.c.round_id == round_id) & (units.c.number == sa.bindparam("its_unit"))
        more = [{"its_unit": unit, "its_n": n} for unit, n in rated.items()]
        c.execute(units.update().where(its_unit).values(rated=units.c.rated + sa.bindparam("its_n")), more)


def _there(
    c: sa.Connection, round_id: int, new: Sequence[SaidElsewhere]
) -> tuple[dict[tuple[str, int], str], dict[str, int]]:
    """What stands at the seats of these judgements, of those that are there, and each reviewer's last place."""
    seats = evaluation_seats
    theirs = (seats.c.round_id == round_id, seats.c.reviewer.in_({one.reviewer for one in new}))
    states = sa.select(seats.c.reviewer, seats.c.unit, seats.c.state).where(
        *theirs, seats.c.unit.in_({one.unit for one in new})
    )
    last = sa.select(seats.c.reviewer, sa.func.max(seats.c.position)).where(*theirs).group_by(seats.c.reviewer)
    found = {(reviewer, unit): state for reviewer, unit, state in c.execute(states).tuples()}
    return found, dict(c.execute(last).tuples().all())


def take_seats(
    c: sa.Connection, round_id: int, reviewer: str, order: Sequence[tuple[int, Sequence[int]]], first: int = 1
) -> None:
    """Store a reviewer's own order: (unit, response ids from left to right) by position."""
    rows = [
        {"round_id": round_id, "reviewer": reviewer, "position": at, "unit": unit, "shown": list(shown), "state": ""}
        for at, (unit, shown) in enumerate(order, first)
    ]
    if rows:
        c.execute(evaluation_seats.insert(), rows)


def seated(c: sa.Connection, round_id: int) -> dict[str, list[int]]:
    """The units of each reviewer of a round, in their own order."""
    seats = evaluation_seats
    found: dict[str, list[int]] = {}
    query = sa.select(seats.c.reviewer, seats.c.unit).where(seats.c.round_id == round_id)
    for reviewer, unit in c.execute(query.order_by(seats.c.reviewer, seats.c.position)):
        found.setdefault(reviewer, []).append(unit)
    return found


def next_seat(c: sa.Connection, round_id: int, reviewer: str, now: float) -> Seat | None:
    """The first item that the reviewer has not judged and that still wants a rater; what was put off comes last.

    Who has an item on their screen `now` counts as its rater, so that two people do not judge the last one twice.
    """
    seats, others = evaluation_seats, evaluation_seats.alias()
    held = (
        sa.select(others.c.unit, sa.func.count().label("n"))
        .where(others.c.round_id == round_id, others.c.held_until > now, others.c.reviewer != reviewer)
        .group_by(others.c.unit)
        .subquery()
    )
    wanted, rated = evaluation_units.c.wanted, evaluation_units.c.rated
    is_free = wanted.is_(None) | (rated + sa.func.coalesce(held.c.n, 0) < wanted)
    query = _SEATS.outerjoin(held, held.c.unit == seats.c.unit).where(
        seats.c.round_id == round_id, seats.c.reviewer == reviewer, seats.c.state != RATE, is_free
    )
    row = c.execute(query.order_by(seats.c.state, seats.c.position).limit(1)).first()
    return _seat(row) if row else None


def hold(c: sa.Connection, seat: Seat, until: float) -> None:
    """Keep an item for its reviewer until then, and no other item of the round."""
    table = evaluation_seats
    mine = (table.c.round_id == seat.round_id) & (table.c.reviewer == seat.reviewer)
    c.execute(table.update().where(mine, table.c.held_until.is_not(None)).values(held_until=None))
    c.execute(table.update().where(*_same(seat)).values(held_until=until))


def seat(c: sa.Connection, round_id: int, reviewer: str, position: int) -> Seat | None:
    seats = evaluation_seats
    query = _SEATS.where(seats.c.round_id == round_id, seats.c.reviewer == reviewer, seats.c.position == position)
    row = c.execute(query).first()
    return _seat(row) if row else None


def progress(c: sa.Connection, round_id: int, reviewer: str) -> tuple[int, int]:
    """(judged by the reviewer, still owed by them)."""
    seats = evaluation_seats
    done = sa.func.sum(sa.case((seats.c.state == RATE, 1), else_=0))
    owed = sa.func.sum(sa.case(((seats.c.state != RATE) & _OPEN, 1), else_=0))
    joined = seats.join(evaluation_units, _ITS_UNIT)
    query = sa.select(done, owed).select_from(joined).where(seats.c.round_id == round_id, seats.c.reviewer == reviewer)
    row = c.execute(query).one()
    return int(row[0] or 0), int(row[1] or 0)


def say(c: sa.Connection, seat: Seat, kind: str, said: Mapping[str, Any], seconds: float | None, at: float) -> int:
    """Store a judgement or a skip; what stood before stands no more."""
    rating_id = _event(c, seat, kind, said, seconds, at)
    _stand(c, seat, kind, rating_id)
    return rating_id


def begin(c: sa.Connection, seat: Seat, said: Mapping[str, Any]) -> None:
    """Keep what was said of an item so far."""
    c.execute(evaluation_seats.update().where(*_same(seat)).values(begun=dict(said)))


def last_event(c: sa.Connection, round_id: int, reviewer: str) -> RaterEvent | None:
    """The reviewer's latest judgement or skip that was not undone."""
    table = evaluation_ratings
    undone = sa.select(table.c.undoes).where(
        table.c.round_id == round_id, table.c.reviewer == reviewer, table.c.undoes.is_not(None)
    )
    query = sa.select(table).where(
        table.c.round_id == round_id,
        table.c.reviewer == reviewer,
        table.c.kind.in_((RATE, SKIP)),
        table.c.id.not_in(undone),
    )
    row = c.execute(query.order_by(table.c.id.desc()).limit(1)).first()
    return RaterEvent(row.id, row.kind, row.unit, row.said, row.at) if row else None


def seat_of_unit(c: sa.Connection, round_id: int, reviewer: str, unit: int) -> Seat | None:
    seats = evaluation_seats
    query = _SEATS.where(seats.c.round_id == round_id, seats.c.reviewer == reviewer, seats.c.unit == unit)
    row = c.execute(query).first()
    return _seat(row) if row else None


def undo(c: sa.Connection, seat: Seat, event: RaterEvent) -> None:
    """Take an event back; what the reviewer had said of the item before it stands again."""
    table = evaluation_ratings
    new = table.insert().values(
        round_id=seat.round_id,
        unit=seat.unit,
        reviewer=seat.reviewer,
        kind=UNDO,
        undoes=event.id,
        said={},
        at=time.time(),
    )
    c.execute(new)
    mine = (table.c.round_id == seat.round_id) & (table.c.reviewer == seat.reviewer)
    undone = sa.select(table.c.undoes).where(mine, table.c.undoes.is_not(None))
    query = sa.select(table.c.id, table.c.kind).where(
        mine, table.c.unit == seat.unit, table.c.kind.in_((RATE, SKIP)), table.c.id.not_in(undone)
    )
    before = c.execute(query.order_by(table.c.id.desc()).limit(1)).first()
    _stand(c, seat, before.kind if before else "", before.id if before else None)


def count(c: sa.Connection, round_id: int, reviewer: str) -> int:
    """How many places a reviewer's order has."""
    seats = evaluation_seats
    query = sa.select(sa.func.count()).select_from(seats)
    return int(c.execute(query.where(seats.c.round_id == round_id, seats.c.reviewer == reviewer)).scalar_one())


def said_anything(c: sa.Connection, round_id: int, reviewer: str) -> bool:
    table = evaluation_ratings
    query = sa.select(table.c.id).where(table.c.round_id == round_id, table.c.reviewer == reviewer).limit(1)
    return c.execute(query).first() is not None


def event(c: sa.Connection, rating_id: int) -> RaterEvent:
    row = c.execute(sa.select(evaluation_ratings).where(evaluation_ratings.c.id == rating_id)).one()
    return RaterEvent(row.id, row.kind, row.unit, row.said, row.at)


def standing(c: sa.Connection, set_id: int, round_id: int | None = None) -> list[StandingJudgement]:
    """Every judgement of a set that stands, or of one of its rounds, in order of time."""
    seats, said = evaluation_seats, evaluation_ratings
    query = (
        sa.select(
            said.c.id,
            evaluation_rounds.c.imported,
            seats.c.round_id,
            evaluation_rounds.c.kind,
            seats.c.unit,
            evaluation_units.c.task_id,
            seats.c.reviewer,
            seats.c.shown,
            said.c.said,
            said.c.at,
            said.c.seconds,
        )
        .join(evaluation_rounds, evaluation_rounds.c.id == seats.c.round_id)
        .join(evaluation_units, _ITS_UNIT)
        .join(said, said.c.id == seats.c.rating_id)
        .where(evaluation_rounds.c.set_id == set_id, seats.c.state == RATE)
        .order_by(said.c.id)
    )
    if round_id is not None:
        query = query.where(seats.c.round_id == round_id)
    return [
        StandingJudgement(event, imported, round_id, _KINDS[kind], unit, task_id, reviewer, tuple(shown), its, at, took)
        for event, imported, round_id, kind, unit, task_id, reviewer, shown, its, at, took in c.execute(query)
    ]


def settle(c: sa.Connection, round_id: int, unit: int, actor: str, said: Mapping[str, Any]) -> None:
    """Store a last word."""
    new = {"round_id": round_id, "unit": unit, "reviewer": actor, "kind": LAST_WORD, "said": dict(said)}
    c.execute(evaluation_ratings.insert().values(**new, at=time.time()))


def last_words(c: sa.Connection, set_id: int) -> list[Mapping[str, Any]]:
    """What last words said, the latest last."""
    table = evaluation_ratings
    query = (
        sa.select(table.c.said)
        .join(evaluation_rounds, evaluation_rounds.c.id == table.c.round_id)
        .where(evaluation_rounds.c.set_id == set_id, table.c.kind == LAST_WORD)
        .order_by(table.c.id)
    )
    return list(c.execute(query).scalars())


def newest(c: sa.Connection, set_id: int) -> int:
    """The id of a set's latest event: as long as it stays, results stay."""
    table = evaluation_ratings
    query = (
        sa.select(sa.func.max(table.c.id))
        .join(evaluation_rounds, evaluation_rounds.c.id == table.c.round_id)
        .where(evaluation_rounds.c.set_id == set_id)
    )
    return int(c.execute(query).scalar() or 0)


def _same(seat: Seat) -> tuple[sa.ColumnElement[bool], ...]:
    table = evaluation_seats
    return (
        table.c.round_id == seat.round_id,
        table.c.reviewer == seat.reviewer,
        table.c.position == seat.position,
    )


def _event(c: sa.Connection, seat: Seat, kind: str, said: Mapping[str, Any], seconds: float | None, at: float) -> int:
    new = {
        "round_id": seat.round_id,
        "unit": seat.unit,
        "reviewer": seat.reviewer,
        "kind": kind,
        "said": dict(said),
        "seconds": seconds,
        "at": at,
    }
    return int(c.execute(evaluation_ratings.insert().values(**new).returning(evaluation_ratings.c.id)).scalar_one())


def _stand(c: sa.Connection, seat: Seat, state: str, rating_id: int | None) -> None:
    before = c.execute(sa.select(evaluation_seats.c.state).where(*_same(seat))).scalar_one()
    change = int(state == RATE) - int(before == RATE)
    now = {"state": state, "rating_id": rating_id, "begun": None, "held_until": None}
    c.execute(evaluation_seats.update().where(*_same(seat)).values(now))
    if change:
        unit = (evaluation_units.c.round_id == seat.round_id) & (evaluation_units.c.number == seat.unit)
        c.execute(evaluation_units.update().where(unit).values(rated=evaluation_units.c.rated + change))


def _seat(row: sa.Row[Any]) -> Seat:
    return Seat(
        row.round_id,
        row.reviewer,
        row.position,
        row.unit,
        row.task_id,
        tuple(row.shown),
        row.state,
        row.rating_id,
        row.begun,
    )
