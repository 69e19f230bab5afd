"""How many of a pool's instances people have judged, and how good they found them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from core.database.schema import decisions, edits, instance_counts, instances, ratings, runs, tasks
from core.records import State

VALID = 1  # as `instance_counts` says it


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """Counts of a pool's instances that are up for review, and of their current ratings."""

    instances: int
    reviewed: int
    approved: int
    grades: Mapping[str, int]


def newest_instance(c: sa.Connection) -> int:
    """The number of the newest instance of all pools."""
    return int(c.execute(sa.select(sa.func.coalesce(sa.func.max(instances.c.id), 0))).scalar_one())


def rated(pool_id: int, by: int) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions on `instances` that a pool's, in whatever state, are rated by so many reviewers or more.

    All states are named, for the index of ratings begins with them: it leads to a few of a million.
    """
    its = instances.c
    states = its.state.in_([one.value for one in State])
    return its.pool_id == pool_id, its.is_seed.in_([False, True]), states, its.rated >= by


def up_for_review(c: sa.Connection, pool_id: int) -> int:
    """How many accepted instances a pool has, its seeds' aside."""
    n = sa.func.coalesce(sa.func.sum(instance_counts.c.n), 0)
    return int(c.execute(sa.select(n).where(*_up(pool_id))).scalar_one())


Counted = TypeVar("Counted")
_LOCK = Lock()
_KEPT: WeakKeyDictionary[sa.Engine, dict[Hashable, tuple[Hashable, Any]]] = WeakKeyDictionary()


def said_so_far(c: sa.Connection, pool_id: int) -> Hashable:
    """The moment of a pool's ratings: another one as soon as people say, change or decide anything."""
    by_people = sa.select(sa.func.max(decisions.c.id)).where(decisions.c.pool_id == pool_id, decisions.c.actor > "")
    newest = (sa.select(sa.func.max(table.c.id)) for table in (ratings, edits))
    said = c.execute(sa.select(*(each.scalar_subquery() for each in (*newest, by_people)))).one()
    counts = review_counts(c, pool_id)
    return (*said, counts.reviewed, counts.approved)


def kept(c: sa.Connection, which: Hashable, moment: Hashable, count: Callable[[], Counted]) -> Counted:
    """What is counted, or what was counted the last time if that was of the same moment.

    For pages that look every two seconds while a run works. What is looked at while something is written is not kept.
    """
    with _LOCK:
        before, found = _KEPT.get(c.engine, {}).get(which, (None, None))
    if before != moment:
        found = count()
        with _LOCK:
            _KEPT.setdefault(c.engine, {})[which] = (moment, found)
    return cast(Counted, found)


def grades_by_run(c: sa.Connection, pool_id: int) -> Mapping[int, tuple[int, int]]:
    """For each run (rated instances, those of them that count as valid), by the derived columns alone."""
    return kept(c, ("grades by run", pool_id), said_so_far(c, pool_id), lambda: _grades_by_run(c, pool_id))


def approved_of_runs(c: sa.Connection, pool_id: int) -> int:
    """How many approved instances up for review runs have made: those that cost something."""
    return kept(c, ("approved of runs", pool_id), said_so_far(c, pool_id), lambda: _approved_of_runs(c, pool_id))


def _grades_by_run(c: sa.Connection, pool_id: int) -> Mapping[int, tuple[int, int]]:
    # What was imported has no run: a pool of nothing else is not read.
    made = sa.select(runs.c.id).where(sa.select(tasks.c.id).where(tasks.c.run_id == runs.c.id).exists())
    if c.execute(made.limit(1)).first() is None:
        return {}
    its = instances.c
    query = (
        sa.select(tasks.c.run_id, sa.func.count(), sa.func.sum(sa.case((its.valid.is_(True), 1), else_=0)))
        .join(tasks, tasks.c.id == its.task_id)
        .where(*rated(pool_id, 1), tasks.c.run_id.is_not(None))
        .group_by(tasks.c.run_id)
    )
    return {run_id: (int(rated), int(valid)) for run_id, rated, valid in c.execute(query)}


