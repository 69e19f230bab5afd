"""The review page without a browser: what it shows, what its buttons do, what it never lets through."""

from __future__ import annotations

import itertools
import time

from streamlit import user_info
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.pool import arrivals, filters, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.records import Grade, Origin, StorageFailed
from core.review import desk
from core.review.rows import rating_history
from pages.review import turns
from pages.shared import heap
from tests.pages.at_the_desk import HOSTILE, beside_of, grades_of, item_of, press, texts_of
from tests.pages.at_the_desk import every_press_counts as every_press_counts
from tests.pages.at_the_desk import pool_id as pool_id
from tests.pages.conftest import first_start


def test_a_fresh_pool_says_that_nothing_is_there_yet_and_what_fills_it(page):
    app = page("review")
    assert any("Nothing is in this queue yet" in one.value for one in app.subheader)


def test_a_grade_is_stored_and_the_next_item_appears(page, pool_id, database):
    app = page("review")
    first = item_of(app)
    press(app, "grade-B")
    assert item_of(app) != first
    assert grades_of(database, pool_id) == [Grade.B]
    assert any(text.startswith("1 of 4 done") for text in texts_of(app))


def test_a_press_asks_streamlit_once_who_has_signed_in(page, pool_id, monkeypatch):
    app, asked = page("review"), []
    known = user_info._get_user_info
    monkeypatch.setattr(user_info, "_get_user_info", lambda: asked.append("asked") or known())
    press(app, "grade-A")
    assert asked == ["asked"], "every asking looks for files of secrets, and a desk's keys alone ask a dozen times"


def test_a_new_text_has_a_start_before_its_buttons_and_an_answer_comes_at_once(page, pool_id, monkeypatch):
    app, slept, sleep = page("review"), [], time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: slept.append(seconds) or sleep(seconds))
    press(app, "q-instruction_valid")
    assert slept.count(turns.HEAD_START_S) == 0
    press(app, "grade-C")
    assert slept.count(turns.HEAD_START_S) == 1


def test_a_press_before_the_text_was_on_screen_stores_nothing(page, pool_id, database, monkeypatch):
    app = press(page("review"), "grade-A")
    monkeypatch.setattr("core.review.dwell.DWELL_S", 60.0)
    press(app, "grade-D")
    assert grades_of(database, pool_id) == [Grade.A]


def test_undo_says_what_it_takes_back_and_takes_it_back(page, pool_id, database):
    app = page("review")
    first = item_of(app)
    press(app, "grade-C")
    assert [one.label for one in app.button if (one.key or "").startswith("undo")] == ["Undo C"]
    press(app, "undo")
    assert item_of(app) == first
    assert grades_of(database, pool_id) == []


def test_answers_are_asked_in_order_and_survive_a_new_session(page, pool_id, database):
    app = page("review")
    press(app, "yes-")
    press(app, "no-")
    again = page("review")
    labels = [one.label for one in again.button if (one.key or "").startswith("q-")]
    assert labels == ["Valid task? yes", "Input fits? no", "Output right? –"]
    press(again, "grade-D")
    with database.read() as c:
        (one,) = rating_history.of_pool(c, pool_id)
    assert (one.instruction_valid, one.input_appropriate, one.output_correct) == (True, False, None)


def test_a_note_goes_with_the_grade(page, pool_id, database):
    app = page("review")
    (note,) = [one for one in app.text_area if (one.key or "").startswith("note-")]
    note.set_value("needs a source")
    press(app, "grade-B")
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
    deadline = time.monotonic() + 120
    while True:
        app.run()
        told = beside_of(app)
        if "being measured" not in told or time.monotonic() > deadline:
            break
    assert "<p>Nearest task  ROUGE-L 0.67</p>" in told
    assert ">Sort ten zebras.<" in told


def test_hostile_text_is_text_alone(page, pool_id):
    app = page("review")
    assert f"{HOSTILE} 0" in texts_of(app)
    spoken = [str(one.value) for kind in (app.markdown, app.caption, app.subheader) for one in kind]
    spoken += [one.label for one in (*app.button, *app.text_area, *app.selectbox)]
    assert not any("evil.example" in one for one in spoken)


