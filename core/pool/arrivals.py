"""What arrives in a pool: tasks and instances as they are stored, with the discards that filters made of them.

Ids grow in order of arrival.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.database.bulk import Row, insert_rows, plain_rows
from core.database.engine import reserve_ids
from core.database.parts import among, listed
from core.database.schema import decisions, instances, similar, tasks
from core.pool import beside, judging, measured, search
from core.pool.judgement import Judgement
from core.pool.tasks import WITH_TASK, instruction_hash
from core.records import Beside, Decided, Discard, Origin, State, text_hash

IMPORTED = "imported"  # the reviewer whose ratings are what files said of their rows


class NewInstance(NamedTuple):  # a dataclass takes four times as long to make, and files bring a million
    """An instance about to be stored, with the discard that a filter made of it, if any.

    `beside`: what it has beside its texts; `said`: what its file says of it, which becomes a rating of `IMPORTED`;
    `text_hash`: of its task's instruction and its texts, where whoever brings it has found it already.
    """

    input: str
    output: str
    discard: Discard | None = None
    beside: Beside | None = None
    line: int | None = None
    said: Judgement | None = None
    text_hash: str = ""


class NewTask(NamedTuple):  # the same
    """A task about to be stored, with its instances and the discard that a filter made of it, if any.

    `instruction_hash`: where whoever brings it has found it already.
    """

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
    nearest_place: int | None = None  # where the closest is stored in the same call: its place there, an earlier one
    seed_id: int | None = None
    seed_score: float | None = None
    completed: bool = False
    similar: tuple[tuple[int, float], ...] | None = None  # (earlier task id, ROUGE-L F1); None: not looked for
    beside: Beside | None = None  # what its row had beside an instruction that came without an instance
    instruction_hash: str = ""


class _Its(NamedTuple):
    """What instances take over from their task."""

    pool_id: int
    task_id: int
    is_seed: bool
    state: State
    instruction: str
    request_id: int | None = None
    import_id: int | None = None


_Placed = tuple[_Its, int, NewInstance]  # an instance, of which task, and where among its instances

_TASK = (
    *("id", "pool_id", "origin", "state", "is_classification", "demo", "run_id", "request_id", "import_id", "batch"),
    *("name", "instruction", "instruction_hash", "rule", "nearest_id", "nearest_score", "seed_id", "seed_score"),
    *("paired", "completed_at", "created_at", "epoch"),
)
_INSTANCE = (
    *("id", "pool_id", "task_id", "position", "is_seed", "state", "rule", "request_id", "has_input", "text_hash"),
    *("input", "output"),
)
_DISCARD = ("pool_id", "task_id", "instance_id", "kind", "rule", "evidence", "at")


def ids_of_next(c: sa.Connection, n: int) -> list[int]:
    """The ids of so many tasks that are about to be stored, all of them in this transaction, and no others before."""
    return reserve_ids(c, tasks, n)


def add(c: sa.Connection, pool_id: int, new: Sequence[NewTask], ids: Sequence[int] = ()) -> list[int]:
    """Store tasks with their instances and discards, in order; return their ids: `ids_of_next` where they are given."""
    stored = _add(c, pool_id, new, ids)
    if new:
        search.index_new(c)
    return stored


def add_and_append(
    c: sa.Connection,
    pool_id: int,
    new: Sequence[NewTask],
    more: Mapping[int, Sequence[NewInstance]],
    import_id: int | None = None,
) -> list[int]:
    """Store tasks as `add` does, and further instances of others as `append_to_each` does; return the tasks' ids.

    Their words are taken up by whoever brings them (`search.index_new`), of several parts together: that takes half.
    """
    ids = _add(c, pool_id, new)
    if more:
        _append_to_each(c, more, import_id)
    return ids


def _add(c: sa.Connection, pool_id: int, new: Sequence[NewTask], ids: Sequence[int] = ()) -> list[int]:
    if not new:
        return []
    now, epoch = time.time(), measured.epoch(c, pool_id)
    ids = list(ids) or reserve_ids(c, tasks, len(new))
    stored = list(zip(ids, new, strict=True))
    insert_rows(c, tasks, _TASK, [_task_row(pool_id, task_id, task, ids, now, epoch) for task_id, task in stored])
    _insert_instances(c, [placed for task_id, task in stored for placed in _with_it(pool_id, task_id, task)])
    of_tasks = [(task_id, task) for task_id, task in stored if task.beside]
    beside.add(c, pool_id, [beside.NewBeside(i, None, t.beside, t.import_id) for i, t in of_tasks if t.beside])
    dropped = [
        (pool_id, task_id, None, Decided.DISCARD.value, task.discard.rule, _evidence(task, ids), now)
        for task_id, task in stored
        if task.discard
    ]
    insert_rows(c, decisions, _DISCARD, dropped)
    pairs = [(task_id, other, score) for task_id, task in stored for other, score in task.similar or ()]
    insert_rows(c, similar, ("task_id", "other_id", "score"), pairs)
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
    its = _its(task, request_id)
    _insert_instances(c, [(its, place, one) for place, one in enumerate(new, _next_place(c, task_id))])
    search.index_new(c)


def note_unanswered(c: sa.Connection, task_id: int, text: str, why: Discard, request_id: int) -> None:
    """Keep a reply that holds no answer as a discarded instance; the task still waits for one. Once a request."""
    known = sa.select(instances.c.id).where(instances.c.task_id == task_id, instances.c.request_id == request_id)
    if c.execute(known.limit(1)).first() is None:
        task = c.execute(sa.select(tasks).where(tasks.c.id == task_id)).one()
        _insert_instances(c, [(_its(task, request_id), _next_place(c, task_id), NewInstance("", text, why))])
        search.index_new(c)


def append_instances(c: sa.Connection, task_id: int, new: Sequence[NewInstance]) -> None:
    """Store further instances of a task that is there; they share its state."""
    if new:
        _append_to_each(c, {task_id: new})
        search.index_new(c)


def _append_to_each(c: sa.Connection, more: Mapping[int, Sequence[NewInstance]], import_id: int | None = None) -> None:
    """Store further instances of many tasks, by task id; `import_id`: the import that brings them, if one does."""
    wanted = {"its_ids": listed(c.dialect.name, more)}
    is_hashed = all(one.text_hash for each in more.values() for one in each)
    last, shown = _appending(c.dialect.name, with_instruction=not is_hashed)
    last_place: dict[int, int] = dict(plain_rows(c, last, wanted))
    found = plain_rows(c, shown, wanted) if is_hashed else c.execute(shown, wanted).tuples().all()
    placed: list[_Placed] = []
    for task_id, pool_id, origin, state, instruction in found:
        its = _Its(pool_id, task_id, origin == Origin.SEED.value, State(state), instruction, None, import_id)
        placed += ((its, place, one) for place, one in enumerate(more[task_id], last_place.get(task_id, -1) + 1))
    _insert_instances(c, placed)


@cache
def _appending(dialect: str, with_instruction: bool) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """Of tasks the place of the last instance, and what instances take over; the instruction is for hashes alone."""
    last = sa.select(instances.c.task_id, sa.func.max(instances.c.position)).group_by(instances.c.task_id)
    text = tasks.c.instruction if with_instruction else sa.literal("", sa.Text).label("instruction")
    shown = sa.select(tasks.c.id, tasks.c.pool_id, tasks.c.origin, tasks.c.state, text)
    return (
        last.where(among(dialect, instances.c.task_id, "its_ids")),
        shown.where(among(dialect, tasks.c.id, "its_ids")).order_by(tasks.c.id),
    )


def _next_place(c: sa.Connection, task_id: int) -> int:
    last = c.execute(sa.select(sa.func.max(instances.c.position)).where(instances.c.task_id == task_id)).scalar()
    return 0 if last is None else int(last) + 1


def _its(task: Any, request_id: int | None) -> _Its:
    is_seed = task.origin == Origin.SEED.value
    return _Its(task.pool_id, task.id, is_seed, State(task.state), task.instruction, request_id)


def _with_it(pool_id: int, task_id: int, task: NewTask) -> Iterator[_Placed]:
    """The instances that a task comes with."""
    state, is_seed = State.DISCARDED if task.discard else task.state, task.origin is Origin.SEED
    its = _Its(pool_id, task_id, is_seed, state, task.instruction, task.request_id, task.import_id)
    return ((its, place, one) for place, one in enumerate(task.instances))


def _task_row(pool_id: int, task_id: int, task: NewTask, ids: Sequence[int], now: float, epoch: int) -> Row:
    return (
        task_id,
        pool_id,
        task.origin.value,
        (State.DISCARDED if task.discard else task.state).value,
        task.is_classification,
        task.demo,
        task.run_id,
        task.request_id,
        task.import_id,
        task.batch,
        task.name,
        task.instruction,
        task.instruction_hash or instruction_hash(task.instruction),
        task.discard.rule if task.discard else None,
        task.nearest_id if task.nearest_place is None else ids[task.nearest_place],
        task.nearest_score,
        task.seed_id,
        task.seed_score,
        task.similar is not None,
        now if task.completed else None,
        now,
        epoch,
    )


def _evidence(task: NewTask, ids: Sequence[int]) -> dict[str, Any]:
    found = dict(task.discard.evidence) if task.discard else {}
    if task.nearest_place is not None and found.get("closest"):
        first, *others = found["closest"]
        found["closest"] = [{**first, "task": ids[task.nearest_place]}, *others]
    return found


def _instance_row(instance_id: int, its: _Its, place: int, new: NewInstance) -> Row:
    with_task = its.state is State.DISCARDED or its.state is State.REJECTED
    return (
        instance_id,
        its.pool_id,
        its.task_id,
        place,
        its.is_seed,
        (State.DISCARDED if new.discard else its.state if with_task else State.ACCEPTED).value,
        new.discard.rule if new.discard else WITH_TASK if with_task else None,
        its.request_id,
        bool(new.input),
        new.text_hash or text_hash(its.instruction, new.input, new.output),
        new.input,
        new.output,
    )


def _insert_instances(c: sa.Connection, new: Sequence[_Placed]) -> None:
    """Insert instances in order, with a decision for each that a filter dropped and all that comes beside them."""
    if new:
        ids = reserve_ids(c, instances, len(new))
        insert_rows(c, instances, _INSTANCE, [_instance_row(i, *one) for i, one in zip(ids, new, strict=True)])
        _insert_what_comes_with_them(c, list(zip(ids, new, strict=True)))


def _insert_what_comes_with_them(c: sa.Connection, stored: Sequence[tuple[int, _Placed]]) -> None:
    now, pool_id = time.time(), stored[0][1][0].pool_id
    dropped = [
        (its.pool_id, its.task_id, i, Decided.DISCARD.value, one.discard.rule, dict(one.discard.evidence), now)
        for i, (its, _, one) in stored
        if one.discard
    ]
    insert_rows(c, decisions, _DISCARD, dropped)
    kept = [
        beside.NewBeside(its.task_id, instance_id, one.beside, its.import_id, one.line)
        for instance_id, (its, _, one) in stored
        if one.beside
    ]
    beside.add(c, pool_id, kept)
    said = [
        (instance_id, one.text_hash or text_hash(its.instruction, one.input, one.output), one.said)
        for instance_id, (its, _, one) in stored
        if one.said
    ]
    judging.add_of_new(c, pool_id, IMPORTED, said)
