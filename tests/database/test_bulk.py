"""Many rows and long lists at once: each value through its column's type, and a list answered by an index."""

import random
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.database import Database
from core.database.bulk import insert_rows, numbers, numbers_at
from core.database.parts import listed_hashes, one_of, same_hash
from core.database.schema import instances, pools, tasks
from core.pool import arrivals, edits
from core.pool import pools as store
from core.pool import tasks as task_store
from core.pool.arrivals import NewInstance, NewTask
from core.pool.items import of_texts, texts
from core.pool.tasks import instruction_hash
from core.records import Origin, text_hash

NAMES = ("id", "pool_id", "origin", "state", "instruction", "instruction_hash", "created_at")
TEXT = "a lone \ud83d and a \0"


def test_rows_come_in_as_they_were_and_a_long_list_finds_them(database: Database) -> None:
    with database.write() as c:
        c.execute(pools.insert().values(id=900, name="a pool", settings={}, created_at=1.0))
        row = (900, "import", "accepted", TEXT)
        insert_rows(c, tasks, NAMES, [(9000 + n, *row, f"hash{n}", 1) for n in range(3000)])
        insert_rows(c, tasks, NAMES, [])
    wanted = sa.select(tasks.c.id).where(tasks.c.pool_id == 900)
    with database.read() as c:
        listed = wanted.where(one_of(c, tasks.c.instruction_hash, [f"hash{n}" for n in range(0, 6000, 2)]))
        assert sorted(numbers(c, listed)) == list(range(9000, 12000, 2))
        assert numbers(c, wanted.where(one_of(c, tasks.c.id, [9001, 1]))) == [9001]
        assert numbers(c, wanted.where(one_of(c, tasks.c.id, []))) == []
        assert c.execute(sa.select(tasks.c.instruction).where(tasks.c.id == 9000)).scalar_one() == TEXT


def test_hashes_are_found_by_their_first_characters_and_compared_whole(database: Database) -> None:
    alike = "0123456789ab"
    with database.write() as c:
        c.execute(pools.insert().values(id=900, name="a pool", settings={}, created_at=1.0))
        row = (900, "import", "accepted", TEXT)
        insert_rows(c, tasks, NAMES, [(9000 + n, *row, f"{alike}{n}", 1) for n in range(3)])
    with database.read() as c:
        dialect = c.dialect.name
        of_these = same_hash(dialect, tasks.c.instruction_hash, "hashes")
        asked = sa.select(tasks.c.id).where(tasks.c.pool_id == 900, of_these)
        values = listed_hashes(dialect, "hashes", [f"{alike}1", f"{alike}9", "another"])
        assert list(c.execute(asked, values).scalars()) == [9001]
        if database.is_sqlite:
            plan = _plan(c, asked, values)
            assert any("ix_tasks_by_hash (pool_id=? AND <expr>=?)" in step for step in plan), plan
        else:
            c.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = _plan(c, asked, values)
            assert any("ix_tasks_by_hash" in step for step in plan), plan


def test_texts_are_found_by_task_and_hash_and_a_tasks_instances_stay_in_order(database: Database) -> None:
    with database.write() as c:
        pool_id = store.create(c, "a pool").id
        three = tuple(NewInstance(str(n), "an answer") for n in range(3))
        same = [NewTask(Origin.IMPORT, "Name a river.", instances=three) for _ in range(2)]
        other = NewTask(Origin.IMPORT, "Name a lake.", instances=three)
        first, second, third = arrivals.add(c, pool_id, [*same, other])
        edits.change_task(c, task_store.get(c, third), "Name a river.", None)
    wanted = {(instruction_hash("Name a river."), text_hash("Name a river.", str(n), "an answer")) for n in (0, 2, 7)}
    with database.read() as c:
        dialect = c.dialect.name
        its = sa.select(instances.c.task_id, instances.c.position).select_from(of_texts(dialect))
        found = c.execute(its, texts(dialect, pool_id, wanted)).tuples().all()
        assert sorted(found) == [(task, place) for task in (first, second, third) for place in (0, 2)]
        assert c.execute(its, texts(dialect, pool_id, [])).all() == []
        assert c.execute(its, texts(dialect, pool_id + 1, wanted)).all() == []
        if dialect == "sqlite":
            plan = _plan(c, its, texts(dialect, pool_id, wanted))
            for index in ("ix_tasks_by_hash (pool_id", "ix_instances_by_hash (task_id"):
                assert any(f"{index}=? AND <expr>=?)" in one for one in plan), plan
            [step] = _plan(c, sa.select(instances).where(instances.c.task_id == first), {})
            assert "ix_instances_task_id_position" in step
        else:
            c.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = _plan(c, its, texts(dialect, pool_id, wanted))
            assert any("ix_instances_by_hash" in one for one in plan), plan


