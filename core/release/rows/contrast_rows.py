"""What instances were, what stands beside them in their tasks, and what their rows brought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.database.schema import beside as kept
from core.database.schema import edits, instances, ratings
from core.pool import beside
from core.pool.judgement import FINAL, OPEN_DESK
from core.records import State
from core.release.rows.release_rows import StandingRating


class Former(NamedTuple):
    """A change of a task or of one of its instances, with the text before it. What one act changes has ids in a row."""

    id: int
    task_id: int
    instance_id: int | None
    field: str
    before: Any
    actor: str
    reason: str


class Sibling(NamedTuple):
    """An accepted instance of a task that has several."""

    instance_id: int
    task_id: int
    input: str
    output: str


def formers(c: sa.Connection, task_ids: Sequence[int]) -> dict[int, list[Former]]:
    """The changes of these tasks and their instances, by task, the latest first."""
    its = (
        edits.c.id,
        edits.c.task_id,
        edits.c.instance_id,
        edits.c.field,
        edits.c.before,
        edits.c.actor,
        edits.c.reason,
    )
    wanted = sa.select(*its).where(edits.c.task_id.in_(set(task_ids))).order_by(edits.c.id.desc())
    found: dict[int, list[Former]] = {}
    for row in c.execute(wanted):
        found.setdefault(row.task_id, []).append(Former._make(row))
    return found


def siblings(c: sa.Connection, task_ids: Sequence[int]) -> dict[int, list[Sibling]]:
    """The accepted instances of those of these tasks that have several, by task, in their order."""
    its = (instances.c.task_id.in_(task_ids)) & (instances.c.state == State.ACCEPTED.value)
    several = sa.select(instances.c.task_id).where(its).group_by(instances.c.task_id).having(sa.func.count() > 1)
    query = sa.select(instances.c.id, instances.c.task_id, instances.c.input, instances.c.output)
    wanted = query.where(its, instances.c.task_id.in_(several)).order_by(instances.c.task_id, instances.c.position)
    found: dict[int, list[Sibling]] = {}
    for row in c.execute(wanted):
        found.setdefault(row.task_id, []).append(Sibling._make(row))
    return found


def ratings_of_old(c: sa.Connection, instance_ids: Sequence[int]) -> dict[tuple[int, str], list[StandingRating]]:
    """The last ratings, one a reviewer, of texts that these instances no longer have, by instance and text hash."""
    undone = sa.select(ratings.c.undoes).where(ratings.c.instance_id.in_(instance_ids), ratings.c.kind == "undo")
    query = (
        sa.select(
            ratings.c.instance_id, ratings.c.text_hash, ratings.c.reviewer, ratings.c.round, ratings.c.grade,
            ratings.c.valid,
        )
        .join(instances, instances.c.id == ratings.c.instance_id)
        .where(ratings.c.instance_id.in_(instance_ids), ratings.c.kind == "rate")
        .where(ratings.c.text_hash != instances.c.text_hash, ratings.c.round.in_((OPEN_DESK, FINAL)))
        .where(ratings.c.id.not_in(undone.where(ratings.c.undoes.is_not(None))))
        .order_by(ratings.c.id)
    )  # fmt: skip
    last: dict[tuple[int, str, str, str], StandingRating] = {}
    for row in c.execute(query) if instance_ids else ():
        said = StandingRating(row.instance_id, row.reviewer, row.round == FINAL, True, row.grade, row.valid)
        last[row.instance_id, row.text_hash, row.reviewer, row.round] = said
    found: dict[tuple[int, str], list[StandingRating]] = {}
    for (instance_id, text_hash, _, _), said in last.items():
        found.setdefault((instance_id, text_hash), []).append(said)
    return found


def has_column(c: sa.Connection, pool_id: int, column: str) -> bool:
    """Whether a row that was imported into a pool had that column."""
    there = kept.c.extra[column].as_string().is_not(None)
    return bool(c.execute(sa.select(sa.exists().where(kept.c.pool_id == pool_id, there))).scalar())


def instances_with(c: sa.Connection, pool_id: int, column: str, value: str) -> set[int]:
    """The instances of a pool whose imported row had this value in a column."""
    query = sa.select(instances.c.id).where(instances.c.pool_id == pool_id, beside.has(column, value, instances.c.id))
    return set(c.execute(query).scalars())
