"""Tasks and instances: what arrived, what was discarded and why. Ids grow in order of arrival."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from core.database.bulk import numbers, numbers_at
from core.database.parts import by_no_index, in_parts
from core.database.schema import decisions, instance_counts, instances, task_counts, tasks
from core.pool import fitting, measured, missing, queue_items
from core.records import Decided, Discard, Instance, Origin, State, Task

WITH_TASK = "task"  # the rule of an instance that went with its task
_rows: sa.Select[Any] = sa.select(
    *(column for column in tasks.c if column.name not in measured.COLUMNS), measured.seed_id(), measured.seed_score()
)


def instruction_hash(instruction: str) -> str:
    return sha256(instruction.encode("utf-8", "surrogatepass")).hexdigest()


def decide(
    c: sa.Connection,
    pool_id: int,
    kind: Decided,
    why: Discard,
    *,
    task_id: int | None = None,
    instance_id: int | None = None,
    actor: str = "",
    undoes: int | None = None,
) -> int:
    """Write one decision into the append-only log; return its id. The caller changes the state beside it."""
    row = {
        "pool_id": pool_id,
        "task_id": task_id,
        "instance_id": instance_id,
        "kind": kind.value,
        "rule": why.rule,
        "evidence": dict(why.evidence),
        "actor": actor,
        "undoes": undoes,
        "at": time.time(),
    }
    return int(c.execute(decisions.insert().values(**row).returning(decisions.c.id)).scalar_one())


def set_state(c: sa.Connection, task_id: int, state: State, rule: str | None = None) -> None:
    """Move a task to another state; its instances go with it, save those that were dropped for themselves.

    Queues follow.
    """
    change = tasks.update().where(tasks.c.id == task_id).values(state=state.value, rule=rule)
    task = c.execute(change.returning(tasks.c.origin, tasks.c.pool_id)).one()
    if task.origin == Origin.SEED.value:
        measured.forget(c, task.pool_id)
    its = instances.c.task_id == task_id
    if state is State.ACCEPTED:
        back = {"state": State.ACCEPTED.value, "rule": None}
        c.execute(instances.update().where(its, instances.c.rule == WITH_TASK).values(**back))
    elif state is not State.OFF:
        gone = {"state": state.value, "rule": WITH_TASK}
        c.execute(instances.update().where(its, instances.c.state == State.ACCEPTED.value).values(**gone))
    if task.origin != Origin.SEED.value:
        moved(c, task.pool_id, c.execute(sa.select(instances.c.id).where(its)).scalars().all())


def set_instance_state(c: sa.Connection, instance_id: int, state: State, rule: str | None = None) -> None:
    """Move one instance to another state; queues follow."""
    change = instances.update().where(instances.c.id == instance_id).values(state=state.value, rule=rule)
    moved(c, c.execute(change.returning(instances.c.pool_id)).scalar_one(), [instance_id])


def moved(c: sa.Connection, pool_id: int, instance_ids: Sequence[int]) -> None:
    """Instances were taken out or put back: queues that hold them follow, those that looked past them take them in."""
    queue_items.resettle_many(c, instance_ids)
    fitting.take_in(c, pool_id, instance_ids)


def get(c: sa.Connection, task_id: int) -> Task:
    """A task with all its instances."""
    row = c.execute(_rows.where(tasks.c.id == task_id)).first()
    if row is None:
        raise missing.no_such(c, missing.TASK, task_id)
    found = c.execute(sa.select(instances).where(instances.c.task_id == task_id).order_by(instances.c.position))
    return _task(row, tuple(_instance(r) for r in found))


def by_ids(c: sa.Connection, ids: Sequence[int]) -> list[Task]:
    """These tasks with their instances, in order of arrival."""
    return list(with_instances(c, c.execute(_rows.where(tasks.c.id.in_(ids)).order_by(tasks.c.id)).all()))


def instance(c: sa.Connection, instance_id: int) -> Instance:
    row = c.execute(sa.select(instances).where(instances.c.id == instance_id)).first()
    if row is None:
        raise missing.no_such(c, missing.INSTANCE, instance_id)
    return _instance(row)


def instructions(
    c: sa.Connection,
    pool_id: int,
    *,
    states: Iterable[State] = (State.ACCEPTED,),
    origins: Iterable[Origin] | None = None,
    after_id: int = 0,
) -> list[tuple[int, str]]:
    """(id, instruction) in order of arrival, for the novelty index."""
    query = sa.select(tasks.c.id, tasks.c.instruction).where(
        tasks.c.pool_id == pool_id, tasks.c.state.in_([s.value for s in states])
    )
    if origins is None:
        return [(r.id, r.instruction) for r in c.execute(query.where(tasks.c.id > after_id).order_by(tasks.c.id))]
    # By the index of states and origins: in order of ids SQLite would read all rows of the pool for a few seeds.
    query = query.where(tasks.c.origin.in_([o.value for o in origins]), by_no_index(tasks.c.id) > after_id)
    return sorted((r.id, r.instruction) for r in c.execute(query))


def instructions_of(c: sa.Connection, task_ids: Sequence[int]) -> dict[int, str]:
    """The instructions of these tasks, by id."""
    query = sa.select(tasks.c.id, tasks.c.instruction)
    return {
        row.id: row.instruction for some in in_parts(task_ids) for row in c.execute(query.where(tasks.c.id.in_(some)))
    }


def dropped_by(c: sa.Connection, pool_id: int, rule: str, after_id: int = 0) -> list[tuple[int, str]]:
    """(id, instruction) of the tasks that stand discarded by a rule, in order of arrival."""
    query = sa.select(tasks.c.id, tasks.c.instruction).where(
        tasks.c.pool_id == pool_id,
        tasks.c.id > after_id,
        tasks.c.state == State.DISCARDED.value,
        tasks.c.rule == rule,
    )
    return [(r.id, r.instruction) for r in c.execute(query.order_by(tasks.c.id))]


def reached_gate(c: sa.Connection, pool_id: int, rule: str) -> list[tuple[int, str]]:
    """(id, instruction) of every candidate that came as far as the novelty gate, in order of arrival: what it let in,
    whatever people said of it later, and what its rule dropped."""
    let_in = tasks.c.state.in_((State.ACCEPTED.value, State.REJECTED.value))
    query = sa.select(tasks.c.id, tasks.c.instruction).where(
        tasks.c.pool_id == pool_id, tasks.c.origin != Origin.SEED.value, let_in | (tasks.c.rule == rule)
    )
    return [(r.id, r.instruction) for r in c.execute(query.order_by(tasks.c.id))]


def newest_texts(c: sa.Connection, pool_id: int, n: int) -> list[str]:
    """The instructions of the pool's `n` newest tasks; seeds that are switched off say nothing of it."""
    query = sa.select(tasks.c.instruction).where(tasks.c.pool_id == pool_id, tasks.c.state != State.OFF.value)
    return list(c.execute(query.order_by(tasks.c.id.desc()).limit(n)).scalars())


