"""What people approve steers what comes next: approved tasks for prompts, and approved tasks as seeds."""

from __future__ import annotations

import sqlalchemy as sa

from core.actor import acting
from core.database import Database
from core.pool import arrivals, standing, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.pool.measured import FROM_TASK
from core.records import Decided, Discard, Grade, Origin, Refused, State


def promote(database: Database, task_id: int, actor: str = "") -> int:
    """Copy an approved task into its pool's seeds, with its instances graded A or B; return the seed's task id.

    Refused where it has none such, or where the pool has that instruction as a seed. The decision keeps the lineage.
    """
    with database.write() as c:
        task = tasks.get(c, task_id)
        if task.origin is Origin.SEED or task.state is not State.ACCEPTED:
            raise Refused("Only an accepted task that is not a seed yet can be promoted.")
        fine = [one for one in task.instances if one.state is State.ACCEPTED and _is_approved(c, one.id)]
        if not fine:
            raise Refused("Only a task with an instance graded A or B can be promoted; rate it first.")
        there = tasks.instructions(c, task.pool_id, states=State, origins=(Origin.SEED,))
        if task.instruction in {instruction for _, instruction in there}:
            raise Refused("The pool has this instruction as a seed already.")
        new = NewTask(
            Origin.SEED,
            task.instruction,
            task.is_classification,
            tuple(NewInstance(one.input, one.output) for one in fine),
            name=task.name or f"promoted {task.id}",
            run_id=task.run_id,
            request_id=task.request_id,
            demo=task.demo,
            completed=True,
        )
        seed_id = arrivals.add(c, task.pool_id, [new])[0]
        told = {"from": task.id, "instances": [one.id for one in fine]}
        tasks.decide(
            c, task.pool_id, Decided.PROMOTE, Discard(FROM_TASK, told), task_id=seed_id, actor=actor or acting()
        )
        return seed_id


def _is_approved(c: sa.Connection, instance_id: int) -> bool:
    return standing.grade_of(c, instance_id) in (Grade.A, Grade.B)
