"""Many rows and long lists at once: each value through its column's type, and a list answered by an index."""

import sqlalchemy as sa

from core.database import Database
from core.database.bulk import insert_rows, numbers
from core.database.parts import one_of
from core.database.schema import pools, tasks

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
        if database.is_sqlite:
            asked = listed.compile(c.engine, compile_kwargs={"literal_binds": True})
            plan = " ".join(str(step[-1]) for step in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}"))
            assert "ix_tasks_pool_id_instruction_hash (pool_id=? AND instruction_hash=?)" in plan
