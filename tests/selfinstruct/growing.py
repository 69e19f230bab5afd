"""Growing a pool against the fake server, and a picture of what came of it that two runs can be compared by."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from core import pools
from core.database import Database
from core.gate.rows import pairs
from core.llm.parcels.words import Delivery
from core.llm.target import Target
from core.pool import tasks
from core.records import Budget, Origin, Pool, Run, RunState
from core.runs import control
from core.runs import runner as runs
from core.runs.rows import runs as run_store
from core.runs.until import Until
from core.seeds.seeds import Seed
from core.selfinstruct.loop import METHOD, SelfInstructPlan
from core.selfinstruct.settings import CHAT, SelfInstructSettings

PAPER = SelfInstructSettings(prompts_per_batch=3)


def plan(
    url: str,
    until: Until,
    concurrency: int = 8,
    settings: SelfInstructSettings = PAPER,
    timeout: float = 20.0,
    delivery: Delivery = Delivery.DIRECT,
    provider: str = "custom",
) -> dict[str, Any]:
    target = Target(provider, url, "fake", settings.endpoint, concurrency, timeout, delivery=delivery)
    return SelfInstructPlan(settings, target, until).as_mapping()


def start(
    database: Database,
    pool: Pool,
    url: str,
    *,
    batches: int | None = 2,
    target: int | None = None,
    concurrency: int = 8,
    settings: SelfInstructSettings = PAPER,
    budget: Budget | None = None,
    timeout: float = 20.0,
    delivery: Delivery = Delivery.DIRECT,
    provider: str = "custom",
) -> Run:
    stored = plan(url, Until(target, batches), concurrency, settings, timeout, delivery, provider)
    return control.start(database, pool.id, METHOD, stored, budget, here=True)


def grow(database: Database, url: str, name: str = "a pool", seeds: list[Seed] | None = None, **how: Any) -> Run:
    """Grow the pool of that name here and now; make it where there is none."""
    pool, _ = pools.get_or_make(database, name, seeds)
    return runs.work_here(database, start(database, pool, url, **how).id)


def wait_until_heard(database: Database, run_id: int) -> None:
    """Wait until the run's owner has heard what was asked of it: its second beat from now begins after this moment."""
    for _ in range(2):
        with database.read() as c:
            before = now = run_store.get(c, run_id)
        deadline = time.monotonic() + 120
        while now.lease_until == before.lease_until and now.state is RunState.RUNNING:
            assert time.monotonic() < deadline, "the run's owner gave no sign"
            time.sleep(0.005)
            with database.read() as c:
                now = run_store.get(c, run_id)


def chat(**changes: Any) -> SelfInstructSettings:
    return replace(CHAT, **{"prompts_per_batch": 3, **changes})


def picture(database: Database, name: str = "a pool") -> list[Any]:
    """All that a run decided: candidates in order with rule, kind, nearest and instances, and the similar pairs."""
    pool, _ = pools.get_or_make(database, name)
    with database.read() as c:
        every = tasks.page(c, pool.id, limit=1_000_000)
        text = {task.id: task.instruction for task in every}
        made = [task for task in every if task.origin is Origin.SELF_INSTRUCT]
        why = tasks.evidence(c, [task.id for task in made])
        near = sorted((text[a], text[b], score) for a, b, score in zip(*pairs.of_pool(c, pool.id), strict=True))
    return [
        *[
            (
                task.instruction,
                task.state,
                why[task.id].rule if task.id in why else None,
                task.is_classification,
                task.batch,
                text.get(task.nearest_id or 0),
                task.nearest_score,
                text.get(task.seed_id or 0),
                [(i.position, i.input, i.output, i.state) for i in task.instances],
            )
            for task in made
        ],
        near,
    ]
