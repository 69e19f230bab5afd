"""A release of a large pool comes in time: its steps grow with the pool, and not faster."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from core.database import Database
from core.database.schema import parses
from core.database.schema import tasks as task_table
from core.records import Pool
from core.release.predicate import Predicate
from core.release.rows import release_rows
from core.release.selection import select
from core.release.source import source
from tests.release.release_pools import opened, rated_pool

FIRST_DIGIT, STEPS = "0123456789", 1000


def parsed(database: Database, pool: Pool) -> None:
    """Let two parsers read a pool: one everything, one a third of it."""
    with database.write() as c:
        hashes = list(c.execute(sa.select(task_table.c.instruction_hash).where(task_table.c.pool_id == pool.id)))
        for parser, some in (("fine", hashes), ("coarse", hashes[::3])):
            c.execute(
                parses.insert(),
                [{"parser": parser, "text_hash": one, "verb": f"by {parser}", "noun": None} for (one,) in some],
            )


def steps(database: Database, pool: Pool, rule: Predicate) -> int:
    """How many thousand steps SQLite takes to read a release from its rule to its last row."""
    taken = [0]

    def count() -> int:
        taken[0] += 1
        return 0

    with database.read() as c:
        raw = c.connection.driver_connection
        assert raw is not None
        raw.set_progress_handler(count, STEPS)
        found = select(c, pool.id, rule)
        assert sum(1 for _ in source(c, pool.id, found)()) == len(found.admitted) > 0
        raw.set_progress_handler(None, STEPS)
    return taken[0]


@pytest.mark.sqlite("counts its steps")
def test_ten_times_the_parsed_tasks_take_about_ten_times_the_steps(tmp_path: Path) -> None:
    taken = []
    for n in (300, 3_000):
        database = opened(tmp_path / str(n))
        pool = rated_pool(database, "kind", grades="A" * 6, n=n)
        parsed(database, pool)
        taken.append(steps(database, pool, Predicate(min_ratings=0, valid=False, min_grade=None, max_per_verb=n)))
    assert taken[1] < 20 * taken[0]


@pytest.mark.sqlite("explains its plans")
def test_the_verbs_are_looked_up_by_key(tmp_path: Path) -> None:
    database = opened(tmp_path)
    pool = rated_pool(database, n=300)
    parsed(database, pool)
    with database.read() as c:
        query = release_rows.verbs_by(pool.id, "fine").compile(c.engine, compile_kwargs={"literal_binds": True})
        plan = [row[-1] for row in c.execute(sa.text(f"EXPLAIN QUERY PLAN {query}"))]
        assert set(release_rows.verbs(c, pool.id).values()) == {"by fine"}
    assert len(plan) == 2 and all(step.startswith("SEARCH") for step in plan), plan
    assert any("parser=? AND text_hash=?" in step or "instruction_hash=?" in step for step in plan), plan