def test_a_hostile_neighbour_is_text_alone(page, pool_id, database):
    with database.write() as c:
        one = NewTask(Origin.IMPORT, HOSTILE, instances=(NewInstance("", "z"),))
        near = one._replace(instruction="x y", nearest_place=0, nearest_score=0.5)
        _, task_id = arrivals.add(c, pool_id, [one, near])
        instance_id = tasks.get(c, task_id).instances[0].id
    app = page("review")
    app.session_state["item-asked"] = instance_id
    told = beside_of(app.run())
    assert "&lt;img src=x onerror=alert(1)&gt;" in told and "<img" not in told


def test_a_key_draws_few_elements_again(page, pool_id):
    """A browser takes about a millisecond for each of them."""
    app = page("review")
    blocks = [one for one in _within(app.main) if hasattr(one, "children")]
    fragment = next(
        one for one in blocks if any(getattr(each, "key", None) == "desk-switches" for each in one.children.values())
    )
    assert sum(1 for _ in _within(fragment)) < 60
    assert f"1 {item_of(app).split()[1]}" in texts_of(app), "whose buttons stand is told last of all"


def _within(block):
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from _within(child)


def test_demo_tasks_are_marked(page, pool_id):
    app = page("review")
    assert any("demo" in one.value for one in app.caption)


def test_an_edit_in_place_keeps_the_item_and_shows_the_new_text(page, pool_id, database):
    app = press(page("review"), "side-edit")
    assert all(one.disabled for one in app.button if (one.key or "").startswith("grade-"))
    (output,) = [one for one in app.text_area if (one.key or "").startswith("edit-output")]
    output.set_value("a better answer")
    (save,) = [one for one in app.button if (one.key or "").startswith("save-")]
    save.click().run()
    assert "a better answer" in texts_of(app)
    assert [one.label for one in app.button if (one.key or "").startswith("undo")] == ["Undo edit"]
    press(app, "undo")
    assert "answer 0" in texts_of(app)
    assert "a better answer" not in texts_of(app)


def test_what_was_typed_into_a_form_that_was_left_is_there_again(page, pool_id, database):
    app = press(page("review"), "side-edit")
    (output,) = [one for one in app.text_area if (one.key or "").startswith("edit-output")]
    output.set_value("half an answer")
    app = press(press(app, "side-edit"), "side-edit")
    (output,) = [one for one in app.text_area if (one.key or "").startswith("edit-output")]
    assert output.value == "half an answer"
    press(app, "save-")
    press(app, "side-edit")
    (output,) = [one for one in app.text_area if (one.key or "").startswith("edit-output")]
    assert output.value == "half an answer"
    output.set_value("  ")
    press(app, "save-")
    assert any("output cannot be empty" in text for text in texts_of(app))


def test_a_former_text_is_brought_back_from_the_history(page, pool_id, database):
    app = press(page("review"), "side-edit")
    (output,) = [one for one in app.text_area if (one.key or "").startswith("edit-output")]
    output.set_value("a worse answer")
    press(app, "save-")
    press(app, "side-more")
    press(app, "changes-")
    press(app, "revert-")
    assert "answer 0" in texts_of(app)


def test_a_rejection_needs_a_reason_and_leaves_the_queue(page, pool_id, database):
    app = press(page("review"), "side-reject")
    for reason in ("", "not a task"):
        (why,) = [one for one in app.text_input if (one.key or "").startswith("why-")]
        why.set_value(reason)
        (button,) = [one for one in app.button if (one.key or "").startswith("reject-one")]
        button.click().run()
        with database.read() as c:
            assert filters.count(c, pool_id, Filter()) == (4 if not reason else 3)
    assert [one.label for one in app.button if (one.key or "").startswith("undo")] == ["Undo reject"]


def test_a_grade_that_cannot_be_stored_stays_pressed_and_goes_by_itself_when_it_can(
    page, pool_id, database, monkeypatch
):
    app = page("review")
    shown = item_of(app)

    def refuses(*_args: object, **_options: object) -> None:
        raise StorageFailed("The database is locked by another program; wait until it is done.")

    with monkeypatch.context() as broken:
        broken.setattr(desk, "judge", refuses)
        press(app, "grade-C")
        assert item_of(app) == shown
        assert any(text.startswith("Not saved, press again") for text in texts_of(app))
        assert not any("Nothing is left" in one.value for one in app.subheader)
        pressed = next(one for one in app.button if (one.key or "").startswith("grade-C"))
        assert pressed.proto.type == "primary"
        assert grades_of(database, pool_id) == []
    time.sleep(1.1)
    app.run()  # as the fragment does by itself
    app.run()
    assert grades_of(database, pool_id) == [Grade.C]
    assert item_of(app) != shown and not any(text.startswith("Not saved") for text in texts_of(app))


