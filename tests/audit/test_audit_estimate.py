"""What an audit says of the pool it was drawn from, and what two audits have in common."""

from __future__ import annotations

import pytest

from core.audit import audit as audits_of
from core.audit.audit_estimate import estimate_for
from core.audit.frozen import Audit
from core.audit.rows import audits
from core.audit.running_estimate import running_estimate
from core.database import Database
from core.pool import arrivals, edits, filters, pools, tasks
from core.pool.arrivals import NewInstance
from core.pool.filters import Filter
from tests.audit.audits import BAD, GOOD, judge, pool_of


def draw(database: Database, pool_id: int, **how: object) -> Audit:
    return audits_of.new(database, pool_id, **how)


def test_a_pool_whose_tasks_have_different_numbers_of_instances_is_estimated_by_instance(database):
    with database.write() as c:
        pool = pools.create(c, "uneven")
        good = [arrivals.NewTask(tasks.Origin.IMPORT, f"Good {n}.", False, (NewInstance("", "x"),)) for n in range(40)]
        bad = [
            arrivals.NewTask(tasks.Origin.IMPORT, f"Bad {n}.", False, tuple(NewInstance(str(k), "x") for k in range(5)))
            for n in range(40)
        ]
        arrivals.add(c, pool.id, [*good, *bad])
    made = draw(database, pool.id, size=80, seed=2)
    judge(database, made, "ines", lambda item: GOOD if item.instruction.startswith("Good") else BAD)
    with database.read() as c:
        assert sorted({item.of_task for item in audits.every_item(c, made)}) == [1, 5]
        found = audits_of.found(c, made)
        assert found.valid.percent == pytest.approx(50), "the sample's share, as in the paper"
        assert found.pool.percent == pytest.approx(100 * 40 / 240)
        assert found.to_halve == 0, "every task is drawn"
        steps = running_estimate(audits_of.judged_items(c, made), made.instances, made.tasks)
        assert steps.more == 0 and steps.sentence.endswith("after 80 items, all that there are to judge.")
        every = [row.id for row in filters.matching(c, pool.id, Filter())]
        assert estimate_for(c, pool.id, every).share.percent == pytest.approx(100 * 40 / 240)
        assert estimate_for(c, pool.id, every[:40]).share.percent == pytest.approx(100)


def test_items_that_two_audits_share_are_counted(database):
    pool = pool_of(database, 12)
    one, again, all_of_it = (draw(database, pool, size=size, seed=3) for size in (5, 5, 12))
    with database.read() as c:
        assert audits.shared(c, one, again) == 5
        its = audits.item(c, one, 2)
    with database.write() as c:
        edits.change_instance(c, its.task_id, its.instance_id, "edited", "since")
    after = draw(database, pool, size=12, seed=3)
    with database.read() as c:
        assert (audits.shared(c, one, all_of_it), audits.shared(c, one, after)) == (5, 4)
