"""Tasks as they were at an earlier moment: the present, with every later decision and edit taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.parts import by_no_index, in_parts
from core.database.schema import decisions, edits, evaluation_sets, tasks
from core.pool import arrivals
from core.pool import edits as edits_of
from core.pool import tasks as tasks_of
from core.records import Decided, Discard, Origin, State, Task

_LEADS_TO = {
    Decided.DISCARD.value: State.DISCARDED,
    Decided.RESCUE.value: State.ACCEPTED,
    Decided.REJECT.value: State.REJECTED,
    Decided.RESTORE.value: State.ACCEPTED,
    Decided.SWITCH_OFF.value: State.OFF,
    Decided.SWITCH_ON.value: State.ACCEPTED,
}
_COMES_FROM = {
    Decided.SWITCH_ON.value: State.OFF,
    Decided.RESCUE.value: State.DISCARDED,
    Decided.RESTORE.value: State.REJECTED,
}

_TURNS = {
    (State.DISCARDED, State.ACCEPTED): Decided.RESCUE,
    (State.OFF, State.ACCEPTED): Decided.SWITCH_ON,
    (State.ACCEPTED, State.OFF): Decided.SWITCH_OFF,
}


@dataclass(frozen=True, slots=True)
class Earlier:
    """A task as it was: where it came from, its texts and where it stood; `rule` of the discard that stood."""

    id: int
    origin: Origin
    run_id: int | None
    name: str | None
    demo: bool
    instruction: str
    is_classification: bool | None
    instances: tuple[tuple[str, str], ...]
    state: State
    rule: str | None


def changed(c: sa.Connection, pool_id: int, run_id: int, after: float, until: float) -> bool:
    """Whether anything but this run changed a pool in that time (seconds since 1970): people, imports, other runs."""
    sources = (
        sa.select(decisions.c.id).where(
            decisions.c.pool_id == pool_id, decisions.c.actor != "", decisions.c.at > after, decisions.c.at <= until
        ),
        sa.select(edits.c.id).where(edits.c.pool_id == pool_id, edits.c.at > after, edits.c.at <= until),
        sa.select(tasks.c.id).where(
            tasks.c.pool_id == pool_id,
            tasks.c.run_id.is_distinct_from(run_id) | (tasks.c.origin == Origin.SEED.value),
            tasks.c.created_at > after,
            tasks.c.created_at <= until,
        ),
        sa.select(evaluation_sets.c.id).where(
            evaluation_sets.c.whole, evaluation_sets.c.created_at > after, evaluation_sets.c.created_at <= until
        ),
    )
    return any(c.execute(query.limit(1)).first() is not None for query in sources)


def as_of(c: sa.Connection, pool_id: int, at: float, before: int | None = None) -> list[Earlier]:
    """A pool's tasks that were there at a time (seconds since 1970), in order of arrival, as they were then.

    `before`: only those that arrived before the task of this number.
    """
    query = sa.select(tasks.c.id).where(tasks.c.pool_id == pool_id, tasks.c.created_at <= at)
    if before is not None:
        query = query.where(tasks.c.id < before)
    ids = list(c.execute(query.order_by(tasks.c.id)).scalars())
    stood, was = _stood(c, ids, at), texts_then(c, ids, at)
    return [_earlier(task, stood, was) for part in in_parts(ids) for task in tasks_of.by_ids(c, part)]


def arrived_of(c: sa.Connection, run_id: int) -> list[int]:
    """All tasks that a run brought, whatever became of them, in order of arrival; not the seeds made of them."""
    query = sa.select(tasks.c.id).where(tasks.c.run_id == run_id, tasks.c.origin != Origin.SEED.value)
    return list(c.execute(query.order_by(tasks.c.id)).scalars())


def seeds_changed(c: sa.Connection, pool_id: int, after: float, until: float) -> bool:
    """Whether a seed came, was switched or was edited in that time (seconds since 1970)."""
    seeds = sa.select(tasks.c.id).where(tasks.c.pool_id == pool_id, tasks.c.origin == Origin.SEED.value)
    sources = (
        seeds.where(tasks.c.created_at > after, tasks.c.created_at <= until),
        sa.select(decisions.c.id).where(
            decisions.c.pool_id == pool_id,
            decisions.c.task_id.in_(seeds),
            decisions.c.at > after,
            decisions.c.at <= until,
        ),
        sa.select(edits.c.id).where(
            edits.c.pool_id == pool_id, edits.c.task_id.in_(seeds), edits.c.at > after, edits.c.at <= until
        ),
    )
    return any(c.execute(query.limit(1)).first() is not None for query in sources)


def arrived_as(c: sa.Connection, task_ids: Iterable[int]) -> dict[int, str]:
    """The instructions that these tasks arrived with, of those that were edited since."""
    found = texts_then(c, list(task_ids), 0.0)
    return {task_id: str(text) for (task_id, instance_id, field), text in found.items()
            if instance_id is None and field == "instruction"}  # fmt: skip


def fates(c: sa.Connection, pool_id: int, at: float) -> list[tuple[str | None, State]]:
    """Of each candidate that was there at a time (seconds since 1970): the rule that dropped it when it came, None
    where it was let in, and where it stood then. Seeds are none."""
    here = sa.select(tasks.c.id, tasks.c.state).where(
        tasks.c.pool_id == pool_id, tasks.c.created_at <= at, tasks.c.origin != Origin.SEED.value
    )
    dropped = (
        sa.select(decisions.c.task_id, decisions.c.rule)
        .where(
            decisions.c.pool_id == pool_id,
            decisions.c.kind == Decided.DISCARD.value,
            by_no_index(decisions.c.instance_id).is_(None),
            decisions.c.at <= at,
        )
        .order_by(decisions.c.id.desc())  # the first of them is read last, and stands
    )
    at_arrival = {task_id: rule or "" for task_id, rule in c.execute(dropped).tuples()}
    now = dict(c.execute(here).tuples().all())
    stood = _stood(c, list(now), at)
    return [
        (at_arrival.get(task_id), stood[task_id][0] if task_id in stood else State(state))
        for task_id, state in now.items()
    ]


def seeds_on(c: sa.Connection, pool_id: int, at: float) -> int:
    """How many seeds a pool had at a time (seconds since 1970) that were not switched off then."""
    query = sa.select(tasks.c.id, tasks.c.state).where(
        tasks.c.pool_id == pool_id, tasks.c.created_at <= at, tasks.c.origin == Origin.SEED.value
    )
    now = dict(c.execute(query).tuples().all())
    stood = _stood(c, list(now), at)
    states = [stood[its][0] if its in stood else State(state) for its, state in now.items()]
    return sum(state is State.ACCEPTED for state in states)


def tasks_then(c: sa.Connection, task_ids: Sequence[int], at: float) -> dict[int, State]:
    """Where the tasks stood about which anything was ever decided; the others stand as they always did."""
    return {key: state for key, (state, _) in _stood(c, task_ids, at).items()}


def instances_then(c: sa.Connection, instance_ids: Sequence[int], at: float) -> dict[int, State]:
    """Where the instances stood about which anything was ever decided for themselves; the others go with their task."""
    return {key: state for key, (state, _) in _stood(c, instance_ids, at, decisions.c.instance_id).items()}


def copy(c: sa.Connection, pool_id: int, earlier: Earlier) -> int:
    """Store a task as it was in another pool, and return its number there."""
    new = arrivals.NewTask(
        earlier.origin,
        earlier.instruction,
        earlier.is_classification,
        tuple(arrivals.NewInstance(given, answer) for given, answer in earlier.instances),
        discard=Discard(earlier.rule or "") if earlier.state is State.DISCARDED else None,
        state=earlier.state,
        name=earlier.name,
        demo=earlier.demo,
        completed=True,
    )
    return arrivals.add(c, pool_id, [new])[0]


def bring(c: sa.Connection, task_id: int, earlier: Earlier) -> None:
    """Give a task the text and the state of another one as it was, by decisions as a person's would be."""
    task = tasks_of.get(c, task_id)
    edits_of.change_task(c, task, earlier.instruction, earlier.is_classification)
    if earlier.origin is Origin.SEED:
        for instance, (given, answer) in zip(task.instances, earlier.instances, strict=False):
            edits_of.change_instance(c, task_id, instance.id, given, answer)
    if task.state is not earlier.state:
        tasks_of.set_state(c, task_id, earlier.state, earlier.rule)
        turn = _TURNS.get((task.state, earlier.state))
        if turn is not None:  # the gate and later runs look for it
            tasks_of.decide(c, task.pool_id, turn, Discard(earlier.rule or ""), task_id=task_id)


