"""A copy at another threshold that is cut off leaves nothing for good."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database
from core.database.schema import instances, tasks
from core.database.schema import pools as pools_table
from core.database.wholes import LEFT_S
from core.pool import deleting, unfinished
from core.pools import copying
from core.records import Pool, Refused
from tests.review.pool_of_texts import pool_of

CUT_OFF = """
import os, signal, sys
from core import pools
from core.database import open_database
from core.pools import copying
copying.COPIED_AT_ONCE = 2
database = open_database(sys.argv[1])
kill = lambda done, of: os.kill(os.getpid(), signal.SIGKILL)
copying.copy_at(database, pools.with_id(database, int(sys.argv[2])), 0.7, "copy", kill)
"""


@pytest.fixture
def pool(database: Database) -> Pool:
    return pools.with_id(database, pool_of(database, 6))


def away(database: Database) -> list[Pool]:
    return pools.every(database, archived=True)


def rows_of(database: Database, pool_id: int) -> int:
    with database.read() as c:
        counted = (sa.select(sa.func.count()).where(table.c.pool_id == pool_id) for table in (tasks, instances))
        return sum(int(c.execute(query).scalar_one()) for query in counted)


def lies_still(database: Database, pool_id: int) -> None:
    with database.write() as c:
        long_ago = time.time() - LEFT_S - 1
        c.execute(pools_table.update().where(pools_table.c.id == pool_id).values(archived_at=long_ago))


def test_what_a_kill_leaves_of_a_copy_goes_when_it_has_lain_still(database: Database, pool: Pool) -> None:
    url = database.engine.url.render_as_string(hide_password=False).replace("+pg8000", "")
    killed = subprocess.run([sys.executable, "-c", CUT_OFF, url, str(pool.id)], env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    [left] = away(database)
    assert rows_of(database, left.id)
    assert pools.sweep(database) == 0  # somebody may still be making it
    lies_still(database, left.id)
    made = copying.copy_at(database, pool, 0.7, "copy")  # SQLite gives it the number of the one that went
    assert away(database) == [] and rows_of(database, made.id) == rows_of(database, pool.id)
    [stone] = pools.tombstones(database)
    assert (stone.name, stone.reason) == (left.name, f"left of a copy of {pool.name}") and stone.counts["tasks"]
    assert [one.name for one in pools.every(database)] == [pool.name, "copy"]


def test_a_sweep_that_was_cut_off_is_gone_on_with(database: Database, pool: Pool) -> None:
    with database.write() as c:
        made = unfinished.begin(c, {"from_pool": pool.name, "threshold": 0.7})
        deleting.begin(c, made.id, "Winnow", "")
    lies_still(database, made.id)
    pools.sweep_beside(database)
    until = time.monotonic() + 120
    while away(database):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_copy_that_fails_leaves_nothing(database: Database, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "COPIED_AT_ONCE", 2)
    with pytest.raises(ZeroDivisionError):
        copying.copy_at(database, pool, 0.7, "copy", lambda done, of: done // 0)  # as a page that is left ends its work
    assert away(database) == []
    assert [one.name for one in pools.every(database)] == [pool.name]


def test_a_copy_that_was_swept_while_it_slept_is_refused(
    database: Database, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "COPIED_AT_ONCE", 2)

    def sleep(done: int, of: int) -> None:
        for one in away(database):
            lies_still(database, one.id)
        pools.sweep(database)

    with pytest.raises(Refused, match="took away the copy"):
        copying.copy_at(database, pool, 0.7, "copy", sleep)
    assert [one.name for one in pools.every(database)] == [pool.name]


def test_a_pool_that_a_person_put_away_is_none_of_these(database: Database, pool: Pool) -> None:
    pools.rename(database, pool.id, "unfinished copy of mine")
    pools.archive(database, pool.id)
    lies_still(database, pool.id)
    assert pools.sweep(database) == 0
