"""What pages count at every look costs the same in a pool of any size: the database keeps the counts as rows change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from core import pools
from core.audit import audit
from core.database import Database
from core.database.schema import decisions
from core.gate import ledger, rescue
from core.pool import arrivals, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.records import Discard, Origin
from core.runs import control
from tests.review import recount
from tests.review.pool_of_texts import pool_of

LOOKS: dict[str, Callable[[Database, int], object]] = {
    "the overview's way": pools.funnel,
    "answers dropped": ledger.answers_dropped,
    "accepted tasks": control.accepted,
    "what an audit may draw from": lambda database, pool_id: audit.matching(database, pool_id, Filter()),
}


def steps(database: Database, look: Callable[[Database, int], object], pool_id: int) -> int:
    """The steps of SQLite's own machine that a look takes."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    with database.engine.connect() as c:  # the pool's only connection, and therefore the one that the look gets
        raw: Any = c.connection.driver_connection
    raw.set_progress_handler(count, 1)
    try:
        look(database, pool_id)
    finally:
        raw.set_progress_handler(None, 1)
    return taken


@pytest.mark.sqlite("counts its steps")
def test_a_look_takes_no_more_steps_in_a_larger_pool(another: Callable[[], Database]) -> None:
    small, large = another(), another()
    pool_ids = pool_of(small, 20), pool_of(large, 800)
    for name, look in LOOKS.items():
        few, many = (steps(database, look, pool_id) for database, pool_id in zip((small, large), pool_ids, strict=True))
        assert few and many <= few + 60, (name, few, many)


def test_the_counts_follow_what_comes_is_dropped_comes_back_and_is_deleted(database: Database) -> None:
    dropped = NewTask(Origin.IMPORT, "Say it.", instances=(NewInstance("", "x"),), discard=Discard("too-short", {}))
    half = NewInstance("in", "in", Discard("same-as-input"))
    stays, goes = pool_of(database, 3), pools.make(database, "goes").id
    for pool_id in (stays, goes):
        with database.write() as c:
            arrivals.add(c, pool_id, [dropped, NewTask(Origin.IMPORT, "Name two.", instances=(half,))])
            c.execute(sa.text("UPDATE instances SET rated = 2, grade = 'B', valid = true WHERE output = 'output 1.0'"))
    assert rescue.rescue(database, [(ledger.page(database, stays)[0].task_id, None)], "ann") == 1
    pools.delete(database, goes, "goes", "ann")
    found: list[object] = []
    with database.read() as c:
        recount.kept_counts(c, stays, lambda *said: found.append(said) if said[1] != said[2] else None)
        assert not found
        assert tasks.counts(c, goes) == {} and tasks.counts(c, stays)["import"] == {"accepted": 2}
        assert c.execute(sa.select(decisions.c.id).where(decisions.c.pool_id == goes)).first() is None


@pytest.mark.sqlite("reads its plan")
def test_the_tasks_that_prompts_are_drawn_from_are_found_in_an_index_alone(database: Database) -> None:
    pool_id, asked = pool_of(database, 30), list[tuple[str, Any]]()

    def hear(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> None:
        asked.append((sql, values))

    with database.read() as c:
        sa.event.listen(c, "before_cursor_execute", hear)
        found = tasks.machine_made(c, pool_id)
        sql, values = asked[-1]
        plan = " ".join(str(row[-1]) for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values))
    assert len(found) == 30 and found == sorted(found)
    assert "COVERING INDEX" in plan and "TEMP B-TREE" not in plan
