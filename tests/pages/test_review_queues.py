"""Queues, views and who judges on the review page, without a browser."""

from __future__ import annotations

import json
import time

import pytest

from core.pool import filters, judging, standing
from core.pool import pools as pool_store
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Grade, StorageFailed
from core.review import desk, ratings
from core.review import queues as pool_queues
from core.review.rows import queues
from tests.pages.at_the_desk import HOSTILE, grades_of, item_of, press, texts_of
from tests.pages.at_the_desk import every_press_counts as every_press_counts
from tests.pages.at_the_desk import pool_id as pool_id


def test_ratings_go_out_by_file_and_come_in_again(page, pool_id, database):
    press(page("review"), "grade-B")
    with database.read() as c:
        lines = list(ratings.export(c, pool_id))
    assert json.loads(lines[0])["grade"] == "B"
    app = page("review")
    app.segmented_control(key="view").set_value("files").run()
    other = {**json.loads(lines[0]), "reviewer": "eva", "grade": "D", "valid": False}
    file = lines[0] + json.dumps(other) + "\nnonsense\n"
    app.file_uploader[0].set_value([("r.jsonl", file.encode(), "application/jsonl")]).run()
    next(one for one in app.button if one.label == "Bring them in").click().run()
    assert not app.exception
    assert app.success[0].value == "1 rating added, 1 were there already, 1 line left out."
    assert sorted(grades_of(database, pool_id)) == [Grade.B, Grade.D]


def test_a_link_opens_the_queue_it_names(page, pool_id, database):
    with database.write() as c:
        default = queues.default(c, pool_id)
        chosen = [row.task_id for row in filters.matching(c, pool_id, Filter())][2:]
        wanted = queues.of_tasks(c, pool_id, "these two", chosen)
    assert default != wanted
    app = page("review", queue=str(wanted))
    assert any(text.startswith("0 of 2 done") for text in texts_of(app))
    assert any(f"{HOSTILE} 2" == text for text in texts_of(app))


def test_an_address_that_names_no_queue_of_this_pool_opens_the_first(page, pool_id, database):
    with database.write() as c:
        default = queues.default(c, pool_id)
        theirs = pool_store.create(c, "another pool", {})
        strange = queues.default(c, theirs.id)
    for asked in ("\u00b2", "1" * 5000, "-1", str(strange)):
        assert page("review", queue=asked).session_state["queue"] == default


@pytest.mark.parametrize("view", ["mine", "table", "differences", "queues"])
def test_every_view_comes_up_with_ratings_and_without(page, pool_id, database, view):
    app = page("review")
    for rated in (False, True):
        if rated:
            with database.write() as c:
                row = filters.matching(c, pool_id, Filter())[0]
                text_hash = standing.of(c, row.id, "x")[0]
                for who, grade in (("me", Grade.A), ("eva", Grade.D)):
                    judging.rate(c, row.id, who, text_hash, Judgement(grade, note=HOSTILE))
        app.session_state["view"] = view
        app.run()
        assert not app.exception, app.exception[0].message
        spoken = [str(one.value) for kind in (app.markdown, app.caption) for one in kind]
        assert not any("evil.example" in one for one in spoken)


def test_a_queue_that_cannot_be_opened_is_not_taken_for_one_that_is_done(page, pool_id, monkeypatch):
    def refuses(*_args: object, **_options: object) -> None:
        raise StorageFailed("The database cannot be reached.")

    with monkeypatch.context() as broken:
        broken.setattr(desk, "open_queue", refuses)
        app = page("review")
        assert not any("Nothing is left" in one.value for one in app.subheader)
        assert any("cannot be read" in one.value for one in app.subheader)
    time.sleep(1.1)
    app.run()
    app.run()
    assert item_of(app)


def test_who_judges_is_asked_once_and_named(page, pool_id, monkeypatch):
    monkeypatch.delenv("WINNOW_REVIEWER")
    app = page("review")
    assert any("Who is judging" in one.value for one in app.subheader)
    assert not any((one.key or "").startswith("grade-") for one in app.button)
    app.button(key="who-begin").click().run()
    assert any("Write a name first" in one.value for one in app.text)
    assert any("Who is judging" in one.value for one in page("evaluate", view="Rate").subheader)
    app.text_input(key="who").set_value("anna").run()
    assert not app.exception
    assert "judging as anna" in texts_of(app) and item_of(app)
    assert "judging as ben" in texts_of(page("review", reviewer="ben"))
    monkeypatch.setenv("WINNOW_REVIEWER", "dee")
    app = page("review")
    assert "judging as dee" in texts_of(app) and app.text_input(key="reviewer").placeholder == "dee"


