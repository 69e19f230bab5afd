"""Blind rounds: what is judged together, and who has a seat."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.bulk import Row, insert_rows
from core.database.schema import (
    evaluation_looks,
    evaluation_rounds,
    evaluation_seats,
    evaluation_units,
)
from core.database.wholes import Overtaken, Whole, settled
from core.evaluation.words import Round, RoundKind
from core.pool import missing

RATE = "rate"
_UNIT = ("round_id", "number", "task_id", "responses", "wanted", "rated")


@dataclass(frozen=True, slots=True)
class Unit:
    """Responses to one task that are judged together; `wanted` raters, None for everybody."""

    number: int
    task_id: int
    responses: tuple[int, ...]
    wanted: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """When a reviewer first saw results of a set: the time, and the set's latest event by then."""

    at: float
    after_rating: int


def drawing(set_id: int, before: int, name: str, kind: RoundKind, side: int, **how: Any) -> Whole[Round]:
    """A round about to be stored with its items (`unit_rows`), where the set has `before` rounds: seats are drawn of
    all of it, so that nobody sees a part. `how`: its other columns (overlap, seed, actor). Raises Overtaken."""

    def begin(c: sa.Connection) -> int:
        check(c)
        new = {"set_id": set_id, "name": name, "kind": kind.value, "side": side, "whole": False, **how}
        made = evaluation_rounds.insert().values(**new, created_at=time.time()).returning(evaluation_rounds.c.id)
        return int(c.execute(made).scalar_one())

    def check(c: sa.Connection) -> None:
        if how_many(c, set_id) != before:
            raise Overtaken

    def add(c: sa.Connection, round_id: int, rows: Sequence[Row]) -> None:
        insert_rows(c, evaluation_units, _UNIT, [(round_id, *row) for row in rows])

    def end(c: sa.Connection, round_id: int) -> Round:
        check(c)
        c.execute(evaluation_rounds.update().where(evaluation_rounds.c.id == round_id).values(settled()))
        return get(c, round_id)

    return Whole(evaluation_rounds, evaluation_units, begin, add, end)


def bring(c: sa.Connection, set_id: int, name: str, *, demo: bool, actor: str) -> int:
    """Store a round of grades that a file brings, whose items come with them; return its id."""
    new = {"set_id": set_id, "name": name, "kind": RoundKind.GRADE.value, "side": 1, "seed": 0, "imported": True}
    made = evaluation_rounds.insert().values(**new, demo=demo, actor=actor, created_at=time.time())
    return int(c.execute(made.returning(evaluation_rounds.c.id)).scalar_one())


def unit_rows(units: Sequence[Unit]) -> list[Row]:
    """Items as they are stored."""
    return [(unit.number, unit.task_id, list(unit.responses), unit.wanted, 0) for unit in units]


def add_units(c: sa.Connection, round_id: int, units: Sequence[Unit]) -> None:
    """Store further items of a round."""
    insert_rows(c, evaluation_units, _UNIT, [(round_id, *row) for row in unit_rows(units)])


def get(c: sa.Connection, round_id: int) -> Round:
    row = c.execute(
        sa.select(evaluation_rounds).where(evaluation_rounds.c.id == round_id, evaluation_rounds.c.whole)
    ).first()
    if row is None:
        raise missing.no_such(c, missing.ROUND, round_id)
    query = sa.select(sa.func.count()).select_from(evaluation_units).where(evaluation_units.c.round_id == round_id)
    return _round(row, c.execute(query).scalar_one())


def newest(c: sa.Connection) -> int:
    """The id of the latest round of any set."""
    return int(c.execute(sa.select(sa.func.max(evaluation_rounds.c.id)).where(evaluation_rounds.c.whole)).scalar() or 0)


def of_set(c: sa.Connection, set_id: int) -> list[Round]:
    """A set's rounds, the newest first."""
    counted = (
        sa.select(evaluation_units.c.round_id, sa.func.count().label("n"))
        .group_by(evaluation_units.c.round_id)
        .subquery()
    )
    query = (
        sa.select(evaluation_rounds, counted.c.n)
        .outerjoin(counted, counted.c.round_id == evaluation_rounds.c.id)
        .where(evaluation_rounds.c.set_id == set_id, evaluation_rounds.c.whole)
        .order_by(evaluation_rounds.c.id.desc())
    )
    return [_round(row, row.n or 0) for row in c.execute(query)]


