"""What runs and batches brought and cost, against a plain count of every row."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database
from core.database.schema import instances, replies, requests, runs, tasks
from core.gate import rescue
from core.llm import target as models
from core.llm.prices import Price
from core.pool import judging
from core.records import Grade, Judgement, Run
from core.review.rows import acts
from core.runs import control
from core.selfinstruct import yields
from core.selfinstruct.loop import METHOD
from core.selfinstruct.yields import RunYield
from core.words import money
from tests.fake_openai import FakeOpenAI
from tests.selfinstruct.growing import grow

pytestmark = pytest.mark.usefixtures("no_long_waits")


def judged(database: Database, run: Run) -> None:
    """Ratings good and bad, an instance and a task taken out, a discard rescued."""
    with database.write() as c:
        its = c.execute(
            sa.select(instances).join(tasks).where(tasks.c.run_id == run.id, instances.c.state == "accepted")
        ).all()
        for row, grade in zip(its, "AABDA", strict=False):
            judging.rate(c, row.id, "ann", row.text_hash, Judgement(Grade(grade)))
        acts.reject(c, run.pool_id, [its[4].id], "bad", "ann")
        gone = c.execute(sa.select(tasks.c.id).where(tasks.c.run_id == run.id, tasks.c.state == "discarded")).first()
    if gone:
        rescue.rescue(database, [(gone.id, None)], "ann")


def acts_on_approved(database: Database, run: Run) -> None:
    """One approved instance of the run is taken out."""
    with database.write() as c:
        approved = (instances.c.state == "accepted", instances.c.rated > 0, instances.c.valid.is_(True))
        one = c.execute(sa.select(instances.c.id).join(tasks).where(tasks.c.run_id == run.id, *approved)).first()
        acts.reject(c, run.pool_id, [one.id], "bad", "ann")


def plainly(database: Database, found: RunYield) -> dict[str, Any]:
    """The same figures, row by row."""

    def within(row: Any) -> bool:
        return row.run_id == found.run_id and found.batch in (None, row.batch)

    with database.read() as c:
        came = [row for row in c.execute(sa.select(tasks)) if row.origin != "seed" and within(row)]
        ids = {row.id for row in came}
        its = [row for row in c.execute(sa.select(instances)) if row.task_id in ids and row.state == "accepted"]
        asked = {row.id for row in c.execute(sa.select(requests)) if within(row)}
        paid = [row for row in c.execute(sa.select(replies)) if row.request_id in asked and row.error is None]
    prices = [row.usd for row in paid]
    return {
        "candidates": len(came),
        "accepted": sum(row.state == "accepted" for row in came),
        "dropped": dict(Counter(row.rule for row in came if row.state == "discarded")),
        "taken_out": sum(row.state == "rejected" for row in came),
        "rated": sum(row.rated > 0 for row in its),
        "approved": sum(row.rated > 0 and bool(row.valid) for row in its),
        "requests": len(paid),
        "usd": None if None in prices else pytest.approx(sum(prices)),
    }


def told(one: RunYield) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("candidates", "accepted", "taken_out", "rated", "approved")},
        "dropped": dict(one.dropped),
        "requests": one.usage.requests,
        "usd": one.usage.usd,
    }


@pytest.mark.parametrize("priced", [True, False])
def test_runs_and_batches_add_up_to_what_is_stored(database: Database, priced: bool) -> None:
    if priced:
        models.set_prices(database, {"fake": Price(10.0, 30.0)})
    with FakeOpenAI() as server:
        first, second = grow(database, server.url), grow(database, server.url, batches=1)
    judged(database, first)
    by_run = yields.by_run(database, first.pool_id, METHOD)
    by_batch = yields.by_batch(database, control.get(database, first.id))
    assert [one.run_id for one in by_run] == [first.id, second.id]
    assert [(one.run_id, one.batch) for one in by_batch] == [(first.id, 0), (first.id, 1)]
    for one in (*by_run, *by_batch):
        assert told(one) == plainly(database, one)
    whole = by_run[0]
    assert whole.rated >= 3 and 0 < whole.approved < whole.rated
    assert sum(one.candidates for one in by_batch) == whole.candidates
    paid = pools.spent(database, first.pool_id)
    if priced:
        every = sum(one.usage.usd or 0 for one in by_run)
        each = f"{money(every / whole.approved)} for each of {whole.approved} approved instances"
        assert paid.sentence == f"Making the tasks of this pool cost {money(every)}: {each}."
        asked: list[str] = []
        sa.event.listen(database.engine, "before_cursor_execute", lambda _c, _cursor, sql, *_: asked.append(sql))
        assert pools.spent(database, first.pool_id).approved == whole.approved
        assert not [sql for sql in asked if "JOIN tasks" in sql], "a page that looks again counts no rows"
        acts_on_approved(database, first)
        assert pools.spent(database, first.pool_id).approved == whole.approved - 1
        with database.write() as c:  # what asked a judge made nothing
            c.execute(sa.update(runs).where(runs.c.id == second.id).values(method="evaluation-judge"))
        afresh = Database(database.engine.execution_options())  # knows nothing yet, as another program
        assert pools.spent(afresh, first.pool_id).making.usd == pytest.approx(whole.usage.usd)
        assert pools.spent(afresh, first.pool_id).usage == paid.usage
        assert whole.usage.usd and whole.usd_per_task == pytest.approx(whole.usage.usd / whole.accepted)
        assert whole.usd_per_approved == pytest.approx(whole.usage.usd / whole.approved)
        assert by_run[1].usd_per_approved is None, "nothing of it is approved"
    else:
        assert (paid.of_each, paid.sentence) == ("", "")
        assert whole.usage.usd is None and whole.usd_per_task is None, "an unknown price is no figure"


def test_a_pool_without_runs_has_none(database: Database) -> None:
    assert yields.by_run(database, 1, METHOD) == ()
