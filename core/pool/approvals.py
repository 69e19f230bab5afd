"""Which tasks stood as approved at an earlier moment, by the ratings as they had been stored by then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.database.parts import in_parts
from core.database.schema import instances, ratings
from core.pool import tasks, then
from core.pool.judgement import FINAL, OPEN_DESK
from core.pool.standing import last_word
from core.records import Grade, State, text_hash

APPROVING = (Grade.A.value, Grade.B.value)


def newest_rating(c: sa.Connection) -> int:
    """The latest rating event of the whole database; 0 before the first."""
    return int(c.execute(sa.select(sa.func.coalesce(sa.func.max(ratings.c.id), 0))).scalar_one())


def newest_by(c: sa.Connection, pool_id: int, at: float) -> int:
    """The latest rating event that was surely there at a time (seconds since 1970).

    A file's ratings bear the file's times: those count that came in before a later act at a desk.
    """
    query = sa.select(sa.func.coalesce(sa.func.max(ratings.c.id), 0)).where(
        ratings.c.pool_id == pool_id, ratings.c.at <= at, ratings.c.from_file.is_(False)
    )
    return int(c.execute(query).scalar_one())


def approved(c: sa.Connection, pool_id: int, at: float, newest: int) -> set[int]:
    """The tasks that had an accepted instance counted as A or B: texts as of a time, ratings up to `newest`."""
    query = sa.select(ratings).where(
        ratings.c.pool_id == pool_id, ratings.c.id <= newest, ratings.c.round.in_([OPEN_DESK, FINAL])
    )
    events = c.execute(query.order_by(ratings.c.id)).all()
    said = _standing(events)
    found: set[int] = set()
    for part in in_parts(list(said)):
        of = sa.select(instances.c.id, instances.c.task_id).where(instances.c.id.in_(part))
        task_of = dict(c.execute(of).tuples().all())
        here = {task.id: task for piece in in_parts(sorted(set(task_of.values()))) for task in tasks.by_ids(c, piece)}
        was = then.texts_then(c, list(here), at)
        stood = then.instances_then(c, part, at)
        for instance_id, task_id in task_of.items():
            task = here[task_id]
            its = next(one for one in task.instances if one.id == instance_id)
            text = text_hash(
                was.get((task_id, None, "instruction"), task.instruction),
                was.get((task_id, instance_id, "input"), its.input),
                was.get((task_id, instance_id, "output"), its.output),
            )
            if (
                stood.get(instance_id, State.ACCEPTED) is State.ACCEPTED
                and _grade(said[instance_id], text) in APPROVING
            ):
                found.add(task_id)
    return found


def _standing(events: Sequence[sa.Row[Any]]) -> dict[int, list[sa.Row[Any]]]:
    """By instance, what stands of each reviewer and round: `standing.derive` over these events alone."""
    undone = {row.undoes for row in events if row.kind == "undo"}
    by_place: dict[tuple[int, str, str], list[sa.Row[Any]]] = defaultdict(list)
    for row in events:
        if row.kind != "undo" and row.id not in undone:
            by_place[(row.instance_id, row.reviewer, row.round)].append(row)
    found: dict[int, list[sa.Row[Any]]] = defaultdict(list)
    for (instance_id, _, _), rows in by_place.items():
        last = last_word(rows)
        if last is not None and last.kind == "rate":
            found[instance_id].append(last)
    return found


def _grade(standing: Sequence[sa.Row[Any]], text: str) -> str | None:
    """The grade that a text counted as, as `standing.recount` has it: the last word's, else the latest."""
    current = sorted((row for row in standing if row.text_hash == text), key=lambda row: row.id)
    open_desk = [row for row in current if row.round == OPEN_DESK]
    words = [row for row in current if row.round == FINAL] or open_desk
    return words[-1].grade if open_desk else None