def accepted_texts(c: sa.Connection, pool_id: int) -> Iterator[tuple[str, bool | None]]:
    """(instruction, is classification) of the accepted tasks that are no seeds, streamed."""
    query = sa.select(tasks.c.instruction, tasks.c.is_classification).where(
        tasks.c.pool_id == pool_id, tasks.c.origin != Origin.SEED.value, tasks.c.state == State.ACCEPTED.value
    )
    yield from c.execute(query, execution_options={"yield_per": 2000}).tuples()


def accepted_pairs(c: sa.Connection, pool_id: int) -> Iterator[tuple[str, str]]:
    """(input, output) of the accepted instances that are no seeds', streamed."""
    query = sa.select(instances.c.input, instances.c.output).where(
        instances.c.pool_id == pool_id, instances.c.is_seed.is_(False), instances.c.state == State.ACCEPTED.value
    )
    yield from c.execute(query, execution_options={"yield_per": 2000}).tuples()


def of_run(c: sa.Connection, run_id: int) -> list[int]:
    """The ids of a run's accepted tasks, in order; not those of seeds that were made of them."""
    query = sa.select(tasks.c.id).where(
        tasks.c.run_id == run_id, tasks.c.state == State.ACCEPTED.value, tasks.c.origin != Origin.SEED.value
    )
    return list(c.execute(query.order_by(tasks.c.id)).scalars())


def without_instances(c: sa.Connection, pool_id: int, run_id: int) -> list[Task]:
    """The accepted tasks whose instances are still to be asked for: the run's own, and those that people rescued."""
    rescued = sa.select(decisions.c.id).where(
        decisions.c.task_id == tasks.c.id,
        by_no_index(decisions.c.instance_id).is_(None),
        decisions.c.kind == Decided.RESCUE.value,
    )
    query = _rows.where(
        tasks.c.pool_id == pool_id,
        tasks.c.origin == Origin.SELF_INSTRUCT.value,
        tasks.c.state == State.ACCEPTED.value,
        tasks.c.completed_at.is_(None),
        (tasks.c.run_id == run_id) | rescued.exists(),
    )
    return [_task(row, ()) for row in c.execute(query.order_by(tasks.c.id))]


