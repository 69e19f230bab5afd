"""A pool's seeds: the tasks that prompt generation and against which novelty is measured.

A pool keeps its own copy. The built-in 175 are in `seeds/seed_tasks.jsonl`, in the papers' schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core import replacing, written_json
from core.actor import acting
from core.database import Database
from core.pool import arrivals, edits, pools
from core.pool import tasks as store
from core.pool.arrivals import NewInstance, NewTask
from core.pool.journal import Noted, note
from core.pool.sealed import Seals
from core.records import Decided, Discard, Fault, NotFound, Origin, Refused, State, Task
from core.replacing import LINES, may_write
from core.settings import PROJECT

BUILT_IN = PROJECT / "seeds" / "seed_tasks.jsonl"


@dataclass(frozen=True, slots=True)
class Seed:
    """A seed as a file holds it: `{id, name, instruction, instances: [{input, output}], is_classification}`."""

    name: str
    instruction: str
    instances: tuple[tuple[str, str], ...]
    is_classification: bool

    def as_row(self, identity: str) -> dict[str, Any]:
        return {
            "id": identity,
            "name": self.name,
            "instruction": self.instruction,
            "instances": [{"input": given, "output": answer} for given, answer in self.instances],
            "is_classification": self.is_classification,
        }


def read(lines: Iterable[str]) -> Iterator[Seed | Fault]:
    """The seeds of a JSON Lines file, and a Fault for every line that holds none."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _seed_of_line(number, line)


def seed_of(row: Mapping[str, Any], number: int) -> Seed | Fault:
    """The seed that a row in the papers' schema (or a flat instruction, input, output) describes."""
    instruction = row.get("instruction")
    if not isinstance(instruction, str) or not instruction.strip():
        return Fault(number, "the field instruction is missing or empty")
    shown = row.get("instances", [{"input": row.get("input") or "", "output": row.get("output")}])
    if not isinstance(shown, Sequence) or not shown:
        return Fault(number, "the field instances is not a list with at least one {input, output}")
    instances = []
    for one in shown:
        given = (one.get("input") or "") if isinstance(one, Mapping) else None
        answer = one.get("output") if isinstance(one, Mapping) else None
        if not isinstance(given, str) or not isinstance(answer, str | None):
            return Fault(number, "the input or the output of an instance is not text")
        if not answer or not answer.strip():
            return Fault(number, "an output is missing or empty")
        instances.append((given, answer))
    labelled = row.get("is_classification", False)
    if not isinstance(labelled, bool):
        return Fault(number, "the field is_classification is not true or false")
    return Seed(str(row.get("name") or row.get("id") or ""), instruction, tuple(instances), labelled)


@cache
def built_in() -> tuple[Seed, ...]:
    """The 175 seeds that come with Winnow."""
    with BUILT_IN.open(encoding="utf-8") as file:
        return tuple(seed for seed in read(file) if isinstance(seed, Seed))


def add(database: Database, pool_id: int, seeds: Iterable[Seed]) -> list[int]:
    """Add seeds to a pool, leaving out those whose instruction it has as a seed already; return the new ids.

    Refused where one of them is no seed (`fault_of`); then none is added.
    """
    given = tuple(seeds)
    if fault := next(filter(None, map(fault_of, given)), ""):
        raise Refused(f"Not added: {fault}.")
    with database.write() as c:
        new = put(c, pool_id, given)
        if new:
            note(c, pool_id, Noted.SEEDED, detail=f"{len(new):,} of {len(given):,}")
        return new


def fault_of(seed: Seed) -> str:
    """Why this can be no seed, "" where it can."""
    judged = seed_of(seed.as_row(""), 1)
    return judged.reason if isinstance(judged, Fault) else ""


def put(c: sa.Connection, pool_id: int, seeds: Iterable[Seed]) -> list[int]:
    """Add seeds to a pool, leaving out those whose instruction it has as a seed already; return the new ids."""
    have = {text for _, text in store.instructions(c, pool_id, states=State, origins=(Origin.SEED,))}
    new = []
    for seed in seeds:
        if seed.instruction not in have:
            have.add(seed.instruction)
            new.append(_new_task(seed))
    Seals(c, pools.by_id(c, pool_id)).refuse(task.instruction for task in new)
    return arrivals.add(c, pool_id, new)


