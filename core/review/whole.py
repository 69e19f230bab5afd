"""A task whole, and a pool's tasks one page after the other: what somebody at a terminal or in a notebook looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.database import Database
from core.pool import edits, tasks
from core.pool.edits import Edit
from core.pool.items import Near
from core.records import Discard, Origin, State, Task


@dataclass(frozen=True, slots=True)
class WholeTask:
    """A task with its instances, why it was discarded (if it was), its changes, and what was closest at arrival."""

    task: Task
    discard: Discard | None
    edits: tuple[Edit, ...]
    nearest: Near | None
    seed: Near | None


def task(database: Database, task_id: int) -> WholeTask:
    """The task of that id with everything around it; NotFound where there is none."""
    with database.read() as c:
        found = tasks.get(c, task_id)
        close = [one for one in (found.nearest_id, found.seed_id) if one is not None]
        texts = tasks.texts(c, close)
        why = tasks.evidence(c, [task_id]).get(task_id)
        changed = edits.history(c, task_id)
    return WholeTask(
        found,
        why,
        tuple(changed),
        _near(found.nearest_id, found.nearest_score, texts),
        _near(found.seed_id, found.seed_score, texts),
    )


def page(
    database: Database,
    pool_id: int,
    *,
    states: Sequence[State] = (State.ACCEPTED,),
    origin: Origin | None = None,
    run_id: int | None = None,
    after_id: int = 0,
    limit: int = 50,
) -> list[Task]:
    """A pool's tasks in order of arrival with their instances, read by key: the first `limit` after `after_id`."""
    with database.read() as c:
        return tasks.page(c, pool_id, states=states, origin=origin, run_id=run_id, after_id=after_id, limit=limit)


def _near(task_id: int | None, score: float | None, texts: dict[int, str]) -> Near | None:
    return None if task_id is None or score is None else Near(task_id, score, texts.get(task_id, ""))
