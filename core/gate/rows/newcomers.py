"""What changed in a pool since somebody read it, as far as its novelty gate is concerned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from core.database.schema import decisions, edits, tasks
from core.records import Decided, Origin, State

IN = (State.ACCEPTED.value, State.REJECTED.value)  # what the gate compares with
TURNS = (Decided.RESCUE.value, Decided.SWITCH_ON.value, Decided.SWITCH_OFF.value)  # a task comes in or goes out


@dataclass(frozen=True, slots=True)
class Moment:
    """How far a reader has read: the newest task, decision and edit of the database."""

    task_id: int = 0
    decision_id: int = 0
    edit_id: int = 0


class Newcomer(NamedTuple):
    """A task that came in since."""

    id: int
    instruction: str
    is_seed: bool


def moment(c: sa.Connection) -> Moment:
    """The present moment."""
    return Moment(*c.execute(_NEWEST).one())


def since(c: sa.Connection, pool_id: int, then: Moment, limit: int) -> list[Newcomer]:
    """The tasks that a pool's gate has let in since, in order of arrival, at most so many."""
    found = c.execute(_SINCE, {"its_pool": pool_id, "newest": then.task_id, "most": limit})
    return [Newcomer(row.id, row.instruction, row.origin == Origin.SEED.value) for row in found]


def has_turned(c: sa.Connection, pool_id: int, then: Moment) -> bool:
    """Whether a task that was there has come in, gone out or got another text since."""
    newest = {"its_pool": pool_id, "decision": then.decision_id, "edit": then.edit_id}
    return c.execute(_TURNED, newest).first() is not None


# Made once: an import asks them for every part that it stores.
_NEWEST = sa.select(
    *(sa.select(sa.func.coalesce(sa.func.max(t.c.id), 0)).scalar_subquery() for t in (tasks, decisions, edits))
)
_POOL = sa.bindparam("its_pool", type_=sa.Integer)
_SINCE = (
    sa.select(tasks.c.id, tasks.c.instruction, tasks.c.origin)
    .where(tasks.c.pool_id == _POOL, tasks.c.id > sa.bindparam("newest"), tasks.c.state.in_(IN))
    .order_by(tasks.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_TURNED = sa.union_all(
    sa.select(decisions.c.id).where(
        decisions.c.id > sa.bindparam("decision"), decisions.c.pool_id == _POOL, decisions.c.kind.in_(TURNS)
    ),
    sa.select(edits.c.id).where(
        edits.c.id > sa.bindparam("edit"), edits.c.pool_id == _POOL, edits.c.field == "instruction"
    ),
).limit(1)
