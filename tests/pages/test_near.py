"""The page Near duplicates: a group leads to its queue, and an empty pool is told what is missing."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from core.gate import near
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
    app.button(key=f"near-review-{first.task_ids[0]}").click().run()
    assert not app.exception
    with database.read() as c:
        assert [one.filter.task_ids for one in queues.of_pool(c, pool.id) if one.filter.task_ids] == [first.task_ids]
    empty = page("near", pool=pools.make(database, "nothing", own_seeds=[]).name)
    assert "Two accepted tasks are needed" in empty.info[0].value