def _approved_of_runs(c: sa.Connection, pool_id: int) -> int:
    its = instances.c
    query = sa.select(sa.func.count()).select_from(instances.join(tasks, tasks.c.id == its.task_id))
    approved = (its.pool_id == pool_id, its.is_seed.is_(False), its.state == State.ACCEPTED.value, its.rated > 0)
    return int(c.execute(query.where(*approved, its.valid.is_(True), tasks.c.run_id.is_not(None))).scalar_one())


def fates_by_batch(
    c: sa.Connection, run_ids: Sequence[int]
) -> dict[tuple[int, int | None], dict[tuple[str, str], int]]:
    """For each (run, batch) of these runs how many of its tasks are in which (state, rule that dropped them or "")."""
    place = (tasks.c.run_id, tasks.c.batch)
    query = sa.select(*place, tasks.c.state, tasks.c.rule, sa.func.count()).where(tasks.c.run_id.in_(run_ids))
    found: dict[tuple[int, int | None], dict[tuple[str, str], int]] = {}
    for run_id, batch, state, rule, n in c.execute(query.group_by(*place, tasks.c.state, tasks.c.rule)):
        found.setdefault((run_id, batch), {})[state, rule or ""] = n
    return found


def tasks_by_request(c: sa.Connection, run_ids: Sequence[int]) -> dict[int, list[tuple[int, bool, bool, bool]]]:
    """By request, (id, is accepted, is rated, is approved) of the tasks of these runs that came from it, in order.

    A task is rated, and approved, where one of its instances that are up for review is.
    """
    its = instances.alias("its")
    up = sa.exists().where(its.c.task_id == tasks.c.id, its.c.state == State.ACCEPTED.value, its.c.rated > 0)
    query = (
        sa.select(
            tasks.c.request_id,
            tasks.c.id,
            (tasks.c.state == State.ACCEPTED.value).label("is_accepted"),
            up.label("is_rated"),
            up.where(its.c.valid.is_(True)).label("is_approved"),
        )
        .where(tasks.c.run_id.in_(run_ids), tasks.c.request_id.is_not(None))
        .order_by(tasks.c.id)
    )
    found: dict[int, list[tuple[int, bool, bool, bool]]] = {}
    for request_id, task_id, accepted, rated, approved in c.execute(query):
        found.setdefault(request_id, []).append((task_id, bool(accepted), bool(rated), bool(approved)))
    return found


def grades_by_batch(
    c: sa.Connection, pool_id: int, run_ids: Sequence[int]
) -> dict[tuple[int, int | None], tuple[int, int]]:
    """For each (run, batch) of these runs (instances up for review that are rated, those of them that are valid)."""
    place = (tasks.c.run_id, tasks.c.batch)
    query = (
        sa.select(*place, sa.func.count(), sa.func.sum(sa.case((instances.c.valid.is_(True), 1), else_=0)))
        .join(tasks, tasks.c.id == instances.c.task_id)
        .where(instances.c.pool_id == pool_id, instances.c.is_seed.is_(False))
        .where(instances.c.state == State.ACCEPTED.value, instances.c.rated > 0, tasks.c.run_id.in_(run_ids))
        .group_by(*place)
    )
    return {(run_id, batch): (int(rated), int(valid)) for run_id, batch, rated, valid in c.execute(query)}


def review_counts(c: sa.Connection, pool_id: int) -> ReviewCounts:
    """Counts for the overview, as the database keeps them."""
    counted = instance_counts.c
    query = sa.select(counted.rated, counted.grade, counted.valid, counted.n).where(*_up(pool_id), counted.n > 0)
    total = reviewed = approved = 0
    grades: dict[str, int] = {}
    for rated, grade, valid, n in c.execute(query):
        total += n
        reviewed += n if rated else 0
        approved += n if rated and valid == VALID else 0
        if rated and grade:
            grades[grade] = grades.get(grade, 0) + n
    return ReviewCounts(total, reviewed, approved, dict(sorted(grades.items())))


def _up(pool_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    counted = instance_counts.c
    return (counted.pool_id == pool_id, counted.is_seed.is_(False), counted.state == State.ACCEPTED.value)
