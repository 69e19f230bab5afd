"""The review page without a browser: what it shows, what its buttons do, what it never lets through."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from streamlit import user_info
from streamlit.testing.v1 import AppTest

from core.database import Database
from core.pool import arrivals, filters, judging, standing, tasks
from core.pool import pools as pool_store
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Grade, Origin, StorageFailed
from core.review import desk, ratings
from core.review.rows import queues, rating_history
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


def _texts(app: AppTest) -> list[str]:
    return [str(one.value) for one in app.text]


def _press(app: AppTest, start: str) -> AppTest:
    (button,) = [one for one in app.button if (one.key or "").startswith(start)]
    button.click().run()
    assert not app.exception, app.exception[0].message
    return app


def _item(app: AppTest) -> str:
    return next(text for text in _texts(app) if text.startswith("item "))


def _ratings(database: Database, pool_id: int) -> list[Grade | None]:
    with database.read() as c:
        return [one.grade for one in rating_history.of_pool(c, pool_id)]


def test_a_fresh_pool_says_that_nothing_is_there_yet_and_what_fills_it(page):
    app = page("review")
    assert any("Nothing is in this queue yet" in one.value for one in app.subheader)


def test_a_grade_is_stored_and_the_next_item_appears(page, pool_id, database):
    app = page("review")
    first = _item(app)
    _press(app, "grade-B")
    assert _item(app) != first
    assert _ratings(database, pool_id) == [Grade.B]
    assert any(text.startswith("1 of 4 done") for text in _texts(app))


def test_a_press_asks_streamlit_once_who_has_signed_in(page, pool_id, monkeypatch):
    app, asked = page("review"), []
    known = user_info._get_user_info
    monkeypatch.setattr(user_info, "_get_user_info", lambda: asked.append("asked") or known())
    _press(app, "grade-A")
    assert asked == ["asked"], "every asking looks for files of secrets, and a desk's keys alone ask a dozen times"


def test_a_press_before_the_text_was_on_screen_stores_nothing(page, pool_id, database, monkeypatch):
    app = _press(page("review"), "grade-A")
    monkeypatch.setattr("core.review.dwell.DWELL_S", 60.0)
    _press(app, "grade-D")
    assert _ratings(database, pool_id) == [Grade.A]


def test_undo_says_what_it_takes_back_and_takes_it_back(page, pool_id, database):
    app = page("review")
    first = _item(app)
    _press(app, "grade-C")
    assert [one.label for one in app.button if (one.key or "").startswith("undo")] == ["Undo C"]
    _press(app, "undo")
    assert _item(app) == first
    assert _ratings(database, pool_id) == []


def test_answers_are_asked_in_order_and_survive_a_new_session(page, pool_id, database):
    app = page("review")
    _press(app, "yes-")
    _press(app, "no-")
    again = page("review")
    labels = [one.label for one in again.button if (one.key or "").startswith("q-")]
    assert labels == ["Valid task? yes", "Input fits? no", "Output right? –"]
    _press(again, "grade-D")
    with database.read() as c:
        (one,) = rating_history.of_pool(c, pool_id)
    assert (one.instruction_valid, one.input_appropriate, one.output_correct) == (True, False, None)


def test_a_note_goes_with_the_grade(page, pool_id, database):
    app = page("review")
    (note,) = [one for one in app.text_area if (one.key or "").startswith("note-")]
    note.set_value("needs a source")
    _press(app, "grade-B")
    with database.read() as c:
        assert rating_history.of_pool(c, pool_id)[0].note == "needs a source"


def test_an_item_without_a_closest_task_on_record_is_measured_at_the_desk(page, pool_id, database):
    with database.write() as c:
        new = [
            NewTask(Origin.IMPORT, text, instances=(NewInstance("", "x"),))
            for text in ("Sort nine zebras.", "Sort ten zebras.")
        ]
        task_id, _ = arrivals.add(c, pool_id, new)
        instance_id = tasks.get(c, task_id).instances[0].id
    app = page("review")
    app.session_state["item-asked"] = instance_id
    deadline = time.monotonic() + 30
    while True:
        app.run()
        (told,) = [one.value for one in app.caption if one.value.startswith("Nearest task")]
        if "being measured" not in told or time.monotonic() > deadline:
            break
    assert told == "Nearest task  ROUGE-L 0.67"
    assert "Sort ten zebras." in _texts(app)


def test_hostile_text_is_text_alone(page, pool_id):
    app = page("review")
    assert f"{HOSTILE} 0" in _texts(app)
    spoken = [str(one.value) for kind in (app.markdown, app.caption, app.subheader) for one in kind]
    spoken += [one.label for one in (*app.button, *app.text_area, *app.selectbox)]
    assert not any("evil.example" in one for one in spoken)


def test_demo_tasks_are_marked(page, pool_id):
    app = page("review")
    assert any("demo" in one.value for one in app.caption)


def test_an_edit_in_place_keeps_the_item_and_shows_the_new_text(page, pool_id, database):
    app = _press(page("review"), "side-edit")
    assert all(one.disabled for one in app.button if (one.key or "").startswith("grade-"))
    (output,) = [one for one in app.text_area if (one.key or "").startswith("edit-output")]
    output.set_value("a better answer")
    (save,) = [one for one in app.button if (one.key or "").startswith("save-")]
    save.click().run()
    assert "a better answer" in _texts(app)
    assert [one.label for one in app.button if (one.key or "").startswith("undo")] == ["Undo edit"]
    _press(app, "undo")
    assert "answer 0" in _texts(app)
    assert "a better answer" not in _texts(app)


def test_ratings_go_out_by_file_and_come_in_again(page, pool_id, database):
    _press(page("review"), "grade-B")
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
    assert app.success[0].value == "1 ratings added, 1 were there already, 1 lines left out."
    assert sorted(_ratings(database, pool_id)) == [Grade.B, Grade.D]


def test_what_was_typed_into_a_form_that_was_left_is_there_again(page, pool_id, database):
    app = _press(page("review"), "side-edit")
    (output,) = [one for one in app.text_area if (one.key or "").startswith("edit-output")]
    output.set_value("half an answer")
    app = _press(_press(app, "side-edit"), "side-edit")
    (output,) = [one for one in app.text_area if (one.key or "").startswith("edit-output")]
    assert output.value == "half an answer"
    _press(app, "save-")
    _press(app, "side-edit")
    (output,) = [one for one in app.text_area if (one.key or "").startswith("edit-output")]
    assert output.value == "half an answer"
    output.set_value("  ")
    _press(app, "save-")
    assert any("output cannot be empty" in text for text in _texts(app))


def test_a_former_text_is_brought_back_from_the_history(page, pool_id, database):
    app = _press(page("review"), "side-edit")
    (output,) = [one for one in app.text_area if (one.key or "").startswith("edit-output")]
    output.set_value("a worse answer")
    _press(app, "save-")
    _press(app, "side-more")
    _press(app, "changes-")
    _press(app, "revert-")
    assert "answer 0" in _texts(app)


def test_a_rejection_needs_a_reason_and_leaves_the_queue(page, pool_id, database):
    app = _press(page("review"), "side-reject")
    for reason in ("", "not a task"):
        (why,) = [one for one in app.text_input if (one.key or "").startswith("why-")]
        why.set_value(reason)
        (button,) = [one for one in app.button if (one.key or "").startswith("reject-one")]
        button.click().run()
        with database.read() as c:
            assert filters.count(c, pool_id, Filter()) == (4 if not reason else 3)
    assert [one.label for one in app.button if (one.key or "").startswith("undo")] == ["Undo reject"]


def test_a_link_opens_the_queue_it_names(page, pool_id, database):
    with database.write() as c:
        default = queues.default(c, pool_id)
        chosen = [row.task_id for row in filters.matching(c, pool_id, Filter())][2:]
        wanted = queues.of_tasks(c, pool_id, "these two", chosen)
    assert default != wanted
    app = page("review", queue=str(wanted))
    assert any(text.startswith("0 of 2 done") for text in _texts(app))
    assert any(f"{HOSTILE} 2" == text for text in _texts(app))


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


def test_a_grade_that_cannot_be_stored_stays_pressed_and_goes_by_itself_when_it_can(
    page, pool_id, database, monkeypatch
):
    app = page("review")
    shown = _item(app)

    def refuses(*_args: object, **_options: object) -> None:
        raise StorageFailed("The database is locked by another program; wait until it is done.")

    with monkeypatch.context() as broken:
        broken.setattr(desk, "judge", refuses)
        _press(app, "grade-C")
        assert _item(app) == shown
        assert any(text.startswith("Not saved, press again") for text in _texts(app))
        assert not any("Nothing is left" in one.value for one in app.subheader)
        pressed = next(one for one in app.button if (one.key or "").startswith("grade-C"))
        assert pressed.proto.type == "primary"
        assert _ratings(database, pool_id) == []
    time.sleep(1.1)
    app.run()  # as the fragment does by itself
    app.run()
    assert _ratings(database, pool_id) == [Grade.C]
    assert _item(app) != shown and not any(text.startswith("Not saved") for text in _texts(app))


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
    assert _item(app)


def test_who_judges_is_asked_once_and_named(page, pool_id, monkeypatch):
    monkeypatch.delenv("WINNOW_REVIEWER")
    app = page("review")
    assert any("Who is judging" in one.value for one in app.subheader)
    assert not any((one.key or "").startswith("grade-") for one in app.button)
    app.text_input(key="who").set_value("anna").run()
    assert not app.exception
    assert "judging as anna" in _texts(app) and _item(app)
    assert "judging as ben" in _texts(page("review", reviewer="ben"))


def test_one_key_answers_all_with_yes_and_grades_a(page, pool_id, database):
    _press(page("review"), "all-yes-a")
    with database.read() as c:
        (one,) = rating_history.of_pool(c, pool_id)
    assert (one.grade, one.instruction_valid, one.input_appropriate, one.output_correct) == (Grade.A, True, True, True)


def test_redo_gives_again_what_was_taken_back(page, pool_id, database):
    app = page("review")
    first = _item(app)
    _press(app, "grade-C")
    _press(app, "undo")
    assert _item(app) == first
    assert [one.label for one in app.button if (one.key or "").startswith("redo-")] == ["Redo C"]
    _press(app, "redo-")
    assert _item(app) != first and _ratings(database, pool_id) == [Grade.C]
    assert not [one for one in app.button if (one.key or "").startswith("redo-")]


def test_making_a_queue_says_the_sum_and_opens_it(page, pool_id):
    app = page("review", view="queues")
    app.number_input(key="queue-wanted").set_value(3)
    app.text_input(key="queue-name").set_value("three each").run()
    assert any(text.startswith("3 × 4 = 12 ratings, about 12 min") for text in _texts(app))
    next(one for one in app.button if one.key == "queue-make").click().run()
    assert not app.exception
    assert any(text.startswith("0 of 12 ratings") for text in _texts(app))
    _press(app, "grade-A")
    assert any(text.startswith("1 of 12 ratings") for text in _texts(app))
    assert "view" not in app.query_params, "the desk, where its first item is, and no longer the list of queues"
    assert app.selectbox(key="queue").format_func(app.selectbox(key="queue").value) == "three each"


def test_the_end_of_a_queue_leads_on(page, pool_id):
    app = page("review")
    _press(app, "skip-")
    for _ in range(3):
        _press(app, "grade-A")
    assert any("1 that you skipped" in text for text in _texts(app))
    _press(app, "to-skipped")
    _press(app, "grade-A")
    assert any("Every item has the ratings" in text for text in _texts(app))
    assert {one.label for one in app.get("page_link")} >= {"Audit a sample", "Release what is approved"}


def test_how_a_reviewer_reads_is_remembered(page, pool_id):
    _press(page("review"), "monospace-toggle")
    assert len([one for one in page("review").code if "queue=" not in one.value]) == 2


def test_markdown_is_rendered_only_where_that_was_asked_for_and_so_everywhere(page, pool_id):
    app = page("review")
    assert not any("<strong>bold" in one.proto.body for one in app.get("html"))
    _press(app, "rendered-toggle")
    (shown,) = (one.proto.body for one in page("review").get("html") if "<strong>bold</strong>" in one.proto.body)
    assert "[image: x (http://evil.example/a.png)]" in shown and "<img" not in shown and "href" not in shown


def test_guidelines_stand_beside_note_and_flags(page, pool_id):
    app = page("review")
    _press(app, "guidelines-toggle")
    assert any("Nothing in it helps the asker" in one.value for one in app.caption)
    assert any((one.key or "").startswith("note-") for one in app.text_area)
    assert any((one.key or "").startswith("flags-") for one in app.button_group)


def test_a_tick_in_the_table_shows_the_text_whole_and_selects_for_the_acts(page, pool_id, database, monkeypatch):
    monkeypatch.setattr("pages.shared.tables.pick", lambda rows, ids, key, **shape: list(ids)[1:2])
    app = page("review")
    app.button_group(key="view").set_value("table").run()
    assert not app.exception
    assert any(text == "answer 1" for text in _texts(app))
    app.text_input(key="bulk-reason").set_value("twice").run()
    assert app.button(key="bulk-reject").label == "Reject 1"
    app.button(key="bulk-reject").click().run()
    assert "1 rejected." in _texts(app)
    with database.read() as c:
        assert filters.count(c, pool_id, Filter()) == 3
    app.button(key="bulk-open").click().run()
    assert not app.exception and _item(app)


def test_a_queue_has_a_link_to_send_that_names_no_reviewer(page, pool_id):
    (link,) = (one.value for one in page("review", reviewer="anna").code if "queue=" in one.value)
    assert link.endswith("?pool=demo&queue=1") and "anna" not in link


def test_a_task_that_shares_no_word_with_any_has_no_nearest_one(page, database):
    first_start()
    with database.write() as c:
        near = {"nearest_id": tasks.seeds(c, 1)[0].id, "nearest_score": 0.0}
        arrivals.add(c, 1, [NewTask(Origin.IMPORT, "بيروت", instances=(NewInstance("", "نعم"),), **near)])
    assert any(one.value == "Nearest task: none shares a word" for one in page("review").caption)
