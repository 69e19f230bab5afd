"""What arrives in a pool: tasks and instances as they are stored, with the discards that filters made of them.

Ids grow in order of arrival.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.engine import reserve_ids
from core.database.parts import in_parts
from core.database.schema import decisions, instances, similar, tasks
from core.pool import beside, judging, measured, search
from core.pool.judgement import Judgement
from core.pool.tasks import WITH_TASK, instruction_hash
from core.records import Beside, Decided, Discard, Origin, State, text_hash

IMPORTED = "imported"  # the reviewer whose ratings are what files said of their rows


@dataclass(frozen=True, slots=True)
class NewInstance:
    """An instance about to be stored, with the discard that a filter made of it, if any.

    `beside`: what it has beside its texts; `said`: what its file says of it, which becomes a rating of `IMPORTED`.
    """

    input: str
    output: str
    discard: Discard | None = None
    beside: Beside | None = None
    line: int | None = None
    said: Judgement | None = None


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task about to be stored, with its instances and the discard that a filter made of it, if any."""

    origin: Origin
    instruction: str
    is_classification: bool | None = None
    instances: tuple[NewInstance, ...] = ()
    discard: Discard | None = None
    state: State = State.ACCEPTED
    name: str | None = None
    run_id: int | None = None
    request_id: int | None = None
    import_id: int | None = None
    batch: int | None = None
    demo: bool = False
    nearest_id: int | None = None
    nearest_score: float | None = None
    nearest_place: int | None = None  # where the closest is stored in the same call: its place there
    seed_id: int | None = None
    seed_score: float | None = None
    completed: bool = False
    similar: tuple[tuple[int, float], ...] | None = None  # (earlier task id, ROUGE-L F1); None: not looked for
    beside: Beside | None = None  # what its row had beside an instruction that came without an instance


def add(c: sa.Connection, pool_id: int, new: Sequence[NewTask]) -> list[int]:
    """Store tasks with their instances and discards, in order; return their ids."""
    if not new:
        return []
    now = time.time()
    ids = reserve_ids(c, tasks, len(new))
    c.execute(tasks.insert(), [{"id": i, **_task_row(pool_id, one, now)} for i, one in zip(ids, new, strict=True)])
    _insert_instances(
        c,
        [
            (_instance_row(pool_id, task_id, position, task, instance), instance)
            for task_id, task in zip(ids, new, strict=True)
            for position, instance in enumerate(task.instances)
        ],
        {task_id: task.import_id for task_id, task in zip(ids, new, strict=True)},
    )
    of_tasks = [(task_id, task) for task_id, task in zip(ids, new, strict=True) if task.beside]
    beside.add(c, pool_id, [beside.NewBeside(i, None, t.beside, t.import_id) for i, t in of_tasks if t.beside])
    _point_to_places(c, ids, new)
    dropped = [
        {
            "pool_id": pool_id,
            "task_id": task_id,
            "kind": Decided.DISCARD.value,
            "rule": task.discard.rule,
            "evidence": _evidence(task, ids),
            "at": now,
        }
        for task_id, task in zip(ids, new, strict=True)
        if task.discard
    ]
    if dropped:
        c.execute(decisions.insert(), dropped)
    pairs = [
        {"task_id": task_id, "other_id": other, "score": score}
        for task_id, task in zip(ids, new, strict=True)
        for other, score in task.similar or ()
    ]
    if pairs:
        c.execute(similar.insert(), pairs)
    if any(task.origin is Origin.SEED for task in new):
        measured.forget(c, pool_id)
    return ids


def complete(
    c: sa.Connection,
    task_id: int,
    is_classification: bool | None,
    new: Sequence[NewInstance],
    request_id: int | None = None,
) -> None:
    """Store what came back for a task: its kind and instances. A second call changes nothing."""
    task = c.execute(sa.select(tasks).where(tasks.c.id == task_id)).one()
    if task.completed_at is not None:
        return
    now = time.time()
    changed = {"completed_at": now, "is_classification": is_classification}
    c.execute(tasks.update().where(tasks.c.id == task_id).values(**changed))
    its = NewTask(Origin(task.origin), task.instruction, request_id=request_id, state=State(task.state))
    first = _next_place(c, task_id)
    rows = (_instance_row(task.pool_id, task_id, place, its, instance) for place, instance in enumerate(new, first))
    _insert_instances(c, list(zip(rows, new, strict=True)))


def note_unanswered(c: sa.Connection, task_id: int, text: str, why: Discard, request_id: int) -> None:
    """Keep a reply that holds no answer as a discarded instance; the task still waits for one. Once a request."""
    known = sa.select(instances.c.id).where(instances.c.task_id == task_id, instances.c.request_id == request_id)
    if c.execute(known.limit(1)).first() is None:
        task = c.execute(sa.select(tasks).where(tasks.c.id == task_id)).one()
        its = NewTask(Origin(task.origin), task.instruction, request_id=request_id, state=State(task.state))
        new = NewInstance("", text, why)
        _insert_instances(c, [(_instance_row(task.pool_id, task_id, _next_place(c, task_id), its, new), new)])


def append_instances(c: sa.Connection, task_id: int, new: Sequence[NewInstance]) -> None:
    """Store further instances of a task that is there; they share its state."""
    append_to_each(c, {task_id: new})