def page(
    c: sa.Connection,
    pool_id: int,
    *,
    origin: Origin | None = None,
    states: Iterable[State] | None = None,
    run_id: int | None = None,
    batch: int | None = None,
    search: str = "",
    after_id: int = 0,
    limit: int = 50,
) -> list[Task]:
    """Tasks in order of arrival, read by key; `search` is a part of the instruction, any case."""
    pool = tasks.c.pool_id if run_id is None else by_no_index(tasks.c.pool_id)
    query = _rows.where(pool == pool_id, tasks.c.id > after_id)
    if origin:
        query = query.where(tasks.c.origin == origin.value)
    if states is not None:
        query = query.where(tasks.c.state.in_([state.value for state in states]))
    if run_id is not None:
        query = query.where(tasks.c.run_id == run_id)
    if batch is not None:
        query = query.where(tasks.c.batch == batch)
    if search:
        query = query.where(tasks.c.instruction.icontains(search, autoescape=True))
    rows = c.execute(query.order_by(tasks.c.id).limit(limit)).all()
    return list(with_instances(c, rows))


def with_instances(c: sa.Connection, rows: Sequence[sa.Row[Any]]) -> Iterator[Task]:
    """The task rows as records, each with its instances; one query for all of them."""
    ids = [row.id for row in rows]
    found: dict[int, list[Instance]] = {task_id: [] for task_id in ids}
    query = sa.select(instances).where(instances.c.task_id.in_(ids)).order_by(instances.c.task_id, instances.c.position)
    for row in c.execute(query):
        found[row.task_id].append(_instance(row))
    return (_task(row, tuple(found[row.id])) for row in rows)


def evidence(c: sa.Connection, task_ids: Iterable[int]) -> dict[int, Discard]:
    """Why each of these tasks was discarded (the latest such decision); tasks never discarded are left out."""
    found: dict[int, Discard] = {}
    for ids in in_parts(list(task_ids)):
        query = (
            sa.select(decisions.c.task_id, decisions.c.rule, decisions.c.evidence)
            .where(decisions.c.task_id.in_(ids), by_no_index(decisions.c.instance_id).is_(None))
            .where(decisions.c.kind == Decided.DISCARD.value)
            .order_by(decisions.c.id)
        )
        found |= {r.task_id: Discard(r.rule, r.evidence) for r in c.execute(query)}
    return found


def seeds(c: sa.Connection, pool_id: int, switched_off: bool = False) -> list[Task]:
    """The pool's seeds that are switched on, with their instances, in order; `switched_off`: those that are off too."""
    states = (State.ACCEPTED, State.OFF) if switched_off else (State.ACCEPTED,)
    its = (tasks.c.pool_id == pool_id, tasks.c.origin == Origin.SEED.value, tasks.c.state.in_(states))
    # Sorted here: in order of ids SQLite would read all rows of the pool for a hundred seeds.
    return list(with_instances(c, sorted(c.execute(_rows.where(*its)).all(), key=lambda row: int(row.id))))


def texts(c: sa.Connection, ids: Iterable[int], state: State | None = None) -> dict[int, str]:
    """The instructions of these tasks, or of those among them that stand so."""
    query = sa.select(tasks.c.id, tasks.c.instruction).where(tasks.c.id.in_(list(ids)))
    if state is not None:
        query = query.where(tasks.c.state == state.value)
    return {row.id: row.instruction for row in c.execute(query)}


def machine_made(
    c: sa.Connection, pool_id: int, *, approved_only: bool = False, origins: Sequence[str] | None = None
) -> list[int]:
    """Accepted tasks that are no seeds, in order of arrival; `approved_only` those with an instance rated A or B."""
    query = sa.select(tasks.c.id).where(*_machine_made(pool_id, origins))
    if approved_only:
        approved = sa.select(instances.c.id).where(
            instances.c.task_id == tasks.c.id,
            instances.c.state == State.ACCEPTED.value,
            instances.c.grade.in_(["A", "B"]),
        )
        query = query.where(approved.exists())
    # Sorted here: in order of ids SQLite would read all rows of the pool, not the index of states alone.
    return sorted(numbers(c, query))


