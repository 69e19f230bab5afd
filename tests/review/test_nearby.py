"""The closest task at the desk, whatever became of the pool since the text arrived."""

from __future__ import annotations

import time

import pytest

from core import pools
from core.database import Database
from core.pool import arrivals, edits, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Origin, Pool
from core.review.nearby import Closest, Nearby
from core.review.rows import acts

TEXTS = (
    "Write a poem about the sea.",
    "Write a poem about the ocean.",
    "Write a letter to the mayor.",
    "Sort these numbers in ascending order.",
)


@pytest.fixture
def pool(database: Database) -> Pool:
    made = pools.make(database, "a pool", own_seeds=[])
    with database.write() as c:
        arrivals.add(c, made.id, [NewTask(Origin.IMPORT, text, instances=(NewInstance("", "x"),)) for text in TEXTS])
    return made


def looked(nearby: Nearby, pool: Pool, task_id: int, instruction: str) -> Closest:
    """What the desk shows once the pool is read."""
    deadline = time.monotonic() + 30
    while not (look := nearby.look(pool, task_id, instruction)).is_ready:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return look


def ids(database: Database, pool: Pool) -> list[int]:
    with database.read() as c:
        return [key for key, _ in tasks.instructions(c, pool.id)]


def test_the_closest_other_task_is_found_with_its_score_and_text(database: Database, pool: Pool) -> None:
    first, second, *_ = ids(database, pool)
    near = looked(Nearby(database), pool, first, TEXTS[0]).near
    assert near is not None
    assert (near.task_id, near.instruction) == (second, TEXTS[1])
    assert near.score == pytest.approx(5 / 6)  # five of six words in order


def test_what_was_rejected_edited_or_came_later_counts_as_it_is_now(database: Database, pool: Pool) -> None:
    nearby = Nearby(database)
    first, second, third, _ = ids(database, pool)
    looked(nearby, pool, first, TEXTS[0])
    with database.write() as c:
        acts.reject(c, pool.id, [], "no", "ann", task_ids=[second])
    near = looked(nearby, pool, first, TEXTS[0]).near
    assert near is not None and near.task_id == third
    with database.write() as c:
        edits.change_task(c, tasks.get(c, third), "Draw up a petition.", None)
    near = looked(nearby, pool, first, TEXTS[0]).near
    assert near is None or near.score < 0.5
    with database.write() as c:
        (late,) = arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "Write a poem about the sea and the wind.")])
    near = looked(nearby, pool, first, TEXTS[0]).near
    assert near is not None and near.task_id == late


def test_a_pool_of_one_has_no_neighbour(database: Database) -> None:
    made = pools.make(database, "alone", own_seeds=[])
    with database.write() as c:
        (only,) = arrivals.add(c, made.id, [NewTask(Origin.IMPORT, "Alone.")])
    assert looked(Nearby(database), made, only, "Alone.") == Closest(True, None)
