"""An instance with everything around it that a reviewer looks at: one query for the texts, one for the siblings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.parts import is_hash, listed_pairs, pairs
from core.database.schema import edits, flagged, instances, tasks
from core.pool import arrivals, beside, measured, missing
from core.records import Beside, Origin, State


@dataclass(frozen=True, slots=True)
class Near:
    """A task close to this one, by ROUGE-L F1 (0 to 1)."""

    task_id: int
    score: float
    instruction: str


@dataclass(frozen=True, slots=True)
class Item:
    """One instance, its task, and what is near: the closest accepted task, the closest seed, its siblings' ids."""

    instance_id: int
    task_id: int
    pool_id: int
    position: int
    state: State
    text_hash: str
    instruction: str
    input: str
    output: str
    is_classification: bool | None
    origin: Origin
    demo: bool
    run_id: int | None
    request_id: int | None
    task_request_id: int | None
    rated: int
    edited: bool
    nearest: Near | None
    seed: Near | None
    siblings: tuple[int, ...]
    flags: tuple[str, ...]
    beside: Beside  # a system prompt, earlier turns, rejected answers, thoughts, a row's other fields


def of_texts(dialect: str) -> sa.Join:
    """The instances of a pool that have certain texts, with their tasks, by indexes alone; what is bound is `texts`."""
    instruction, text = pairs(dialect, "its_texts")
    pool_id = sa.bindparam("its_pool", type_=sa.Integer).label("pool_id")
    # Made beforehand, and the pool with them: SQLite would begin with all tasks of the pool.
    wanted = sa.select(pool_id, instruction.label("instruction"), text.label("text")).cte("wanted")
    wanted = wanted.prefix_with("MATERIALIZED")
    its = (tasks.c.pool_id == wanted.c.pool_id) & is_hash(tasks.c.instruction_hash, wanted.c.instruction)
    same = (instances.c.task_id == tasks.c.id) & is_hash(instances.c.text_hash, wanted.c.text)
    return wanted.join(tasks, its).join(instances, same)


def texts(dialect: str, pool_id: int, hashes: Collection[tuple[str, str]]) -> dict[str, Any]:
    """What a statement with `of_texts` is given: (instruction hash, text hash) of each; the second says the first."""
    return {"its_pool": pool_id, **listed_pairs(dialect, "its_texts", hashes)}


def get(c: sa.Connection, instance_id: int) -> Item:
    """The item; NotFound where there is none of that id."""
    row = c.execute(_item, {"its_id": instance_id}).first()
    if row is None:
        raise missing.no_such(c, missing.INSTANCE, instance_id)
    siblings = tuple(c.execute(_siblings, {"its_task": row.task_id}).scalars())
    raised = tuple(c.execute(_flags, {"its_id": instance_id}).scalars())
    return Item(
        row.id,
        row.task_id,
        row.pool_id,
        row.position,
        State(row.state),
        row.text_hash,
        row.instruction,
        row.input,
        row.output,
        row.is_classification,
        Origin(row.origin),
        row.demo,
        row.run_id,
        row.request_id,
        row.task_request_id,
        row.rated,
        row.edited,
        _near(row.nearest_id, row.nearest_score, row.nearest_text),
        _near(row.seed_id, row.seed_score, row.seed_text),
        siblings,
        raised,
        beside.of_instance(c, instance_id),
    )


def instruction_of(c: sa.Connection, instance_id: int) -> str:
    """The instruction alone of an instance's task; NotFound where there is no instance of that id."""
    found: str | None = c.execute(_instruction, {"its_id": instance_id}).scalar()
    if found is None:
        raise missing.no_such(c, missing.INSTANCE, instance_id)
    return found


def append(
    c: sa.Connection,
    task_id: int,
    parts: Sequence[tuple[str, str]],
    request_id: int | None,
    its: Beside = beside.NOTHING,
) -> list[int]:
    """Store further (input, output) instances of a task that come from that request; return their ids.

    `its`: what stands beside the instance that they are parts of. They share all of it but what was of its output.
    """
    shared = Beside(its.system, its.turns, extra=its.extra)
    last = c.execute(sa.select(sa.func.max(instances.c.position)).where(instances.c.task_id == task_id)).scalar()
    arrivals.append_instances(c, task_id, [arrivals.NewInstance(*part, beside=shared or None) for part in parts])
    new = (instances.c.task_id == task_id) & (instances.c.position > (-1 if last is None else last))
    c.execute(instances.update().where(new).values(request_id=request_id))
    return list(c.execute(sa.select(instances.c.id).where(new).order_by(instances.c.position)).scalars())


_instruction = (
    sa.select(tasks.c.instruction)
    .join(instances, instances.c.task_id == tasks.c.id)
    .where(instances.c.id == sa.bindparam("its_id"))
)
_nearest, _seed = tasks.alias("nearest_task"), tasks.alias("seed_task")
_item = (
    sa.select(
        instances,
        tasks.c.instruction,
        tasks.c.is_classification,
        tasks.c.origin,
        tasks.c.demo,
        tasks.c.run_id,
        tasks.c.request_id.label("task_request_id"),
        tasks.c.nearest_id,
        tasks.c.nearest_score,
        measured.seed_id(),
        measured.seed_score(),
        _nearest.c.instruction.label("nearest_text"),
        _seed.c.instruction.label("seed_text"),
        sa.exists()
        .where(edits.c.task_id == tasks.c.id)
        .where(edits.c.instance_id.is_(None) | (edits.c.instance_id == instances.c.id))
        .label("edited"),
    )
    .join(tasks, tasks.c.id == instances.c.task_id)
    .join(_nearest, _nearest.c.id == tasks.c.nearest_id, isouter=True)
    .join(_seed, _seed.c.id == measured.seed_id(), isouter=True)
    .where(instances.c.id == sa.bindparam("its_id"))
)
_siblings = (
    sa.select(instances.c.id)
    .where(instances.c.task_id == sa.bindparam("its_task"), instances.c.state == State.ACCEPTED.value)
    .order_by(instances.c.position)
)
_flags = (
    sa.select(flagged.c.flag)
    .where(flagged.c.instance_id == sa.bindparam("its_id"), flagged.c.reviewer == "")
    .order_by(flagged.c.flag)
)


def _near(task_id: int | None, score: float | None, instruction: Any) -> Near | None:
    if task_id is None or score is None or instruction is None:
        return None
    return Near(task_id, score, instruction)
