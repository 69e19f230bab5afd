"""Rating blind: each reviewer gets an order of their own, and what they are shown names no model.

Nothing that leaves here tells which model wrote what before the reviewer is done: no name, no number of a response.
Items are known by their place in the reviewer's own order, answers by their place from left to right.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database import Database
from core.evaluation.rows import responses, rounds, seats, sets
from core.evaluation.rows.rounds import RATE
from core.evaluation.rows.seats import SKIP, RaterEvent, Seat
from core.evaluation.words import Choice, Round, RoundKind, Said, places
from core.pool.claims import CLAIM_S, now
from core.pool.judgement import LONGEST_NAME, is_name
from core.records import Grade, Refused


@dataclass(frozen=True, slots=True)
class LastRating:
    """What undo would take back: where, and the grades or the choice in words."""

    position: int
    said: str


@dataclass(frozen=True, slots=True)
class RatingTurn:
    """An item as a reviewer sees it. `answers`: from left to right, in the order drawn for them.

    `judged`, `owed`: by this reviewer; `size`: places in their order; `state`: "", rate or skip. `rating_id`:
    what stands, so that two windows do not overwrite each other unseen.
    """

    round_id: int
    round_name: str
    kind: RoundKind
    position: int
    size: int
    judged: int
    owed: int
    instruction: str
    input: str
    references: tuple[str, ...]
    answers: tuple[str, ...]
    said: Said
    state: str
    rating_id: int | None
    last: LastRating | None


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round as its raters see it: how far it is, and how far the reader is. No model is named."""

    round: Round
    judged: int
    owed: int
    joined: bool
    raters: Mapping[str, int]


def of_set(database: Database, set_name: str, reader: str) -> tuple[RoundView, ...]:
    """Return the set's rounds, the newest first, with how far each is and what the reader owes there."""
    with database.read() as c:
        found = []
        for its in rounds.of_set(c, sets.get(c, set_name).id):
            judged, owed = seats.progress(c, its.id, reader)
            joined = rounds.is_seated(c, its.id, reader)
            found.append(RoundView(its, judged, owed, joined, rounds.raters(c, its.id)))
    return tuple(found)


def turn(database: Database, round_id: int, reviewer: str, position: int | None = None) -> RatingTurn | None:
    """Return what the reviewer has to judge next, or the item at that place of their order; None where there is none.

    What is next is held for ten minutes: an item that wants one more rater is nobody else's until then. None while
    items are still owed means that others have the last ones before them. The first call draws and stores the
    reviewer's own order, of items and of answers.
    """
    with database.read() as c:
        seated = rounds.is_seated(c, round_id, reviewer)
    if not seated:
        with database.write() as c:
            _join(c, rounds.get(c, round_id), reviewer)
    with database.read() as c:
        its = rounds.get(c, round_id)
        seat = seats.seat(c, round_id, reviewer, position) if position else None
        if seat is not None:
            return _turn(c, its, seat)
        if its.closed_at is not None:
            return None
    with database.write() as c:
        seat = seats.next_seat(c, round_id, reviewer, now())
        if seat is not None:
            seats.hold(c, seat, now() + CLAIM_S)
        return _turn(c, its, seat) if seat else None


def still_owed(database: Database, round_id: int, reviewer: str) -> int:
    """Return how many items of the round the reviewer owes."""
    with database.read() as c:
        return seats.progress(c, round_id, reviewer)[1]


def hand_in(database: Database, turn: RatingTurn, reviewer: str, said: Said, seconds: float | None = None) -> None:
    """Store a whole judgement for good. Raises Refused where it is not whole, or was given in another window since."""
    if not said.is_complete(turn.kind, len(turn.answers)):
        raise Refused("This item is not judged whole yet; give every response a grade.")
    with database.write() as c:
        seat = _same_seat(c, turn, reviewer)
        seats.say(c, seat, RATE, _stored(said, seat.shown), seconds, time.time())


def begin(database: Database, turn: RatingTurn, reviewer: str, said: Said) -> None:
    """Keep what was said so far over a reload; it counts for nothing yet."""
    with database.write() as c:
        seat = _same_seat(c, turn, reviewer)
        if seat.state == RATE and said.is_complete(turn.kind, len(turn.answers)):
            seats.say(c, seat, RATE, _stored(said, seat.shown), None, time.time())
        else:
            seats.begin(c, seat, _stored(said, seat.shown))


def put_off(database: Database, turn: RatingTurn, reviewer: str) -> None:
    """Come back to this item after the others."""
    with database.write() as c:
        seat = _same_seat(c, turn, reviewer)
        if seat.state == RATE:
            raise Refused("This item is judged already; change the grade instead.")
        seats.say(c, seat, SKIP, {}, None, time.time())


