"""The page Near duplicates: a group leads to its queue, and an empty pool is told what is missing."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from core.gate import near
from core.pool import arrivals
from core.pool.arrivals import NewTask
from core.records import Origin
from core.review.rows import queues
from tests.gate.test_near import pool_of
from tests.pages.conftest import first_start


def test_a_group_on_the_page_leads_to_a_queue_of_its_tasks(
    page: Callable[..., AppTest],
    database: Database,
) -> None:
    first_start()
    pool = pool_of(database)
    app = page("near", pool=pool.name)
    assert any("2 groups hold 6 of 7 tasks" in one.value for one in app.text)
    first = near.load(database, pool).groups(0.7)[0]
    its_first, ticked = first.task_ids[0], first.task_ids[1]
    app.button(key=f"open-near-{its_first}-{ticked}").click().run()
    assert any("No instance has been asked for yet" in one.value for one in app.caption), (
        "a member stands whole in place"
    )
    app.button(key=f"near-review-{its_first}").click().run()
    assert not app.exception
    with database.read() as c:
        assert [one.filter.task_ids for one in queues.of_pool(c, pool.id) if one.filter.task_ids] == [first.task_ids]
    app = page("near", pool=pool.name)
    app.checkbox(key=f"choose-near-{its_first}-{ticked}").check().run()
    assert app.button(key=f"near-review-{its_first}").label == "Review these 1"
    unlike = pools.make(database, "unlike", own_seeds=[])
    with database.write() as c:
        arrivals.add(c, unlike.id, [NewTask(Origin.IMPORT, text) for text in ("Explain tides.", "Sort these cities.")])
    told = [one.value for one in page("near", pool=unlike.name).text]
    assert "No two tasks are as near as 0.50, and pairs below that are not kept." in told
    empty = page("near", pool=pools.make(database, "nothing", own_seeds=[]).name)
    assert "Two accepted tasks are needed" in empty.info[0].value
