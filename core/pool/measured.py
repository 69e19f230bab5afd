"""What was measured of a pool's candidates, and the one place that says when it no longer holds.

Pairs and nearest seeds are measured against the pool's seeds by its tokeniser. Whoever stores, switches or changes a
seed goes through this package (`arrivals.add`, `tasks.set_state`, `edits.change_task`), which call `forget`: no room
above can leave it out.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.database.schema import decisions, tasks
from core.records import Decided, Origin

FROM_TASK = "from-task"  # the rule of a promotion


def forget(c: sa.Connection, pool_id: int) -> None:
    """Note that a pool's pairs and nearest seeds no longer hold: its seeds or its tokeniser have changed."""
    c.execute(tasks.update().where(tasks.c.pool_id == pool_id, tasks.c.paired.is_(True)).values(paired=False))
    measured = (tasks.c.pool_id == pool_id, tasks.c.origin != Origin.SEED.value, tasks.c.seed_score.is_not(None))
    c.execute(tasks.update().where(*measured).values(seed_id=None, seed_score=None))


def promotions(c: sa.Connection, pool_id: int) -> dict[int, int]:
    """Seed id to task id for the seeds that were promoted from a task of the pool."""
    query = sa.select(decisions.c.task_id, decisions.c.evidence).where(
        decisions.c.pool_id == pool_id, decisions.c.kind == Decided.PROMOTE.value
    )
    return {seed_id: int(evidence["from"]) for seed_id, evidence in c.execute(query).tuples() if "from" in evidence}
