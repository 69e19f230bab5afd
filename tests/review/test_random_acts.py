"""A few fixed seeds of the random acts, and proof that the recount sees what is wrong."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.database.schema import flagged, instances, queue_items, standings, tasks
from core.database.schema import queues as queues_table
from core.records import Refused
from core.review import queues
from tests.review.pool_of_texts import open_at
from tests.review.random_acts import World
from tests.review.recount import check


@pytest.mark.parametrize("seed", [11, 23, 42])
def test_whatever_is_done_all_that_is_derived_is_what_the_history_says(tmp_path: Path, seed: int) -> None:
    world = World(open_at(tmp_path), seed, tmp_path)
    assert world.run(130, check_every=26) == []
    assert sum(world.done.values()) > 50


SPOILT = {
    "state": lambda c, pool, one: c.execute(instances.update().where(instances.c.id == one).values(state="rejected")),
    "rated": lambda c, pool, one: c.execute(instances.update().where(instances.c.id == one).values(rated=7)),
    "grade": lambda c, pool, one: c.execute(instances.update().where(instances.c.id == one).values(grade="C")),
    "standing": lambda c, pool, one: c.execute(standings.delete()),
    "flag": lambda c, pool, one: c.execute(
        flagged.insert().values(instance_id=one, flag="x", reviewer="", pool_id=pool)
    ),
    "item": lambda c, pool, one: c.execute(queue_items.update().values(state=1 - queue_items.c.state)),
    "count": lambda c, pool, one: c.execute(queues_table.update().values(waiting=queues_table.c.waiting + 1)),
    "missing": lambda c, pool, one: c.execute(queue_items.delete()),
}


SPOILT_AND_SLOW = {
    "nearest seed": lambda c, pool, one: c.execute(tasks.update().values(seed_score=0.011)),
    "a candidate's state": lambda c, pool, one: c.execute(
        tasks.update().where(tasks.c.origin != "seed").values(state="rejected")
    ),
    "a text": lambda c, pool, one: c.execute(
        instances.update().where(instances.c.id == one).values(output="a b c d e")
    ),
    "an audit": lambda c, pool, one: c.execute(standings.delete().where(standings.c.round == "audit:1")),
}


@pytest.mark.parametrize("what", SPOILT_AND_SLOW)
def test_the_recount_notices_a_chart_or_an_audit_that_is_wrong(tmp_path: Path, what: str) -> None:
    world = World(open_at(tmp_path), 7, tmp_path)
    for _ in range(3):
        world.import_tasks()
    world.new_audit()
    for _ in range(6):
        with suppress(Refused):  # an old window may be among those that are judged in
            world.audit_judge()
    assert check(world.database, world.pool.id, random.Random(0), whole=True) == []
    with world.database.write() as c:
        there = sa.select(sa.func.max(instances.c.id)).where(instances.c.is_seed.is_(False))
        SPOILT_AND_SLOW[what](c, world.pool.id, c.execute(there).scalar_one())
    assert check(world.database, world.pool.id, random.Random(0), whole=True) != []


@pytest.mark.parametrize("what", SPOILT)
def test_the_recount_notices_a_figure_that_is_wrong(tmp_path: Path, what: str) -> None:
    world = World(open_at(tmp_path), 5, tmp_path)
    assert world.run(30, check_every=29) == []
    queues.make(world.database, world.pool.id, "everything")
    assert check(world.database, world.pool.id, random.Random(0)) == []
    with world.database.write() as c:
        newest = sa.select(sa.func.max(instances.c.id)).where(
            instances.c.state == "accepted", instances.c.is_seed.is_(False)
        )
        SPOILT[what](c, world.pool.id, c.execute(newest).scalar_one())
    assert check(world.database, world.pool.id, random.Random(0)) != []