def undo(database: Database, round_id: int, reviewer: str) -> int | None:
    """Take the reviewer's last act in the round back, by an event; return its place, None where there is none."""
    with database.write() as c:
        if rounds.get(c, round_id).closed_at is not None:
            raise Refused("This round is closed; what was said in it stays.")
        event = seats.last_event(c, round_id, reviewer)
        seat = seats.seat_of_unit(c, round_id, reviewer, event.unit) if event else None
        if event is None or seat is None:
            return None
        seats.undo(c, seat, event)
        return seat.position


def leave(database: Database, round_id: int, reviewer: str) -> None:
    """Give one's place in a round back. Raises Refused where something was said there: that stays."""
    with database.write() as c:
        if seats.said_anything(c, round_id, reviewer):
            raise Refused("You have judged items of this round already; finish it, or close it for everybody.")
        rounds.leave(c, round_id, reviewer)


def close(database: Database, round_id: int) -> None:
    """End a round for everybody: what was said counts, and nobody owes anything any more."""
    with database.write() as c:
        rounds.get(c, round_id)
        rounds.close(c, round_id)


def _join(c: sa.Connection, its: Round, reviewer: str) -> None:
    """Draw a reviewer's own order and store it; the same reviewer of the same round gets the same order anywhere."""
    if not is_name(reviewer):
        raise Refused(f"Say who rates, in up to {LONGEST_NAME} characters: type a name into the side bar.")
    if rounds.is_seated(c, its.id, reviewer):
        return
    if its.imported or its.closed_at is not None:
        raise Refused(f"{its.name} takes no more ratings; draw a new round.")
    draw = random.Random(f"{its.seed}/{its.id}/{reviewer}")
    units = rounds.units(c, its.id)
    order = draw.sample(units, len(units))
    seats.take_seats(
        c, its.id, reviewer, [(unit.number, draw.sample(unit.responses, len(unit.responses))) for unit in order]
    )


def _turn(c: sa.Connection, its: Round, seat: Seat) -> RatingTurn:
    task = sets.task(c, seat.task_id)
    texts = responses.texts(c, seat.shown)
    judged, owed = seats.progress(c, its.id, seat.reviewer)
    stands: Mapping[str, Any] = seats.event(c, seat.rating_id).said if seat.rating_id and seat.state == RATE else {}
    event = seats.last_event(c, its.id, seat.reviewer)
    return RatingTurn(
        its.id,
        its.name,
        its.kind,
        seat.position,
        seats.count(c, its.id, seat.reviewer),
        judged,
        owed,
        task.instruction,
        task.input,
        task.references,
        tuple(texts[number] for number in seat.shown),
        _as_said(seat.begun or stands, seat.shown, its.kind),
        seat.state,
        seat.rating_id,
        _last_act(c, its, seat.reviewer, event),
    )


def _last_act(c: sa.Connection, its: Round, reviewer: str, event: RaterEvent | None) -> LastRating | None:
    seat = seats.seat_of_unit(c, its.id, reviewer, event.unit) if event else None
    if event is None or seat is None:
        return None
    if event.kind == SKIP:
        return LastRating(seat.position, "later")
    said = _as_said(event.said, seat.shown, its.kind)
    words = said.choice.value if said.choice else " ".join(grade.value for grade in said.grades if grade)
    return LastRating(seat.position, words)


def _same_seat(c: sa.Connection, turn: RatingTurn, reviewer: str) -> Seat:
    seat = seats.seat(c, turn.round_id, reviewer, turn.position)
    if seat is None:
        raise Refused("This item is no longer yours; go on with the next.")
    if rounds.get(c, turn.round_id).closed_at is not None:
        raise Refused("This round was closed in the meantime; it takes no more ratings.")
    if seat.rating_id != turn.rating_id:
        raise Refused("You judged this item in another window since; that is shown now and stays unless you change it.")
    return seat


def _stored(said: Said, shown: Sequence[int]) -> dict[str, Any]:
    """What was said with responses in the place of places, so that nothing depends on the order that was shown."""
    stored: dict[str, Any] = {"note": said.note, "flags": list(said.flags)}
    if said.choice is not None:
        winner = dict(zip(places(len(shown)), shown, strict=True)).get(said.choice)
        return {**stored, "choice": "win" if winner else said.choice.value, "winner": winner}
    grades = zip(shown, said.grades, strict=False)
    return {**stored, "grades": {str(number): grade.value for number, grade in grades if grade is not None}}


def _as_said(stored: Mapping[str, Any], shown: Sequence[int], kind: RoundKind) -> Said:
    note, flags = stored.get("note", ""), tuple(stored.get("flags", ()))
    if kind is RoundKind.CHOOSE:
        choice, winner = stored.get("choice"), stored.get("winner")
        if winner is not None:
            choice = places(len(shown))[list(shown).index(winner)].value
        return Said((), Choice(choice) if choice else None, note, flags)
    grades = stored.get("grades", {})
    given = tuple(Grade(grades[str(number)]) if str(number) in grades else None for number in shown)
    return Said(given, None, note, flags)