def machine_made_count(c: sa.Connection, pool_id: int, origins: Sequence[str] | None = None) -> int:
    """How many tasks `machine_made` has, without reading them."""
    return sum(_machine_made_by_origin(c, pool_id, origins).values())


def machine_made_at(
    c: sa.Connection, pool_id: int, places: Collection[int], origins: Sequence[str] | None = None
) -> dict[int, int]:
    """The tasks that stand at these places of `machine_made`, by place from 0."""
    each = (_machine_made(pool_id, [origin]) for origin in _machine_made_by_origin(c, pool_id, origins))
    return numbers_at(c, [sa.select(tasks.c.id).where(*of_one) for of_one in each], places)


def _machine_made_by_origin(c: sa.Connection, pool_id: int, origins: Sequence[str] | None) -> dict[str, int]:
    return {
        origin: n
        for origin, its in counts(c, pool_id).items()
        if origin != Origin.SEED.value
        and (origins is None or origin in origins)
        and (n := its.get(State.ACCEPTED.value, 0))
    }


def _machine_made(pool_id: int, origins: Sequence[str] | None) -> list[sa.ColumnElement[bool]]:
    own = [tasks.c.pool_id == pool_id, tasks.c.state == State.ACCEPTED.value, tasks.c.origin != Origin.SEED.value]
    if origins is None:
        return own
    its = tasks.c.origin
    return [*own, its == origins[0] if len(origins) == 1 else its.in_(origins)]


def origins_of(c: sa.Connection, task_ids: Iterable[int]) -> dict[int, Origin]:
    """Where each of these tasks came from."""
    query = sa.select(tasks.c.id, tasks.c.origin).where(tasks.c.id.in_(list(task_ids)))
    return {task_id: Origin(origin) for task_id, origin in c.execute(query)}


def counts(c: sa.Connection, pool_id: int) -> dict[str, dict[str, int]]:
    """Tasks by origin and state, without touching text: {"self-instruct": {"accepted": 812, ...}, ...}."""
    by = (task_counts.c.origin, task_counts.c.state)
    query = sa.select(*by, sa.func.sum(task_counts.c.n)).where(task_counts.c.pool_id == pool_id, task_counts.c.n > 0)
    found: dict[str, dict[str, int]] = {}
    for origin, state, n in c.execute(query.group_by(*by)):
        found.setdefault(origin, {})[state] = int(n)
    return found


def accepted_count(c: sa.Connection, pool_id: int) -> int:
    """How many accepted tasks a pool has beside its seeds."""
    found = counts(c, pool_id)
    return sum(its.get(State.ACCEPTED.value, 0) for origin, its in found.items() if origin != Origin.SEED.value)


def discards_by_rule(c: sa.Connection, run_id: int) -> dict[str, int]:
    """A run's tasks that stand discarded, by rule, most first."""
    n = sa.func.count()
    query = sa.select(tasks.c.rule, n).where(tasks.c.run_id == run_id, tasks.c.state == State.DISCARDED.value)
    return dict(c.execute(query.group_by(tasks.c.rule).order_by(n.desc(), tasks.c.rule)).tuples().all())


def instance_discards_by_rule(c: sa.Connection, pool_id: int) -> dict[str, int]:
    """Instances that stand discarded, by rule, most first."""
    counted, n = instance_counts.c, sa.func.sum(instance_counts.c.n)
    query = sa.select(counted.rule, n).where(
        counted.pool_id == pool_id, counted.state == State.DISCARDED.value, counted.rule != WITH_TASK, counted.n > 0
    )
    found = c.execute(query.group_by(counted.rule).order_by(n.desc(), counted.rule)).tuples()
    return {rule: int(each) for rule, each in found}


def _task(row: sa.Row[Any], found: tuple[Instance, ...]) -> Task:
    return Task(
        id=row.id,
        pool_id=row.pool_id,
        origin=Origin(row.origin),
        state=State(row.state),
        instruction=row.instruction,
        is_classification=row.is_classification,
        name=row.name,
        run_id=row.run_id,
        request_id=row.request_id,
        batch=row.batch,
        demo=row.demo,
        nearest_id=row.nearest_id,
        nearest_score=row.nearest_score,
        seed_id=row.seed_id,
        seed_score=row.seed_score,
        created_at=row.created_at,
        instances=found,
    )


def _instance(row: sa.Row[Any]) -> Instance:
    return Instance(
        row.id,
        row.task_id,
        row.position,
        row.input,
        row.output,
        State(row.state),
        row.text_hash,
        row.request_id,
        row.rule == WITH_TASK,
    )
