"""The page What if: another threshold without a model call, and a new pool from it."""

from __future__ import annotations

import re
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from core.diversity.theme import LIGHT
from core.gate import whatif
from core.novelty import CurvePoint
from core.pool import arrivals, tasks
from core.pool import pools as pool_store
from core.pool.arrivals import NewInstance, NewTask
from core.records import Origin, Pool
from pages.whatif.chart import threshold_line
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]
TEXTS = (
    "Write a poem about the sea and the wind.",
    "Write a poem about the sea and the rain.",
    "Write a poem about the hills and the wind.",
    "Sort these cities by the number of people in them.",
    "<b>Sort</b> these cities by the number of people ![x](http://evil.example/x.png).",
)


def imported(database: Database) -> Pool:
    pool = pools.make(database, "what if", own_seeds=[])
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, text, instances=(NewInstance("", "…"),)) for text in TEXTS])
    return pool


def metric(app: AppTest, start: str) -> str:
    return next(each.value for each in app.metric if each.label.startswith(start))


def test_a_pool_without_candidates_says_so(page: Page, database: Database) -> None:
    first_start()
    pools.make(database, "empty", own_seeds=[])
    app = page("whatif", pool="empty")
    assert "No candidate has reached the novelty gate" in app.info[0].value


def test_the_page_tells_what_the_gate_would_keep(page: Page, database: Database) -> None:
    first_start()
    pool = imported(database)
    found = whatif.load(database, pool)
    app = page("whatif", pool=pool.name)
    for threshold in (0.6, 0.5, 0.9):
        app.slider(key="whatif-threshold").set_value(threshold).run()
        assert not app.exception
        assert metric(app, "tasks at") == str(found.point(threshold).kept)
        assert metric(app, "dropped") == str(found.point(threshold).dropped)
    app.slider(key="whatif-threshold").set_value(app.slider(key="whatif-used").value).run()
    assert next(one.delta for one in app.metric if one.label.startswith("tasks at")) == "same as 0.70"
    assert found.point(0.5).kept < found.point(0.9).kept


def test_what_would_go_is_shown_beside_what_it_is_too_close_to(page: Page, database: Database) -> None:
    first_start()
    pool = imported(database)
    app = page("whatif", pool=pool.name)
    app.slider(key="whatif-used").set_value(0.95)
    app.slider(key="whatif-threshold").set_value(0.7).run()
    gone = next(one.proto.body for one in app.get("html") if 'class="winnow-pairs"' in one.proto.body)
    told = re.sub("</?mark>", "", gone)
    assert TEXTS[1] in told and TEXTS[0] in told and "<mark>Write a poem about the sea and the</mark> " in gone
    shown = "".join(one.proto.body for one in app.get("html"))
    assert "<b>Sort" not in shown, "every sign is escaped"
    assert all("evil.example" not in str(each.value) for each in (*app.markdown, *app.caption, *app.subheader))


def test_applying_makes_a_new_pool_from_the_page(page: Page, database: Database) -> None:
    first_start()
    pool = imported(database)
    app = page("whatif", pool=pool.name)
    app.slider(key="whatif-threshold").set_value(0.55).run()
    app.button(key="apply").click().run()
    assert not app.exception
    with database.read() as c:
        made = pool_store.get(c, "what if at 0.55")
        assert made.settings["threshold"] == 0.55
        assert len(tasks.instructions(c, pool.id)) == len(TEXTS)
    assert "what if at 0.55" in app.sidebar.selectbox[0].options, "the page is drawn again with it"
    app.button(key="apply").click().run()  # the name is taken now
    assert app.error[0].value == "Not made."
    app.text_input(key=f"apply-name-{pool.id}-0.55").set_value("another").run()
    app.button(key="apply").click().run()
    app.button(key="open-made").click().run()
    assert app.sidebar.selectbox[0].value == "another"


def test_where_no_task_would_go_or_come_one_sentence_says_so(page: Page, database: Database) -> None:
    first_start()
    app = page("whatif", pool=imported(database).name)
    app.slider(key="whatif-used").set_value(0.9)
    app.slider(key="whatif-threshold").set_value(0.9).run()
    assert "No task would go or come: at 0.90 the pool is what it is at 0.90." in [one.value for one in app.text]
    assert not app.subheader


def test_a_pair_is_opened_in_place_and_ticks_choose_what_is_reviewed_or_kept(page: Page, database: Database) -> None:
    first_start()
    pool = imported(database)
    app = page("whatif", pool=pool.name)
    app.slider(key="whatif-used").set_value(0.95)
    app.slider(key="whatif-threshold").set_value(0.7).run()
    gone = next(one.key for one in app.button if (one.key or "").startswith("open-would-go-"))
    app.button(key=gone).click().run()
    assert not app.exception and any(one.value.startswith("Input, instance 1 of 1") for one in app.caption)
    assert app.button(key="act-would-go").disabled
    app.checkbox(key=gone.replace("open-", "choose-")).check().run()
    assert app.button(key="act-would-go").label == "Review 1"
    app.button(key="act-would-go").click().run()
    assert not app.exception
    assert any(text.value.startswith("0 of 1 done") for text in app.text)


def test_the_curves_labels_stand_above_it_to_the_left_or_below_it_to_the_right() -> None:
    points = [CurvePoint(at / 100, 2 * at, 200 - 2 * at) for at in range(50, 96)]
    for lower, higher in ((0.5, 0.55), (0.5, 0.7), (0.6, 0.7), (0.7, 0.9), (0.88, 0.95)):
        here, there = (next(one for one in points if one.threshold == at) for at in (lower, higher))
        drawn = threshold_line(points, here, there, LIGHT)
        assert [one.text for one in drawn.layout.annotations] == [
            f"{one.kept} at {one.threshold:.2f}" for one in (here, there)
        ]
        sides = [(one.xanchor, one.yanchor) for one in drawn.layout.annotations]
        assert sides == [("right", "bottom"), ("left", "top")], "the line rises, and runs through neither"
    assert len(threshold_line(points, here, here, LIGHT).layout.annotations) == 1
