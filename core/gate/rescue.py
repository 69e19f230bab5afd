"""Taking a discard back: a filter's rule is a guess, and a person may know better. Every step is an event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from core.database import Database
from core.database.parts import in_turns
from core.gate.rows import discards
from core.pool import pools, tasks
from core.pool.sealed import Seals
from core.records import Decided, Discard, Refused, State

AT_ONCE = 20  # in one transaction: some tens of milliseconds under the write lock


def rescue(database: Database, chosen: Iterable[tuple[int, int | None]], actor: str) -> int:
    """Accept discarded (task id, instance id or None for the whole task) after all; return how many changed.

    Refused where one of them may not be accepted; then none is. Many are done part by part, so that others can write
    between. Each is an event of its own: after a kill the same act again does the rest.
    """
    every = list(chosen)
    with database.read() as c:
        seals = _may_be_rescued(c, every)
    changed = 0
    for some in in_turns(every, AT_ONCE):
        with database.write() as c:
            changed += sum(_rescue(c, task_id, instance_id, actor, seals) for task_id, instance_id in some)
    return changed


def put_back(database: Database, chosen: Iterable[tuple[int, int | None]], actor: str) -> int:
    """Undo rescues: each is discarded again by the rule that dropped it first; return how many changed.

    Part by part, as `rescue`.
    """
    changed = 0
    for some in in_turns(list(chosen), AT_ONCE):
        with database.write() as c:
            changed += sum(_put_back(c, task_id, instance_id, actor) for task_id, instance_id in some)
    return changed


class _SealsOfPools:
    """What each pool may not take in, read once."""

    def __init__(self) -> None:
        self._of: dict[int, Seals] = {}

    def refuse(self, c: sa.Connection, pool_id: int, instruction: str) -> None:
        """Raise Refused where the instruction is sealed by now."""
        if pool_id in self._of:
            self._of[pool_id].catch_up(c)
        else:
            self._of[pool_id] = Seals(c, pools.by_id(c, pool_id))
        self._of[pool_id].refuse([instruction])


def _may_be_rescued(c: sa.Connection, chosen: Sequence[tuple[int, int | None]]) -> _SealsOfPools:
    """Raise what rescuing these one after the other would raise; nothing is changed."""
    seals, accepted = _SealsOfPools(), set[int]()
    for task_id, instance_id in chosen:
        task = tasks.get(c, task_id)
        if instance_id is None and task.state is State.DISCARDED:
            seals.refuse(c, task.pool_id, task.instruction)
            accepted.add(task_id)
        elif instance_id is not None and tasks.instance(c, instance_id).state is State.DISCARDED:
            _must_be_in(task.state is State.ACCEPTED or task_id in accepted)
    return seals


def _must_be_in(is_in: bool) -> None:
    if not is_in:
        raise Refused("The whole task is discarded; rescue the task first, then its instance.")


def _rescue(c: sa.Connection, task_id: int, instance_id: int | None, actor: str, seals: _SealsOfPools) -> bool:
    task = tasks.get(c, task_id)
    if instance_id is None:
        if task.state is not State.DISCARDED:
            return False
        seals.refuse(c, task.pool_id, task.instruction)
        tasks.set_state(c, task_id, State.ACCEPTED)
    else:
        if tasks.instance(c, instance_id).state is not State.DISCARDED:
            return False
        _must_be_in(task.state is State.ACCEPTED)
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