def _earlier(task: Task, stood: dict[int, tuple[State, str | None]], was: dict[Any, Any]) -> Earlier:
    state, rule = stood.get(task.id, (task.state, None))
    return Earlier(
        task.id,
        task.origin,
        task.run_id,
        task.name,
        task.demo,
        was.get((task.id, None, "instruction"), task.instruction),
        was.get((task.id, None, "is_classification"), task.is_classification),
        tuple(
            (was.get((task.id, one.id, "input"), one.input), was.get((task.id, one.id, "output"), one.output))
            for one in task.instances
        ),
        state,
        rule,
    )


def _stood(
    c: sa.Connection, ids: Sequence[int], at: float, of: sa.ColumnElement[int] = decisions.c.task_id
) -> dict[int, tuple[State, str | None]]:
    """Where the tasks (or instances) stood about which anything was ever decided; others stand as they always did."""
    found: dict[int, tuple[State, str | None]] = {}
    for part in in_parts(ids):
        # What a split had made is taken out as the split is undone: "restore" of what was never rejected.
        made = (decisions.c.kind == Decided.RESTORE.value) & decisions.c.undoes.is_(None) & of.is_not(None)
        kind_of = sa.case((made, Decided.REJECT.value), else_=decisions.c.kind)
        query = sa.select(of, kind_of, decisions.c.rule, decisions.c.at).where(
            of.in_(part), decisions.c.kind.in_(list(_LEADS_TO))
        )
        if of is decisions.c.task_id:
            query = query.where(by_no_index(decisions.c.instance_id).is_(None))
        for its_id, kind, rule, when in c.execute(query.order_by(decisions.c.id)).tuples():
            if when <= at:
                found[int(its_id)] = (_LEADS_TO[kind], rule if kind == Decided.DISCARD.value else None)
            elif its_id not in found:
                found[int(its_id)] = (_COMES_FROM.get(kind, State.ACCEPTED), rule)
    return found


def texts_then(c: sa.Connection, ids: Sequence[int], at: float) -> dict[tuple[int, int | None, str], Any]:
    """What a field held then, by (task, instance or None, field), of those that were edited later."""
    found: dict[tuple[int, int | None, str], Any] = {}
    for part in in_parts(ids):
        query = sa.select(edits).where(edits.c.task_id.in_(part), edits.c.at > at).order_by(edits.c.id.desc())
        for row in c.execute(query):
            found[(row.task_id, row.instance_id, row.field)] = row.before
    return found
