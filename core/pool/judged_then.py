"""What people had said by an earlier moment: the ratings that stood then, of the texts that instances had then."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.parts import in_parts
from core.database.schema import instances, journal, ratings
from core.pool import tasks, then
from core.pool.journal import Noted
from core.pool.judgement import FINAL, OPEN_DESK, rating
from core.pool.standing import last_word
from core.records import Rating, State, text_hash


@dataclass(frozen=True, slots=True)
class KnownRatings:
    """The latest rating event that was surely there at a time; `unsure`: ratings of files, from before it or after."""

    newest: int
    unsure: int = 0


@dataclass(frozen=True, slots=True)
class JudgedText:
    """An instance with what stood for the text that it had, in the order in which it was stored; last words too."""

    instance_id: int
    task_id: int
    accepted: bool
    standing: tuple[sa.Row[Any], ...]

    @property
    def open_desk(self) -> list[sa.Row[Any]]:
        return [row for row in self.standing if row.round == OPEN_DESK]

    @property
    def counts_as(self) -> sa.Row[Any] | None:
        """The rating that the text counted as, as `standing.recount` has it: the last word, else the latest."""
        words = [row for row in self.standing if row.round == FINAL] or self.open_desk
        return words[-1] if self.open_desk else None


@dataclass(frozen=True, slots=True)
class JudgedCounts:
    """How many accepted instances people had judged, how many of them counted as valid, and how many by grade."""

    reviewed: int
    approved: int
    grades: Mapping[str, int]


def known_by(c: sa.Connection, pool_id: int, at: float) -> KnownRatings:
    """Which ratings of a pool were there at a time (seconds since 1970).

    Acts at a desk bear the clock's time. A file's ratings bear the file's: those between two acts at a desk were there
    where no file was brought in between that time and the second act; else nobody can tell, and they are `unsure`.
    """
    of_pool, desk = ratings.c.pool_id == pool_id, ratings.c.from_file.is_(False)
    newest = int(c.execute(
        sa.select(sa.func.coalesce(sa.func.max(ratings.c.id), 0)).where(of_pool, desk, ratings.c.at <= at)
    ).scalar_one())  # fmt: skip
    following = c.execute(
        sa.select(ratings.c.id, ratings.c.at)
        .where(of_pool, desk, ratings.c.id > newest)
        .order_by(ratings.c.id)
        .limit(1)
    ).first()
    between = sa.select(ratings.c.id).where(of_pool, ratings.c.id > newest, ratings.c.at <= at)
    brought = sa.select(journal.c.id).where(
        journal.c.pool_id == pool_id, journal.c.kind == Noted.TOOK_RATINGS.value, journal.c.at > at
    )
    if following is not None:
        between = between.where(ratings.c.id < following.id)
        brought = brought.where(journal.c.at <= following.at)
    ids = list(c.execute(between.order_by(ratings.c.id)).scalars())
    if ids and c.execute(brought.limit(1)).first() is not None:
        return KnownRatings(newest, len(ids))
    return KnownRatings(max([newest, *ids]))


def judged(c: sa.Connection, pool_id: int, at: float, newest: int) -> list[JudgedText]:
    """A pool's instances that anybody had judged: texts and states as of a time, ratings up to the event `newest`."""
    said = standing(c, pool_id, newest, (OPEN_DESK, FINAL))
    found: list[JudgedText] = []
    for part in in_parts(list(said)):
        of = sa.select(instances.c.id, instances.c.task_id).where(instances.c.id.in_(part))
        task_of = dict(c.execute(of).tuples().all())
        here = {task.id: task for piece in in_parts(sorted(set(task_of.values()))) for task in tasks.by_ids(c, piece)}
        was = then.texts_then(c, list(here), at)
        stood, tasks_stood = then.instances_then(c, part, at), then.tasks_then(c, list(here), at)
        for instance_id, task_id in task_of.items():
            task = here[task_id]
            its = next(one for one in task.instances if one.id == instance_id)
            text = text_hash(
                was.get((task_id, None, "instruction"), task.instruction),
                was.get((task_id, instance_id, "input"), its.input),
                was.get((task_id, instance_id, "output"), its.output),
            )
            current = sorted((row for row in said[instance_id] if row.text_hash == text), key=lambda row: row.id)
            states = (stood.get(instance_id, State.ACCEPTED), tasks_stood.get(task_id, task.state))
            accepted = all(state is State.ACCEPTED for state in states)  # an instance goes with its task
            found.append(JudgedText(instance_id, task_id, accepted, tuple(current)))
    return found


def counts(there: Collection[JudgedText]) -> JudgedCounts:
    """What the judged of them came to, as `tallies.review_counts` has it of today."""
    counted = [word for one in there if one.accepted and (word := one.counts_as) is not None]
    grades = Counter(word.grade for word in counted if word.grade)
    return JudgedCounts(len(counted), sum(bool(word.valid) for word in counted), dict(sorted(grades.items())))


def ratings_of(there: Collection[JudgedText]) -> list[Rating]:
    """The ratings at the open desk that stood for the texts of then, in the order in which they were stored."""
    return [rating(row) for row in sorted((row for one in there for row in one.open_desk), key=lambda row: row.id)]


def standing(c: sa.Connection, pool_id: int, newest: int, rounds: Sequence[str]) -> dict[int, list[sa.Row[Any]]]:
    """By instance, what stood of each reviewer in each of these rounds: `standing.derive` over the events till then."""
    query = sa.select(ratings).where(ratings.c.pool_id == pool_id, ratings.c.id <= newest, ratings.c.round.in_(rounds))
    events = c.execute(query.order_by(ratings.c.id)).all()
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
