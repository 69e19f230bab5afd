"""A small pool at the desk, and what its tests press and read there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.database import Database
from core.pool import arrivals, tasks
from core.pool import pools as pool_store
from core.pool.arrivals import NewInstance, NewTask
from core.records import Grade, Origin
from core.review.rows import rating_history
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]
HOSTILE = "![x](http://evil.example/a.png) <img src=x onerror=alert(1)> **bold** :smile: $x$"


@pytest.fixture(autouse=True)
def every_press_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits here for a text to have been on screen; the test of that says how long it takes."""
    monkeypatch.setattr("core.review.dwell.DWELL_S", 0.0)


@pytest.fixture
def pool_id(page: Page, database: Database) -> int:
    first_start()
    with database.write() as c:
        pool_id = pool_store.get(c, "demo").id
        seed = tasks.seeds(c, pool_id)[0].id
        near = {"nearest_id": seed, "nearest_score": 0.41, "seed_id": seed, "seed_score": 0.41}
        new = [
            NewTask(
                Origin.SELF_INSTRUCT, f"{HOSTILE} {k}", instances=(NewInstance("", f"answer {k}"),), demo=k == 0, **near
            )
            for k in range(4)
        ]
        arrivals.add(c, pool_id, new)
    return pool_id


def texts_of(app: AppTest) -> list[str]:
    return [str(one.value) for one in app.text]


def beside_of(app: AppTest) -> str:
    """What stands beside the texts: the nearest task and seed, and where the item came from, as HTML."""
    (told,) = (one.proto.body for one in app.get("html") if 'class="winnow-fields"' in one.proto.body)
    return str(told)


def press(app: AppTest, start: str) -> AppTest:
    (button,) = [one for one in app.button if (one.key or "").startswith(start)]
    button.click().run()
    assert not app.exception, app.exception[0].message
    return app


def item_of(app: AppTest) -> str:
    return next(text for text in texts_of(app) if text.startswith("item "))


def grades_of(database: Database, pool_id: int) -> list[Grade | None]:
    with database.read() as c:
        return [one.grade for one in rating_history.of_pool(c, pool_id)]
