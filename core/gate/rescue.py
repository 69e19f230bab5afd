"""Taking a discard back: a filter's rule is a guess, and a person may know better. Every step is an event."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from core.database import Database
from core.gate.rows import discards
from core.pool import pools, tasks
from core.pool.sealed import Seals
from core.records import Decided, Discard, Refused, State


def rescue(database: Database, chosen: Iterable[tuple[int, int | None]], actor: str) -> int:
    """Accept discarded (task id, instance id or None for the whole task) after all; return how many changed."""
    with database.write() as c:
        return sum(_rescue(c, task_id, instance_id, actor) for task_id, instance_id in chosen)


def put_back(database: Database, chosen: Iterable[tuple[int, int | None]], actor: str) -> int:
    """Undo rescues: each is discarded again by the rule that dropped it first; return how many changed."""
    with database.write() as c:
        return sum(_put_back(c, task_id, instance_id, actor) for task_id, instance_id in chosen)


def _rescue(c: sa.Connection, task_id: int, instance_id: int | None, actor: str) -> bool:
    task = tasks.get(c, task_id)
    if instance_id is None:
        if task.state is not State.DISCARDED:
            return False
        Seals(c, pools.by_id(c, task.pool_id)).refuse([task.instruction])
        tasks.set_state(c, task_id, State.ACCEPTED)
    else:
        if tasks.instance(c, instance_id).state is not State.DISCARDED:
            return False
        if task.state is not State.ACCEPTED:
            raise Refused("The whole task is discarded; rescue the task first, then its instance.")
        tasks.set_instance_state(c, instance_id, State.ACCEPTED)
    first = discards.last_decision(c, Decided.DISCARD, task_id, instance_id)
    why = Discard(first.rule if first else "", {})
    tasks.decide(c, task.pool_id, Decided.RESCUE, why, task_id=task_id, instance_id=instance_id, actor=actor)
    return True


def _put_back(c: sa.Connection, task_id: int, instance_id: int | None, actor: str) -> bool:
    task = tasks.get(c, task_id)
    rescued = discards.last_decision(c, Decided.RESCUE, task_id, instance_id)
    first = discards.last_decision(c, Decided.DISCARD, task_id, instance_id)
    stands = task.state if instance_id is None else tasks.instance(c, instance_id).state
    if rescued is None or first is None or stands is not State.ACCEPTED:
        return False
    if instance_id is None:
        tasks.set_state(c, task_id, State.DISCARDED, first.rule)
    else:
        tasks.set_instance_state(c, instance_id, State.DISCARDED, first.rule)
    why = Discard(first.rule, first.evidence)
    tasks.decide(
        c,
        task.pool_id,
        Decided.DISCARD,
        why,
        task_id=task_id,
        instance_id=instance_id,
        actor=actor,
        undoes=rescued.id,
    )
    return True
