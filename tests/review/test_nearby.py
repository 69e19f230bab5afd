"""The closest task at the desk, whatever became of the pool since the text arrived."""

from __future__ import annotations

import time

import pytest

from core import pools
from core.database import Database
from core.gate.rescue import rescue
from core.pool import arrivals, edits, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.pool.judgement import Judgement
from core.records import Discard, Grade, Origin, Pool, Tokeniser
from core.review import desk, queues
from core.review.nearby import Closest, Nearby
from core.review.rows import acts
from core.seeds import promotion
from core.seeds import seeds as own

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


def looked(nearby: Nearby, pool: Pool, task_id: int, instruction: str, *, seeds: bool = False) -> Closest:
    """What the desk shows once the pool is read."""
    deadline = time.monotonic() + 120
    while not (look := nearby.look(pool, task_id, instruction, seeds=seeds)).is_ready:
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


def test_what_comes_back_or_says_something_else_after_the_pool_was_read_is_found(
    database: Database, pool: Pool
) -> None:
    nearby = Nearby(database)
    first, second, third, _ = ids(database, pool)
    text = "Write a poem about the sea at night."
    with database.write() as c:
        (dropped,) = arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, text, discard=Discard("novelty", {}))])
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "List the rivers of Peru.")])
        gone = acts.reject(c, pool.id, [], "no", "ann", task_ids=[second])
    assert looked(nearby, pool, third, text).near != dropped
    assert rescue(database, [(dropped, None)], "ann") == 1
    near = looked(nearby, pool, third, text).near
    assert near is not None and near.task_id == dropped, "rescued"
    with database.write() as c:
        acts.undo(c, gone, "ann")
    near = looked(nearby, pool, third, TEXTS[1]).near
    assert near is not None and near.task_id == second, "taken back in"
    with database.write() as c:
        edits.change_task(c, tasks.get(c, first), "Draw up a petition to the queen.", None)
    near = looked(nearby, pool, third, "Draw up a petition to the king.").near
    assert near is not None and near.task_id == first, "edited"


def test_another_tokeniser_measures_anew(database: Database, pool: Pool) -> None:
    nearby = Nearby(database)
    with database.write() as c:
        arrivals.add(
            c, pool.id, [NewTask(Origin.IMPORT, text) for text in ("写一首关于大海的诗。", "列出秘鲁的河流。")]
        )
    *_, first, _ = ids(database, pool)
    asked = "写一首关于大海和夜晚的诗。"
    assert (near := looked(nearby, pool, first + 2, asked).near) is None or near.score == 0
    pools.choose_tokeniser(database, pool.id, Tokeniser.UNICODE, Tokeniser.PAPER)
    near = looked(nearby, pool, first + 2, asked).near
    assert near is not None and near.task_id == first and near.score > 0.7


def test_a_pool_of_one_has_no_neighbour(database: Database) -> None:
    made = pools.make(database, "alone", own_seeds=[])
    with database.write() as c:
        (only,) = arrivals.add(c, made.id, [NewTask(Origin.IMPORT, "Alone.")])
    assert looked(Nearby(database), made, only, "Alone.") == Closest(True, None)


def test_a_seed_promoted_from_a_task_is_not_the_closest_to_it_and_seeds_count_as_they_are_now(
    database: Database, pool: Pool
) -> None:
    nearby = Nearby(database)
    first, second, *_ = ids(database, pool)
    queue = next(iter(queues.names(database, pool.id, "ann")))
    with database.read() as c:
        (its,) = tasks.get(c, first).instances
    desk.judge(database, desk.look_at(database, queue, its.id, "ann"), "ann", Judgement(Grade.A))
    seed = promotion.promote(database, first)
    near = looked(nearby, pool, first, TEXTS[0]).near
    assert near is not None and near.task_id == second, "the copy is left out"
    assert looked(nearby, pool, first, TEXTS[0], seeds=True) == Closest(True, None)
    other = looked(nearby, pool, second, TEXTS[1], seeds=True).near
    assert other is not None and other.task_id == seed
    own.switch(database, [seed], False)
    assert looked(nearby, pool, second, TEXTS[1], seeds=True) == Closest(True, None)
    own.switch(database, [seed], True)
    assert looked(nearby, pool, second, TEXTS[1], seeds=True).near == other, "switched on again"
