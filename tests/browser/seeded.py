"""A small pool that has something to show on every page."""

from __future__ import annotations

from core import pools
from core.audit import audit as audits
from core.database import Database
from core.llm.target import DEMO
from core.pool.judgement import Judgement
from core.records import Grade, RunState
from core.review import desk, queues
from core.runs import control
from core.runs import runner as runs
from core.runs.until import Until
from core.selfinstruct.loop import METHOD, SelfInstructPlan
from core.selfinstruct.settings import SelfInstructSettings

POOL = "demo"


def worked_on(database: Database, name: str = POOL) -> None:
    """A batch of the demo, six ratings of two reviewers, and an audit of ten."""
    pool, _ = pools.get_or_make(database, name)
    plan = SelfInstructPlan(SelfInstructSettings(), DEMO, Until(batches=1))
    run = control.start(database, pool.id, METHOD, plan.as_mapping())
    assert runs.work_here(database, run.id).state is RunState.DONE
    queue_id = next(iter(queues.names(database, pool.id, "anna")))
    for reviewer, grades in (("anna", (Grade.A, Grade.B, Grade.D)), ("ben", (Grade.A, Grade.C, Grade.A))):
        shown = desk.open_queue(database, queue_id, reviewer)
        for grade in grades:
            if shown is not None:
                shown = desk.judge(database, shown, reviewer, Judgement(grade, None, True, True, grade is not Grade.D))
    audits.new(database, pool.id, size=10, seed=7)