def append_to_each(c: sa.Connection, more: Mapping[int, Sequence[NewInstance]], import_id: int | None = None) -> None:
    """Store further instances of many tasks, by task id; `import_id`: the import that brings them, if one does."""
    rows: list[tuple[dict[str, Any], NewInstance]] = []
    for ids in in_parts(list(more)):
        next_place = dict.fromkeys(ids, 0)
        last = sa.select(instances.c.task_id, sa.func.max(instances.c.position)).where(instances.c.task_id.in_(ids))
        next_place |= {task_id: n + 1 for task_id, n in c.execute(last.group_by(instances.c.task_id))}
        shown = sa.select(tasks.c.id, tasks.c.pool_id, tasks.c.origin, tasks.c.state, tasks.c.instruction)
        for task in c.execute(shown.where(tasks.c.id.in_(ids))).all():
            its = NewTask(Origin(task.origin), task.instruction, state=State(task.state))
            rows += [
                (_instance_row(task.pool_id, task.id, position, its, one), one)
                for position, one in enumerate(more[task.id], next_place[task.id])
            ]
    _insert_instances(c, rows, dict.fromkeys(more, import_id))


def _next_place(c: sa.Connection, task_id: int) -> int:
    last = c.execute(sa.select(sa.func.max(instances.c.position)).where(instances.c.task_id == task_id)).scalar()
    return 0 if last is None else int(last) + 1


def _task_row(pool_id: int, task: NewTask, now: float) -> dict[str, Any]:
    return {
        "pool_id": pool_id,
        "origin": task.origin.value,
        "state": (State.DISCARDED if task.discard else task.state).value,
        "is_classification": task.is_classification,
        "demo": task.demo,
        "run_id": task.run_id,
        "request_id": task.request_id,
        "import_id": task.import_id,
        "batch": task.batch,
        "name": task.name,
        "instruction": task.instruction,
        "instruction_hash": instruction_hash(task.instruction),
        "rule": task.discard.rule if task.discard else None,
        "nearest_id": task.nearest_id,
        "nearest_score": task.nearest_score,
        "seed_id": task.seed_id,
        "seed_score": task.seed_score,
        "paired": task.similar is not None,
        "completed_at": now if task.completed else None,
        "created_at": now,
    }


def _point_to_places(c: sa.Connection, ids: Sequence[int], new: Sequence[NewTask]) -> None:
    found = [
        {"its_id": task_id, "its_nearest": ids[task.nearest_place]}
        for task_id, task in zip(ids, new, strict=True)
        if task.nearest_place is not None
    ]
    if found:
        point = tasks.update().where(tasks.c.id == sa.bindparam("its_id"))
        c.execute(point.values(nearest_id=sa.bindparam("its_nearest")), found)


def _evidence(task: NewTask, ids: Sequence[int]) -> dict[str, Any]:
    found = dict(task.discard.evidence) if task.discard else {}
    if task.nearest_place is not None and found.get("closest"):
        first, *others = found["closest"]
        found["closest"] = [{**first, "task": ids[task.nearest_place]}, *others]
    return found


def _instance_row(pool_id: int, task_id: int, position: int, task: NewTask, new: NewInstance) -> dict[str, Any]:
    task_state = State.DISCARDED if task.discard else task.state
    with_task = task_state in (State.DISCARDED, State.REJECTED)
    return {
        "pool_id": pool_id,
        "task_id": task_id,
        "position": position,
        "is_seed": task.origin is Origin.SEED,
        "state": (State.DISCARDED if new.discard else task_state if with_task else State.ACCEPTED).value,
        "rule": new.discard.rule if new.discard else WITH_TASK if with_task else None,
        "request_id": task.request_id,
        "has_input": bool(new.input),
        "text_hash": text_hash(task.instruction, new.input, new.output),
        "input": new.input,
        "output": new.output,
    }


def _insert_instances(
    c: sa.Connection,
    new: Sequence[tuple[Mapping[str, Any], NewInstance]],
    imports: Mapping[int, int | None] | None = None,
) -> None:
    """Insert instance rows in order, with a decision for each that a filter dropped and all that comes beside them."""
    _store_instances(c, new, imports or {})
    search.index_new(c)


def _store_instances(
    c: sa.Connection, new: Sequence[tuple[Mapping[str, Any], NewInstance]], imports: Mapping[int, int | None]
) -> None:
    rows = [row for row, _ in new]
    if not any(one.discard or one.beside or one.said for _, one in new):
        if rows:
            c.execute(instances.insert(), rows)
        return
    ids = reserve_ids(c, instances, len(rows))
    c.execute(instances.insert(), [{"id": i, **row} for i, row in zip(ids, rows, strict=True)])
    stored = list(zip(ids, rows, (one for _, one in new), strict=True))
    now = time.time()
    dropped = [
        {
            "pool_id": row["pool_id"],
            "task_id": row["task_id"],
            "instance_id": instance_id,
            "kind": Decided.DISCARD.value,
            "rule": one.discard.rule,
            "evidence": dict(one.discard.evidence),
            "at": now,
        }
        for instance_id, row, one in stored
        if one.discard
    ]
    if dropped:
        c.execute(decisions.insert(), dropped)
    pool_id = rows[0]["pool_id"]
    kept = [
        beside.NewBeside(row["task_id"], instance_id, one.beside, imports.get(row["task_id"]), one.line)
        for instance_id, row, one in stored
        if one.beside
    ]
    beside.add(c, pool_id, kept)
    judging.add_of_new(
        c,
        pool_id,
        IMPORTED,
        [(instance_id, row["text_hash"], one.said) for instance_id, row, one in stored if one.said],
    )
