"""Before a release is written: its card as it would be, and what differs from the release before."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.database import Database
from core.pool import edits, tasks
from core.records import Origin
from core.release.making import card_ahead, make
from core.release.order import ReleaseOrder, order_of
from core.release.predicate import Predicate
from core.release.rows import release_rows
from core.release.selection import select
from core.release.since import since_last
from tests.release.release_pools import opened, rated_pool

ORDER = ReleaseOrder(("csv",), title="Kind", description="Made *with care*.", version="1.2", languages=("en",))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "db").mkdir()
    opening = opened(tmp_path / "db")
    yield opening
    opening.close()


def admitted(database: Database, pool_id: int, rule: Predicate) -> list[int]:
    with database.read() as c:
        return list(select(c, pool_id, rule).admitted)


def test_the_card_ahead_is_the_card_that_is_written(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database)
    ahead = card_ahead(database, pool, ORDER)
    make(database, pool, ORDER, tmp_path / "r")
    written = (tmp_path / "r/README.md").read_text()
    heading = re.compile(r"^#+ .*$", re.M)
    assert ahead.split("\n## ")[0] == written.split("\n## ")[0]
    assert set(heading.findall(ahead)) <= set(heading.findall(written))
    assert "# Kind, version 1\\.2" in ahead and "Made \\*with care\\*\\." in ahead and "- en" in ahead
    assert order_of(ORDER.as_json()) == ORDER


def test_what_came_went_and_changed_since_the_last_release(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database)
    everything = Predicate.everything()
    assert since_last(database, pool.id, admitted(database, pool.id, everything)) is None
    make(database, pool, ReleaseOrder(("csv",)), tmp_path / "r.zip")
    then = admitted(database, pool.id, Predicate())
    same = since_last(database, pool.id, then)
    assert same is not None and (same.came, same.went, same.changed, same.unknown) == ((), (), (), "")
    with database.write() as c:
        its = next(task for task in tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT)).instances[0]
        edits.change_instance(c, its.task_id, its.id, its.input, "quite another output", "ann")
        assert its.id in release_rows.hashes(c, [its.id])
    now = admitted(database, pool.id, everything)
    found = since_last(database, pool.id, now)
    assert found is not None and found.changed == (its.id,)
    assert set(found.came) == set(now) - set(then) and found.went == ()
    fewer = since_last(database, pool.id, then[1:])
    assert fewer is not None and fewer.went == (then[0],)


def test_what_changed_is_known_without_the_files(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database)
    make(database, pool, ReleaseOrder(("csv",)), tmp_path / "r")
    shutil.rmtree(tmp_path / "r")
    found = since_last(database, pool.id, [])
    assert found is not None and not found.unknown and len(found.went) == 4