def _plan(c: sa.Connection, query: sa.Select[Any], values: dict[str, Any]) -> list[str]:
    made = query.compile(c.engine)
    bound = made.construct_params(values)
    in_order = tuple(bound[name] for name in made.positiontup or ())
    how = "EXPLAIN QUERY PLAN" if c.dialect.name == "sqlite" else "EXPLAIN"
    return [str(step[-1]) for step in c.exec_driver_sql(f"{how} {made}", in_order)]


def test_columns_that_are_empty_in_all_rows_come_back_empty_or_are_refused(
    database: Database,
) -> None:
    with database.write() as c:
        c.execute(pools.insert().values(id=900, name="a pool", settings={}, created_at=1.0))
        named = (*NAMES[:6], "rule", "seed_score", "created_at")
        row = (900, "import", "accepted", TEXT, "hash")
        insert_rows(c, tasks, named, [(9000, *row, None, None, 1.0), (9001, *row, "a rule", None, 1.0)])
        insert_rows(c, tasks, named, [(9002, *row, None, 0.0, 1.0)])
    with pytest.raises(DBAPIError), database.write() as c:  # not what a row has that does not name it
        insert_rows(c, tasks, ("id", *named[1:], "epoch"), [(9003, *row, None, None, 1.0, None)])
    kept = sa.select(tasks.c.id, tasks.c.rule, tasks.c.seed_score).where(tasks.c.pool_id == 900).order_by(tasks.c.id)
    with database.read() as c:
        assert c.execute(kept).all() == [(9000, None, None), (9001, "a rule", None), (9002, None, 0.0)]


def test_numbers_at_places_of_several_queries_are_those_of_all_in_order(database: Database) -> None:
    dice = random.Random(4)
    origins = [dice.choice(["import", "self-instruct", "seed"]) for _ in range(300)]
    with database.write() as c:
        c.execute(pools.insert().values(id=900, name="a pool", settings={}, created_at=1.0))
        named = zip(range(9000, 9300), origins, strict=True)
        insert_rows(c, tasks, NAMES, [(n, 900, its, "accepted", "a text", f"{n}", 1) for n, its in named])
    made = [9000 + n for n, its in enumerate(origins) if its != "seed"]
    own = sa.select(tasks.c.id).where(tasks.c.pool_id == 900, tasks.c.state == "accepted")
    each = [own.where(tasks.c.origin == its) for its in ("self-instruct", "import")]
    with database.read() as c:
        for places in ([0], [len(made) - 1, 3, 4, 7], range(len(made)), []):
            assert numbers_at(c, each, places) == {place: made[place] for place in places}
        assert numbers_at(c, [], [1]) == {}
        if database.is_sqlite:  # in the order of an index, which holds all that is asked
            told = str(
                each[0].where(tasks.c.id > 5).order_by(tasks.c.id).compile(c, compile_kwargs={"literal_binds": True})
            )
            plan = [str(step[-1]) for step in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {told}")]
            assert plan == [
                "SEARCH tasks USING COVERING INDEX ix_tasks_pool_id_state_origin "
                "(pool_id=? AND state=? AND origin=? AND rowid>?)"
            ]