def of_pool(database: Database, pool_id: int, switched_off: bool = False) -> list[Task]:
    """A pool's seeds with their instances, in order; with `switched_off` also those that are."""
    with database.read() as c:
        return store.seeds(c, pool_id, switched_off)


def switch(
    database: Database, task_ids: Iterable[int], on: bool, actor: str = "", *, pool_id: int | None = None
) -> int:
    """Switch seeds on or off; off, they prompt nothing and novelty is not measured against them. Return how many.

    `pool_id`: the pool whose they must be. NotFound, and none is switched, where one is no seed, or another pool's.
    """
    state, kind = (State.ACCEPTED, Decided.SWITCH_ON) if on else (State.OFF, Decided.SWITCH_OFF)
    with database.write() as c:
        named = [_seed_task(c, task_id) for task_id in task_ids]
        strange = next((task for task in named if pool_id not in (None, task.pool_id)), None)
        if strange is not None:
            raise NotFound(f"Seed {strange.id} is of another pool; `winnow seeds list` lists a pool's.")
        other = [task for task in named if task.state is not state]
        for task in other:
            store.set_state(c, task.id, state)
            store.decide(c, task.pool_id, kind, Discard("by hand"), task_id=task.id, actor=actor or acting())
        return len(other)


def edit(database: Database, task_id: int, seed: Seed, actor: str = "", reason: str = "") -> None:
    """Change a seed's text; what it was before stays in the history."""
    if not seed.instruction.strip() or any(not answer.strip() for _, answer in seed.instances):
        raise Refused("A seed needs an instruction and an output; fill them in.")
    actor = actor or acting()
    with database.write() as c:
        task = _seed_task(c, task_id)
        edits.change_task(c, task, seed.instruction, seed.is_classification, actor, reason)
        for instance, (given, answer) in zip(task.instances, seed.instances, strict=False):
            edits.change_instance(c, task.id, instance.id, given, answer, actor, reason)


def export(database: Database, pool_id: int, *, one_instance: bool = False) -> Iterator[str]:
    """The pool's seeds as JSON Lines, in the schema that `read` takes.

    With `one_instance` the first of each, as in the released file: programs that read that file expect one.
    """
    for number, task in enumerate(of_pool(database, pool_id)):
        shown = tuple((i.input, i.output) for i in task.instances[: 1 if one_instance else None])
        seed = Seed(task.name or "", task.instruction, shown, bool(task.is_classification))
        yield json.dumps(seed.as_row(f"seed_task_{number}"), ensure_ascii=False) + "\n"


def write(database: Database, pool_id: int, path: Path, *, one_instance: bool = False) -> int:
    """Write the pool's seeds to a file; return how many."""
    may_write(path, LINES)
    lines = list(export(database, pool_id, one_instance=one_instance))
    replacing.put(path, "".join(lines), errors="strict")
    return len(lines)


def _seed_of_line(number: int, line: str) -> Seed | Fault:
    try:
        row = written_json.read(line)
    except written_json.NotJson as error:
        return Fault(number, f"not JSON ({error})")
    return seed_of(row, number) if isinstance(row, Mapping) else Fault(number, "not a JSON object")


def _new_task(seed: Seed) -> NewTask:
    return NewTask(
        Origin.SEED,
        seed.instruction,
        seed.is_classification,
        tuple(NewInstance(given, answer) for given, answer in seed.instances),
        name=seed.name or None,
        completed=True,
    )


def _seed_task(c: sa.Connection, task_id: int) -> Task:
    task = store.get(c, task_id)
    if task.origin is not Origin.SEED:
        raise NotFound(f"Task {task_id} is no seed but {task.origin.value}; `winnow seeds list POOL` lists the seeds.")
    return task