def test_making_a_queue_says_the_sum_and_opens_it(page, pool_id):
    app = page("review", view="queues")
    app.number_input(key="queue-wanted").set_value(3)
    assert app.text_input(key="queue-name").placeholder == "Queue 2", "what it is called if nobody names it"
    app.text_input(key="queue-name").set_value("three each").run()
    assert any(text.startswith("3 × 4 = 12 ratings, about 12 min") for text in texts_of(app))
    next(one for one in app.button if one.key == "queue-make").click().run()
    assert not app.exception
    assert any(text.startswith("0 of 12 ratings") for text in texts_of(app))
    press(app, "grade-A")
    assert any(text.startswith("1 of 12 ratings") for text in texts_of(app))
    assert "view" not in app.query_params, "the desk, where its first item is, and no longer the list of queues"
    assert app.selectbox(key="queue").format_func(app.selectbox(key="queue").value) == "three each"


def test_the_end_of_a_queue_leads_on(page, pool_id):
    app = page("review")
    press(app, "skip-")
    for _ in range(3):
        press(app, "grade-A")
    assert any("1 that you skipped" in text for text in texts_of(app))
    press(app, "to-skipped")
    press(app, "grade-A")
    assert any("Every item has the ratings" in text for text in texts_of(app))
    assert {one.label for one in app.get("page_link")} >= {"Audit a sample", "Release what is approved"}


def test_who_is_through_with_chosen_tasks_finds_the_rest_of_the_pool(page, pool_id, database):
    with database.read() as c:
        chosen = [row.task_id for row in filters.matching(c, pool_id, Filter())][:1]
    queue_id = pool_queues.over_tasks(database, pool_id, "of run 1", chosen)
    app = page("review", queue=str(queue_id))
    press(app, "grade-A")
    (onward,) = [one for one in app.button if (one.key or "").startswith("to-queue-")]
    assert onward.label.replace("\\", "") == "Everything unrated: 3 left" and onward.proto.type == "primary"
    assert app.button(key="look-again").proto.type == "tertiary"
    press(app, "to-queue-")
    assert any(text.startswith("1 of 4 done") for text in texts_of(app))
    assert page("review").session_state["queue"] != queue_id, "the first queue is everything"


def test_the_steps_of_the_first_minute_count_ones_own_ratings(page, pool_id, database):
    with database.read() as c:
        rows = list(filters.matching(c, pool_id, Filter()))
    with database.write() as c:
        for row in rows:
            judging.rate(c, row.id, "ben", standing.of(c, row.id, "ben")[0], Judgement(Grade.A))
    assert "3  Judge five · 0 of 5" in [one.label for one in page("overview", reviewer="anna").button]
    assert "3  Judge five · 4 of 5" in [one.label for one in page("overview", reviewer="ben").button]


def test_a_tick_in_the_table_shows_the_text_whole_and_selects_for_the_acts(page, pool_id, database, monkeypatch):
    monkeypatch.setattr("pages.shared.tables.pick", lambda rows, ids, key, **shape: list(ids)[1:2])
    app = page("review")
    app.button_group(key="view").set_value("table").run()
    assert not app.exception
    assert any(text == "answer 1" for text in texts_of(app))
    app.text_input(key="bulk-reason").set_value("twice").run()
    assert app.button(key="bulk-reject").label == "Reject 1"
    app.button(key="bulk-reject").click().run()
    assert "1 rejected." in texts_of(app)
    with database.read() as c:
        assert filters.count(c, pool_id, Filter()) == 3
    app.button(key="bulk-open").click().run()
    assert not app.exception and item_of(app)


def test_a_queue_has_a_link_to_send_that_names_no_reviewer(page, pool_id):
    (link,) = (one.value for one in page("review", reviewer="anna").code if "queue=" in one.value)
    assert link.endswith("?pool=demo&queue=1") and "anna" not in link
    names = [str(one.proto) for one in page("review", reviewer="anna").get("popover")]
    assert any('label: "A link to this queue"' in one for one in names), "it is named for who hears the page"