def test_one_key_answers_all_with_yes_and_grades_a(page, pool_id, database):
    press(page("review"), "all-yes-a")
    with database.read() as c:
        (one,) = rating_history.of_pool(c, pool_id)
    assert (one.grade, one.instruction_valid, one.input_appropriate, one.output_correct) == (Grade.A, True, True, True)


def test_redo_gives_again_what_was_taken_back(page, pool_id, database):
    app = page("review")
    first = item_of(app)
    press(app, "grade-C")
    press(app, "undo")
    assert item_of(app) == first
    assert [one.label for one in app.button if (one.key or "").startswith("redo-")] == ["Redo C"]
    press(app, "redo-")
    assert item_of(app) != first and grades_of(database, pool_id) == [Grade.C]
    assert not [one for one in app.button if (one.key or "").startswith("redo-")]


def test_how_a_reviewer_reads_is_remembered(page, pool_id):
    press(page("review"), "monospace-toggle")
    assert len([one for one in page("review").code if "queue=" not in one.value]) == 2


def test_markdown_is_rendered_only_where_that_was_asked_for_and_so_everywhere(page, pool_id):
    app = page("review")
    assert not any("<strong>bold" in one.proto.body for one in app.get("html"))
    press(app, "rendered-toggle")
    (shown,) = (one.proto.body for one in page("review").get("html") if "<strong>bold</strong>" in one.proto.body)
    assert "[image: x (http://evil.example/a.png)]" in shown and "<img" not in shown and "href" not in shown


def test_guidelines_stand_beside_note_and_flags(page, pool_id):
    app = page("review")
    press(app, "guidelines-toggle")
    assert any("Nothing in it helps the asker" in one.value for one in app.caption)
    assert any((one.key or "").startswith("note-") for one in app.text_area)
    assert any((one.key or "").startswith("flags-") for one in app.button_group)


def test_a_task_that_shares_no_word_with_any_has_no_nearest_one(page, database):
    first_start()
    with database.write() as c:
        near = {"nearest_id": tasks.seeds(c, 1)[0].id, "nearest_score": 0.0}
        arrivals.add(c, 1, [NewTask(Origin.IMPORT, "بيروت", instances=(NewInstance("", "نعم"),), **near)])
    assert "<p>Nearest task: none shares a word</p>" in beside_of(page("review"))


def test_a_session_of_hours_stands_on_a_few_sets_of_buttons(page, pool_id, database):
    with database.write() as c:
        new = (NewTask(Origin.SELF_INSTRUCT, f"task {k}", instances=(NewInstance("", "answer"),)) for k in range(16))
        arrivals.add(c, pool_id, list(new))
    app, known, items = page("review"), list[set[str]](), set[str]()
    for _ in range(18):
        known.append({one.key for one in app.button if (one.key or "").startswith("grade-")})
        items.add(item_of(app))
        press(app, "grade-A")
    assert len(items) == 18 and len(set.union(*known[:10])) == len(set.union(*known))
    for late, now in itertools.pairwise(known):
        assert not late & now  # a press that comes late is of no button that is there


def test_a_session_does_not_keep_what_stood_for_every_item(page, pool_id, database, monkeypatch):
    monkeypatch.setattr(heap, "_MANY", 0)
    monkeypatch.setattr(heap, "_AT_HAND", 2)
    kept = []
    forget = heap.forget_widgets

    def counting(*beginnings: str) -> None:
        forget(*beginnings)
        state = get_script_run_ctx().session_state._state
        names = [state._key_id_mapper.id_key_mapping.get(its, "") for its in state._new_widget_state.widget_metadata]
        kept.append(sum(name.startswith("note-") for name in names))

    monkeypatch.setattr(heap, "forget_widgets", counting)
    app = page("review")
    for grade in ("A", "B", "C", "D"):
        press(app, f"grade-{grade}")
    assert len(kept) >= 5 and max(kept[2:]) <= 3
    press(app, "undo")  # what is there goes on working
    press(app, "grade-B")
    assert grades_of(database, pool_id) == [Grade.A, Grade.B, Grade.C, Grade.B]
