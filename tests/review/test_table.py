"""The table of what fits a filter, however many do, and what it says that it would touch."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.audit.rows.audits import population
from core.database import Database
from core.pool import arrivals, filters, pools
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.records import Origin
from core.review import bulk, editing
from core.review.rows import listing, rating_history
from tests.review.pool_of_texts import open_at, pool_of
from tests.review.random_acts import World

CRITERIA = (
    *(
        Filter(origin="self-instruct"),
        Filter(run_id=1),
        Filter(verb="write"),
        Filter(contains="a"),
        Filter(search="river"),
    ),
    *(Filter(seed_from=0.1), Filter(nearest_to=0.6), Filter(length_from=10), Filter(flag="odd"), Filter(demo=False)),
    *(Filter(grades=("A", "B")), Filter(valid=True), Filter(valid=False), Filter(disagreement=True)),
    *(Filter(rated=how) for how in ("unrated", "rated", "stale", "skipped")),
    *(Filter(is_classification=True), Filter(has_input=True)),
)
FILTERS = (
    Filter(),
    Filter(search="2"),
    Filter(has_input=False),
    Filter(rated="unrated"),
    Filter(instance_ids=(24, 29)),
)


def test_the_rows_are_those_that_an_act_would_touch(database: Database) -> None:
    """All of a pool was shown for a filter by instances, and of tasks only what the first 5,000 held."""
    pool_id = pool_of(database, 30)
    many = (*range(-6000, 0), 7, 3, 20)
    for wanted, n in ((Filter(instance_ids=(5, 9, 14)), 3), (Filter(task_ids=many), 3), (Filter(task_ids=()), 0)):
        with database.read() as c:
            means = sorted(row.id for row in filters.matching(c, pool_id, wanted))
        shown = [row.instance_id for row in bulk.table(database, pool_id, wanted, "ann").rows]
        assert shown == means and len(means) == n


@pytest.mark.parametrize("many", [0, 10**9])
def test_every_criterion_can_be_asked_of_the_table_and_of_an_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """Where reviewers differ, and what was rated and then edited or skipped, ended in a fault of our own."""
    monkeypatch.setattr(listing, "MANY", many)
    met = set()
    for seed in (11, 23, 42):
        world = World(open_at(tmp_path / str(seed)), seed, tmp_path)
        world.run(120, check_every=1000)
        database, pool = world.database, world.pool
        for wanted in CRITERIA:
            rows = bulk.table(database, pool.id, wanted, "ann", rows=10_000).rows
            with database.read() as c:
                means = sorted(row.id for row in filters.matching(c, pool.id, wanted))
                assert sorted(one.instance_id for one in population(c, pool.id, wanted)) == means
                said = {one.instance_id: one for one in rating_history.of_pool(c, pool.id) if one.reviewer == "ann"}
            assert [row.instance_id for row in rows] == means
            graded = {n: str(one.grade) for n, one in said.items() if one.grade and n in means}
            assert {row.instance_id: row.mine for row in rows if row.mine in tuple("ABCD")} == graded
            met |= {wanted} if means else set()
    assert {Filter(disagreement=True), Filter(rated="stale")} <= met and len(met) > 12


@pytest.mark.parametrize("wanted", FILTERS)
def test_rows_are_the_same_whether_they_are_met_or_looked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch, wanted: Filter
) -> None:
    other = pool_of(database, 20)
    with database.write() as c:
        pools.rename(c, other, "other")
    pool_id = pool_of(database, 60)
    found = []
    for many in (0, 10**9):
        monkeypatch.setattr(listing, "MANY", many)
        found.append([bulk.table(database, one, wanted, "ann", rows=7) for one in (other, pool_id)])
    assert found[0] == found[1]
    assert len(found[0][1].rows) == min(7, found[0][1].fitting.n)


def test_what_all_of_a_pool_comes_to_changes_with_it(database: Database) -> None:
    pool_id = pool_of(database, 12)

    def fitting() -> tuple[int, int]:
        its = bulk.table(database, pool_id, Filter(), "ann").fitting
        assert its == bulk.fitting(Database(database.engine.execution_options()), pool_id, Filter()), "counted afresh"
        return its.n, its.which

    first = fitting()
    assert first[0] == 12 and fitting() == first
    one = bulk.table(database, pool_id, Filter(), "ann").rows[3].instance_id
    event = bulk.reject(database, bulk.fitting(database, pool_id, Filter(instance_ids=(one,))), "wrong", "ann")
    assert fitting()[0] == 11
    editing.undo(database, event.id, "ann")
    assert fitting() == first
    with database.write() as c:
        new = NewTask(Origin.IMPORT, "Name a lake in Peru.", instances=(NewInstance("", "Titicaca"),))
        arrivals.add(c, pool_id, [new])
    assert fitting()[0] == 13
