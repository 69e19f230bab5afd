"""What stands beside an instance's three texts comes back as it was kept, and can be filtered by."""

from __future__ import annotations

import pytest

from core import pools
from core.database import Database
from core.pool import arrivals, beside, filters, items, tasks
from core.pool.arrivals import IMPORTED, NewInstance, NewTask
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Beside, Origin, Refused, Turn
from core.review import editing

TALK = Beside(
    "Answer like a \0 sailor \ud83d.",
    (Turn("user", "Ahoy"), Turn("assistant", "Ahoy, sir")),
    "They want a river.",
    ("The Thames", "The sea"),
    {"category": "closed_qa", "n": 5, "score": 0.5, "ok": True, "half \ude00": ["\0", None, float("nan")]},
)


def stored(database: Database, *new: NewInstance) -> tuple[int, int, list[int]]:
    """(pool, task, instances) of a task with these instances."""
    pool = pools.make(database, "a pool", own_seeds=[])
    with database.write() as c:
        task_id = arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "Name a river", instances=new)])[0]
        its = [one.id for one in tasks.get(c, task_id).instances]
    return pool.id, task_id, its


def test_what_a_row_had_beside_comes_back_with_any_characters_in_it(database: Database) -> None:
    _, _, (first, second) = stored(database, NewInstance("", "Po", beside=TALK), NewInstance("", "Don"))
    with database.read() as c:
        kept = beside.of(c, [first, second])
        assert items.get(c, first).beside == kept[first]
        assert items.get(c, second).beside == Beside()
    assert list(kept) == [first]
    assert kept[first] == Beside(
        TALK.system, TALK.turns, TALK.thoughts, TALK.rejected, {**TALK.extra, "half \ude00": ["\0", None, "nan"]}
    )


def test_a_filter_finds_instances_by_a_column_of_their_rows(database: Database) -> None:
    other = Beside(extra={"category": "brainstorming", "n": 6, "score": 1, "ok": False})
    pool_id, _, its = stored(
        database, NewInstance("", "Po", beside=TALK), NewInstance("", "Don", beside=other), NewInstance("", "Ob")
    )

    def found(column: str, value: str) -> list[int]:
        with database.read() as c:
            return [its.index(row.id) for row in filters.matching(c, pool_id, Filter(column=column, value=value))]

    assert found("category", "closed_qa") == [0]
    assert found("n", "6") == [1]
    assert found("score", "0.5") == [0]
    assert (found("ok", "true"), found("ok", "false")) == ([0], [1])
    assert found("category", "closed") == found("none", "x") == []
    with pytest.raises(Refused, match="has a quote"):
        found('a"b', "x")
    with database.read() as c:
        assert beside.columns(c, pool_id) == []  # these came with no import


def test_the_same_row_leaves_what_it_has_once_and_two_rows_add_up(database: Database) -> None:
    pool_id, task_id, (first,) = stored(database, NewInstance("", "Po", beside=TALK))
    more = Beside(rejected=("The sea", "The Nile"), extra={"category": "other", "new": 1})
    with database.write() as c:
        for _ in range(2):
            kept = [beside.NewBeside(task_id, first, one) for one in (TALK, more)]
            beside.add(c, pool_id, kept)
        its = beside.of_instance(c, first)
    assert its.rejected == ("The Thames", "The sea", "The Nile")
    assert (its.extra["category"], its.extra["new"], its.system) == ("closed_qa", 1, TALK.system)


def test_what_a_file_says_of_a_new_instance_is_a_rating_of_the_reviewer_imported(database: Database) -> None:
    bad, good = Judgement(valid=False, flags=("odd",)), Judgement(valid=True)
    pool_id, _, its = stored(
        database, NewInstance("", "Po", said=bad), NewInstance("", "Don", said=good), NewInstance("", "Ob")
    )
    with database.read() as c:
        assert [row.id for row in filters.matching(c, pool_id, Filter(valid=False))] == its[:1]
        assert [row.id for row in filters.matching(c, pool_id, Filter(rated="unrated"))] == its[2:]
        assert [row.id for row in filters.matching(c, pool_id, Filter(flag="odd"))] == its[:1]
        from core.pool import standing

        ratings = standing.current(c, its[0])
        assert [(one.reviewer, one.valid, one.grade) for one in ratings] == [(IMPORTED, False, None)]
        before = [items.get(c, one).rated for one in its]
    with database.write() as c:
        for one in its:
            standing.recount(c, one)
        assert [items.get(c, one).rated for one in its] == before == [1, 1, 0]


def test_the_parts_of_a_split_keep_the_conversation_that_they_belong_to(database: Database) -> None:
    _, task_id, (first,) = stored(database, NewInstance("", "Po and Don", beside=TALK))
    with database.read() as c:
        hashed = items.get(c, first).text_hash
    editing.split(database, first, hashed, [("", "Po"), ("", "Don")], "anna")
    with database.read() as c:
        parts = [items.get(c, one.id).beside for one in tasks.get(c, task_id).instances if one.id != first]
    assert [(part.turns, part.rejected, part.extra["n"]) for part in parts] == [(TALK.turns, (), 5)] * 2