def close(c: sa.Connection, round_id: int) -> None:
    """Let nobody owe anything any more."""
    table = evaluation_rounds
    c.execute(table.update().where(table.c.id == round_id, table.c.closed_at.is_(None)).values(closed_at=time.time()))


def leave(c: sa.Connection, round_id: int, reviewer: str) -> None:
    """Take a reviewer's seats away; the caller knows that nothing was said there."""
    table = evaluation_seats
    c.execute(table.delete().where(table.c.round_id == round_id, table.c.reviewer == reviewer))


def how_many(c: sa.Connection, set_id: int) -> int:
    """How many rounds a set has; none of their items is counted."""
    its = (evaluation_rounds.c.set_id == set_id) & evaluation_rounds.c.whole
    query = sa.select(sa.func.count()).select_from(evaluation_rounds).where(its)
    return int(c.execute(query).scalar_one())


def imported(c: sa.Connection, set_id: int, name: str) -> int | None:
    """The id of the newest round of that name that a file brought; None where there is none."""
    table = evaluation_rounds
    query = sa.select(sa.func.max(table.c.id)).where(table.c.set_id == set_id, table.c.imported, table.c.name == name)
    return c.execute(query).scalar()


def units(c: sa.Connection, round_id: int, after: int = 0) -> list[Unit]:
    """A round's items in order, from the one behind this number on."""
    table = evaluation_units
    query = sa.select(table).where(table.c.round_id == round_id, table.c.number > after).order_by(table.c.number)
    return [Unit(row.number, row.task_id, tuple(row.responses), row.wanted) for row in c.execute(query)]


def is_seated(c: sa.Connection, round_id: int, reviewer: str) -> bool:
    table = evaluation_seats
    query = sa.select(table.c.position).where(table.c.round_id == round_id, table.c.reviewer == reviewer).limit(1)
    return c.execute(query).first() is not None


def raters(c: sa.Connection, round_id: int) -> dict[str, int]:
    """How many items each reviewer has judged, by name."""
    seats = evaluation_seats
    query = (
        sa.select(seats.c.reviewer, sa.func.count())
        .where(seats.c.round_id == round_id, seats.c.state == RATE)
        .group_by(seats.c.reviewer)
        .order_by(seats.c.reviewer)
    )
    return {row[0]: row[1] for row in c.execute(query)}


def rounds_joined(c: sa.Connection, set_id: int, reviewer: str) -> list[int]:
    """The rounds of a set in which the reviewer has a seat."""
    seats = evaluation_seats
    query = (
        sa.select(seats.c.round_id)
        .join(evaluation_rounds, evaluation_rounds.c.id == seats.c.round_id)
        .where(evaluation_rounds.c.set_id == set_id, seats.c.reviewer == reviewer)
        .distinct()
    )
    return sorted(c.execute(query).scalars())


def note_look(c: sa.Connection, set_id: int, reviewer: str, after_rating: int) -> None:
    """Note that a reviewer saw results, after which event of the set; a second look changes nothing."""
    if reviewer not in looks(c, set_id):
        new = {"set_id": set_id, "reviewer": reviewer, "at": time.time(), "after_rating": after_rating}
        c.execute(evaluation_looks.insert().values(new))


def looks(c: sa.Connection, set_id: int) -> dict[str, Look]:
    """Each reviewer's first look at results of a set."""
    query = sa.select(evaluation_looks).where(evaluation_looks.c.set_id == set_id)
    return {row.reviewer: Look(row.at, row.after_rating) for row in c.execute(query)}


def models_rated(c: sa.Connection) -> set[int]:
    """The responses that were ever in a round, of all sets: ids."""
    found: set[int] = set()
    whole = sa.select(evaluation_units.c.responses).join(evaluation_rounds).where(evaluation_rounds.c.whole)
    for responses in c.execute(whole).scalars():
        found.update(responses)
    return found


def _round(row: sa.Row[Any], items: int) -> Round:
    return Round(
        row.id,
        row.set_id,
        row.name,
        RoundKind(row.kind),
        row.side,
        row.overlap,
        row.seed,
        row.imported,
        row.demo,
        items,
        row.created_at,
        row.closed_at,
    )
