"""A pool that is deleted for good goes in parts: what a kill leaves of it says so, and goes when deleted again."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database
from core.database.complaints import OutOfDate
from core.database.schema import metadata, queue_items
from core.gate import whatif
from core.pool import deleting, judging
from core.pool.judgement import Judgement
from core.project import export
from core.records import Grade, NotFound, Pool, Refused
from core.review import queues
from core.runs import control
from tests.review.pool_of_texts import pool_of

N = 40


@pytest.fixture
def pool(database: Database, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """With pairs, a queue and a rating, and larger than a part."""
    monkeypatch.setattr("core.pools.deleting.AT_ONCE", 15)
    made = pools.with_id(database, pool_of(database, N, instances=2))
    whatif.load(database, made)
    queues.make(database, made.id, "all")
    rate(database, made)
    return made


def rate(database: Database, pool: Pool) -> None:
    with database.write() as c:
        its = sa.text("SELECT id, text_hash FROM instances WHERE pool_id = :pool AND NOT is_seed ORDER BY id DESC")
        one = c.execute(its, {"pool": pool.id}).first()
        assert one is not None
        judging.rate(c, one.id, "ann", one.text_hash, Judgement(Grade.A))


def left(database: Database) -> dict[str, int]:
    """How many rows there are of each table that has any, tombstones and what is of the whole database aside."""
    aside = {"tombstones", "preferences"}
    with database.read() as c:
        found = {
            table.name: c.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if table.name not in aside
        }
    return {name: n for name, n in found.items() if n}


def test_nothing_is_left_in_any_table_and_the_tombstone_counts_all_that_went(database: Database, pool: Pool) -> None:
    before = left(database)
    stone = pools.delete(database, pool.id, pool.name, "ann", "by mistake")
    assert left(database) == {}
    counts = {name: n for name, n in before.items() if not name.endswith("_counts")}
    assert stone.counts == counts and (stone.name, stone.reason) == (pool.name, "by mistake")


def test_after_a_kill_it_is_known_for_half_deleted_and_deleting_it_again_does_the_rest(
    database: Database, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, before, parts = deleting.take_out, left(database), [0]

    def killed(*said: Any) -> int:
        parts[0] += 1
        if parts[0] == 12:
            raise KeyboardInterrupt
        return whole(*said)

    with monkeypatch.context() as patched:
        patched.setattr(deleting, "take_out", killed)
        with pytest.raises(KeyboardInterrupt):
            pools.delete(database, pool.id, pool.name, "ann", "by mistake")
    assert pools.every(database) == [] and pools.tombstones(database) == []
    [half] = pools.every(database, archived=True)
    assert half.name.startswith(f"{pool.name} (half deleted")
    pools.make(database, pool.name, own_seeds=[])  # its name is free
    with pytest.raises(Refused, match="very name"):
        pools.delete(database, half.id, "another", "ann")
    stone = pools.delete(database, half.id, half.name, "ben")
    counts = {name: n for name, n in before.items() if not name.endswith("_counts")}
    assert stone.counts == counts and (stone.name, stone.actor) == (pool.name, "ann")
    assert left(database) == {"pools": 1, "journal": 1}


def test_what_comes_to_it_meanwhile_goes_with_it(
    database: Database, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, names = deleting.take_out, list[str]()

    def rated(c: Any, pool_id: int, those: deleting.Belonging, *more: Any) -> int:
        went = whole(c, pool_id, those, *more)
        names.append(those.table.name)
        return went

    def clear(database: Database, pool_id: int, those: deleting.Belonging, **more: Any) -> None:
        if those.table.name == "instances" and "instances" not in names:
            assert "ratings" in names
            rate(database, pool)
        plain(database, pool_id, those, **more)

    from core.pools import deleting as act

    plain = act._clear
    monkeypatch.setattr(deleting, "take_out", rated)
    monkeypatch.setattr(act, "_clear", clear)
    assert pools.delete(database, pool.id, pool.name, "ann").counts["ratings"] == 2
    assert left(database) == {}


def test_what_names_something_that_is_gone_is_refused_in_a_sentence(database: Database, pool: Pool) -> None:
    named = {"queue_id": 1, "instance_id": 1_000_000, "state": 0, "place": 0, "rated": 0}
    with pytest.raises(OutOfDate, match="deleted meanwhile"), database.write() as c:
        c.execute(queue_items.insert().values(**named))
    pools.delete(database, pool.id, pool.name, "ann")
    with pytest.raises(NotFound, match="deleted meanwhile"):
        export.project(database, pool, "ann")


def test_a_pool_that_has_a_former_one_s_number_is_whole(database: Database, pool: Pool) -> None:
    pools.delete(database, pool.id, pool.name, "ann")
    again = pools.make(database, pool.name, own_seeds=[])
    assert len(pools.tombstones(database)) == 1
    with database.read() as c:
        assert deleting.half_deleted(c, again.id) is None
    assert pools.delete(database, again.id, again.name, "ben").actor == "ben"
    assert len(pools.tombstones(database)) == 2


def test_a_pool_in_which_a_run_waits_stays_whole(database: Database, pool: Pool) -> None:
    control.start(database, pool.id, "self-instruct", {})
    before = left(database)
    with pytest.raises(Refused, match="stop it first"):
        pools.delete(database, pool.id, pool.name, "ann")
    assert left(database) == before and [one.name for one in pools.every(database)] == [pool.name]


@pytest.mark.sqlite("looks at foreign keys by itself")
def test_the_connections_look_at_foreign_keys_again(database: Database, pool: Pool) -> None:
    pools.delete(database, pool.id, pool.name, "ann")
    for _ in range(3):
        with database.write() as c:
            assert c.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
