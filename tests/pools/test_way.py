"""The way of a pool, step by step, against a plain count of its tasks, instances and decisions."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database
from core.database.schema import decisions, instances, tasks
from core.gate import ledger, rescue
from core.pool import arrivals
from core.pool.arrivals import NewInstance, NewTask
from core.pools.way import WayKind, WayStep, way
from core.records import Discard, Origin
from tests.release.release_pools import random_pool


def steps_of(database: Database, pool_id: int) -> tuple[WayStep, ...]:
    return way(pools.funnel(database, pool_id))


def test_a_pool_to_which_nothing_came_has_no_way(database: Database) -> None:
    assert steps_of(database, pools.make(database, "new").id) == ()


@pytest.mark.parametrize("seed", range(4))
def test_every_step_is_what_a_plain_count_finds_and_leads_to_the_next(database: Database, seed: int) -> None:
    draw = random.Random(seed)
    pool = random_pool(database, draw)
    rules = ("too-close", "too-short", "own-rule")
    dropped = [NewTask(Origin.IMPORT, f"Say {k}.", discard=Discard(draw.choice(rules), {})) for k in range(7)]
    half = NewInstance("in", "in", Discard("same-as-input"))
    with database.write() as c:
        arrivals.add(
            c, pool.id, [*dropped, NewTask(Origin.IMPORT, "Name two.", instances=(half, NewInstance("", "x")))]
        )
    gone = ledger.page(database, pool.id)
    rescue.rescue(database, [(one.task_id, None) for one in gone[: draw.randrange(4)]], "ann")
    steps = steps_of(database, pool.id)

    for unit in ("tasks", "instances"):
        chain = [step for step in steps if step.unit == unit]
        left = chain[0].n
        for step in chain[1:]:
            match step.kind:
                case WayKind.RULE | WayKind.TAKEN_OUT:
                    left -= step.n
                case WayKind.RESCUED:
                    left += step.n
                case WayKind.THERE if step.name in ("accepted tasks", "instances to judge"):
                    assert step.n == left
                    break
            assert step.left == left

    with database.read() as c:
        came = c.execute(sa.select(tasks).where(tasks.c.pool_id == pool.id, tasks.c.origin != "seed")).all()
        up = c.execute(
            sa.select(instances).where(
                instances.c.pool_id == pool.id, instances.c.is_seed.is_(False), instances.c.state == "accepted"
            )
        ).all()
        fell = c.execute(
            sa.select(decisions).where(decisions.c.pool_id == pool.id, decisions.c.kind == "discard")
        ).all()
    n = {(step.unit, step.name): step.n for step in steps}
    assert n["tasks", "candidates"] == len(came)
    assert n["tasks", "accepted tasks"] == sum(row.state == "accepted" for row in came)
    assert n["instances", "instances to judge"] == len(up)
    assert n["instances", "rated"] == sum(row.rated > 0 for row in up)
    assert n["instances", "approved"] == sum(row.rated > 0 and bool(row.valid) for row in up)
    assert n["instances", "in the newest release"] == 0
    for of_tasks in (True, False):
        by_rule = {s.rule: s.n for s in steps if s.rule and (s.unit == "tasks") == of_tasks}
        mine = [row.rule for row in fell if (row.instance_id is None) == of_tasks]
        assert by_rule == {rule: mine.count(rule) for rule in mine}
