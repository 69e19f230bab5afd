"""The audit page: draw, judge, read the result; others' answers stay out of sight until one's own are in."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.audit import audit as audits_of
from core.audit import audit_import, results
from core.audit.frozen import Audit
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.diversity.theme import LIGHT
from core.pool import arrivals, pools
from core.pool.arrivals import NewInstance, NewTask
from core.pool.judgement import Judgement
from core.pool.tasks import Origin
from core.pools import Spent
from core.records import Grade, Usage
from tests.audit.audits import BAD, GOOD, judge, pool_of
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]

QUESTIONS = ("instruction_valid", "input_appropriate", "output_correct")
HOSTILE = "<img src=x onerror=alert(1)> ![p](http://evil.example/p.png) [l](javascript:alert(2)) :red[x] $x$"


@pytest.fixture
def audit(database: Database, page: Page, monkeypatch: pytest.MonkeyPatch) -> Audit:
    """A drawn audit of four items in the pool "things"; keys count at once."""
    monkeypatch.setattr("core.review.dwell.DWELL_S", 0.0)
    first_start()
    return drawn(database, pool_of(database, 12), 4)


def drawn(database: Database, pool_id: int, size: int, name: str = "first") -> Audit:
    return audits_of.new(database, pool_id, size=size, seed=3, name=name)


def press(app: AppTest, *starts: str) -> AppTest:
    """Press the buttons whose labels begin so, one after the other, as their keys do."""
    for start in starts:
        app = next(one for one in app.button if one.label.startswith(start) and not one.disabled).click().run()
        assert not app.exception, app.exception[0].message
    return app


def looked(app: AppTest) -> AppTest:
    """The same view for somebody who takes no part in judging."""
    return press(app, "Show me what others said")


def answer(app: AppTest, instance_id: int, grade: str = "A", yes: str = "yyy") -> AppTest:
    """By the desk's keys: a question's key goes round, yes, no, open."""
    for question, said in zip(QUESTIONS, yes, strict=True):
        for _ in range({"y": 1, "n": 2}[said]):
            app = app.button(key=f"audit-{question}-{instance_id}").click().run()
    return app.button(key=f"audit-grade-{grade}-{instance_id}").click().run()


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (app.text, app.caption, app.info, app.success) for element in kind)


def markup(app: AppTest) -> str:
    """Everything that the browser would read as markdown."""
    kinds = (app.caption, app.markdown, app.info, app.success, app.error, app.warning, app.title, app.subheader)
    labels = [one.label for one in (*app.button, *app.selectbox, *app.metric)]
    return "\n".join([*(str(element.value) for kind in kinds for element in kind), *labels])


def of(database: Database, audit: Audit, position: int) -> int:
    with database.read() as c:
        return audits.item(c, audit, position).instance_id


def test_a_pool_without_an_audit_offers_to_draw_one_and_opens_it(page: Page, database: Database):
    first_start()
    pool_of(database, 9)
    app = page("audit", pool="things")
    assert "9 accepted instances match" in texts(app)
    app.number_input(key="new-size").set_value(5)
    app = press(app, "Draw the sample")
    assert "Item 1 of 5" in texts(app)
    assert app.query_params["audit"] in ("1", ["1"])


def test_four_answers_hand_an_item_in_and_bring_the_next(page: Page, database: Database, audit: Audit):
    app = page("audit", pool="things", reviewer="ines")
    assert "Item 1 of 4" in texts(app) and "0 judged by you" in texts(app)
    app = answer(app, of(database, audit, 1), "B", "yny")
    assert "Item 2 of 4" in texts(app) and "1 judged by you" in texts(app)
    with database.read() as c:
        [rating] = audit_answers.standing_ratings(c, audit, audit.round)
    assert (rating.reviewer, rating.grade) == ("ines", Grade.B)
    assert (rating.instruction_valid, rating.input_appropriate, rating.output_correct) == (True, False, True)


def test_the_grade_may_come_first(page: Page, database: Database, audit: Audit):
    app = page("audit", pool="things", reviewer="ines")
    instance = of(database, audit, 1)
    app = app.button(key=f"audit-grade-C-{instance}").click().run()
    for question in ("output_correct", "input_appropriate"):
        app = app.button(key=f"audit-{question}-{instance}").click().run()
    assert "Item 1 of 4" in texts(app)
    app = app.button(key=f"audit-yes-{instance}").click().run()
    assert "Item 2 of 4" in texts(app)


def test_a_key_before_the_item_could_be_read_does_nothing(
    page: Page, database: Database, audit: Audit, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.review.dwell.DWELL_S", 60.0)
    app = answer(page("audit", pool="things", reviewer="ines"), of(database, audit, 1))
    assert "Item 1 of 4" in texts(app)
    with database.read() as c:
        assert audit_answers.progress(c, audit) == {}


def test_undo_that_comes_again_at_once_takes_back_no_more(
    page: Page, database: Database, audit: Audit, monkeypatch: pytest.MonkeyPatch
):
    app = press(page("audit", pool="things", reviewer="ines"), "All yes", "All yes", "All yes")
    monkeypatch.setattr("core.review.dwell.DWELL_S", 30.0)
    app = press(app, "Undo: A on item 3")  # item 4 has only just come
    assert "Too soon" in texts(app) and "Item 4 of 4" in texts(app)
    with database.read() as c:
        assert audit_answers.progress(c, audit) == {"ines": 3}


def test_a_reload_in_the_middle_of_an_item_keeps_what_was_said(page: Page, database: Database, audit: Audit):
    app = page("audit", pool="things", reviewer="ines")
    key = f"audit-output_correct-{of(database, audit, 1)}"
    app.button(key=key).click().run().button(key=key).click().run()
    again = page("audit", pool="things", reviewer="ines")
    assert again.button(key=key).label == "Output right? no"


def test_undo_says_what_it_takes_back_and_does(page: Page, database: Database, audit: Audit):
    app = answer(page("audit", pool="things", reviewer="ines"), of(database, audit, 1), "B")
    app = press(app, "Undo: B on item 1")
    assert "Item 1 of 4" in texts(app) and "0 judged by you" in texts(app)
    with database.read() as c:
        assert audit_answers.progress(c, audit) == {}
    app = press(app, "Redo B")
    assert "Item 2 of 4" in texts(app) and "1 judged by you" in texts(app)
    with database.read() as c:
        [rating] = audit_answers.standing_ratings(c, audit, audit.round)
    assert rating.grade is Grade.B and rating.output_correct is True


def test_one_key_says_yes_to_all_and_a(page: Page, database: Database, audit: Audit):
    app = press(page("audit", pool="things", reviewer="ines"), "No", "All yes, A")
    assert "Item 2 of 4" in texts(app)
    with database.read() as c:
        [rating] = audit_answers.standing_ratings(c, audit, audit.round)
    assert rating.grade is Grade.A and rating.instruction_valid is True


def test_one_goes_back_to_a_judged_item_and_changes_an_answer(page: Page, database: Database, audit: Audit):
    app = answer(page("audit", pool="things", reviewer="ines"), of(database, audit, 1), "B")
    app = press(app, "Back")
    assert "1 judged by you, this one too" in texts(app)
    app = app.button(key=f"audit-grade-D-{of(database, audit, 1)}").click().run()
    assert "Item 1 of 4" in texts(app)
    with database.read() as c:
        [rating] = audit_answers.standing_ratings(c, audit, audit.round)
        assert rating.grade is Grade.D and len(audit_answers.history(c, audit)) == 2
    assert "Item 2 of 4" in texts(press(app, "Next"))


def test_what_others_said_is_hidden_until_ones_own_answers_are_in(page: Page, database: Database, audit: Audit):
    judge(database, audit, "jonas", lambda item: Judgement(Grade.C, None, True, True, False, note="secret of Jonas"))
    app = answer(page("audit", pool="things", reviewer="ines"), of(database, audit, 1))
    for view in ("Result", "Items", "Compare"):
        app.segmented_control(key="audit-view").set_value(view).run()
        assert "secret" not in texts(app) and not app.metric and len(app.table) == 0
    app.segmented_control(key="audit-view").set_value("Judge").run()
    for position in (2, 3, 4):
        app = answer(app, of(database, audit, position))
    assert "You have judged all 4 items" in texts(app)
    app = press(app, "See the result")
    assert {one.label: one.value for one in app.metric}["judged"] == "4 of 4"
    app.segmented_control(key="audit-view").set_value("Items").run()
    assert "secret of Jonas" in texts(app)


def test_an_edited_item_is_shown_as_it_was_drawn_with_a_word_about_it(page: Page, database: Database, audit: Audit):
    from core.pool import edits

    with database.write() as c:
        item = audits.item(c, audit, 1)
        edits.change_instance(c, item.task_id, item.instance_id, "", "quite another output")
    app = page("audit", pool="things", reviewer="ines")
    assert item.output in texts(app) and "quite another" not in texts(app)
    assert "edited since it was drawn" in "\n".join(one.value for one in app.markdown)


def test_the_result_shows_table_2_agreement_and_the_items_on_which_reviewers_differ(
    page: Page, database: Database, audit: Audit
):
    judge(database, audit, "ines", lambda item: GOOD)
    judge(database, audit, "jonas", lambda item: BAD if item.position == 2 else GOOD)
    app = looked(page("audit", pool="things", reviewer="kim", view="Result"))
    shown = {one.label: one.value for one in app.metric}
    assert shown["valid in the sample"] == "3 of 4" and shown["valid in the pool"] == "75%"
    table = next(one.value for one in app.dataframe if "question" in one.value.columns)
    assert list(table["yes"]) == [3, 3, 3, 3] and list(table["paper %"]) == [92.0, 79.0, 58.0, 54.0]
    drawn = [json.loads(one.proto.spec)["layout"] for one in app.get("plotly_chart")]
    assert all("n = 4 items, with 95% intervals" in one["title"]["text"] for one in drawn[:2])
    assert {one["paper_bgcolor"] for one in drawn} == {LIGHT.ground}, "one dress on the whole page"
    figures = app.table[0].value
    assert dict(zip(figures["figure"], figures["value"], strict=True))["Raw agreement"] == "0.75"
    assert list(figures["value"])[-1] == "undefined", "one reviewer gave the same grade throughout"
    app = press(app, "The item on which reviewers differ")
    assert "1 of 4 items" in texts(app) and "jonas: D" in texts(app)
    app = app.button(key=f"settle-{audit.id}-2-B").click().run()
    assert "Nothing waits for a last word." in texts(app)
    app = app.segmented_control(key="audit-shown").set_value("settled").run()
    assert "kim (last word): B" in texts(app)


def test_the_result_says_what_an_approved_instance_cost(
    page: Page, database: Database, audit: Audit, monkeypatch: pytest.MonkeyPatch
):
    judge(database, audit, "ines", lambda item: GOOD)
    app = looked(page("audit", pool="things", reviewer="kim", view="Result"))
    assert not [one.value for one in app.caption if "cost" in one.value], "nothing was paid"
    monkeypatch.setattr("core.pools.spent", lambda *of: Spent(Usage(usd=5.0), Usage(usd=3.0), 4))
    said = [one.value for one in app.run().caption if "cost" in one.value]
    of_each = r"\$0.7500 for each of 4 approved instances."
    assert said == [rf"Making the tasks of this pool cost \$3.00\: {of_each}"], "two dollars make no formula"


def test_who_has_not_judged_is_asked_before_the_result_opens_and_it_is_noted(
    page: Page, database: Database, audit: Audit
):
    app = page("audit", pool="things", reviewer="kim", view="Result")
    assert "Nobody has judged an item yet" in texts(app), "there is nothing to be coloured by"
    judge(database, audit, "ines", lambda item: GOOD)
    for view in ("Result", "Items"):
        app = page("audit", pool="things", reviewer="kim", view=view)
        assert "You have not judged this audit" in texts(app)
        assert not app.metric and not app.dataframe
    app = page("audit", pool="things", reviewer="kim", view="Compare")
    assert "left out" in texts(app)
    app = looked(page("audit", pool="things", reviewer="kim", view="Result"))
    assert app.metric and "Given or changed after" not in texts(app)
    app = page("audit", pool="things", reviewer="kim", view="Judge")
    for position in range(1, 5):
        app = answer(app, of(database, audit, position))
    app = page("audit", pool="things", reviewer="lea", view="Result")
    assert "Given or changed after their reviewer had seen what others said: 4 by kim." in texts(looked(app))
    with database.read() as c:
        assert audit_answers.given_after_looking(c, audit) == {"kim": 4}
    seen = results.result(database, audit.id, "lea").report
    assert "4 of the ratings, by one reviewer" in seen.blindness and seen.looked == ("kim", "lea")


def test_the_running_estimate_is_closed_to_who_still_judges(page: Page, database: Database, audit: Audit):
    judge(database, audit, "ines", lambda item: GOOD)
    judge(database, audit, "jonas", lambda item: GOOD if item.position < 3 else None)
    said = "after 4 items; about"
    for reviewer, charts in (("ines", 3), ("jonas", 0)):
        app = page("audit", pool="things", reviewer=reviewer, view="Result")
        drawn_there = [one.proto.spec for one in app.get("plotly_chart")]
        assert len(drawn_there) == charts
        assert any(said in spec for spec in drawn_there) == bool(charts)
        assert any((one.label or "") == "Its numbers as CSV" for one in app.get("download_button")) == bool(charts)


def test_who_changes_an_answer_after_the_result_is_marked_too(page: Page, database: Database, audit: Audit):
    judge(database, audit, "ines", lambda item: GOOD)
    judge(database, audit, "kim", lambda item: GOOD)
    assert page("audit", pool="things", reviewer="kim", view="Result").metric
    with database.write() as c:
        audit_answers.rate(c, audit, 2, "kim", BAD)
    with database.read() as c:
        assert audit_answers.given_after_looking(c, audit) == {"kim": 1}


def test_flags_are_set_while_judging_and_survive_a_new_session(page: Page, database: Database, audit: Audit):
    first = of(database, audit, 1)
    app = page("audit", pool="things", reviewer="kim")
    pills = next(one for one in app.button_group if one.key.startswith("audit-flags-"))
    assert list(pills.options) == ["check facts", "unsafe", "duplicate"]
    app = pills.set_value(["unsafe"]).run()
    app = page("audit", pool="things", reviewer="kim")
    answer(app, first, "C", "yyn")
    with database.read() as c:
        (given,) = audit_answers.standing_ratings(c, audit, audit.round)
    assert (given.grade, given.flags) == (Grade.C, ("unsafe",))


def test_the_guidelines_are_those_of_the_draw(page: Page, database: Database, audit: Audit):
    with database.write() as c:
        pools.configure(c, audit.pool_id, guidelines="Rhymes must rhyme.")
    later = drawn(database, audit.pool_id, 4, "later")
    with database.write() as c:
        pools.configure(c, audit.pool_id, guidelines="Nothing rhymes.")
    app = page("audit", pool="things", reviewer="kim", audit=str(later.id))
    assert "Rhymes must rhyme." in texts(app) and "Nothing rhymes." not in texts(app)
    assert results.result(database, later.id, "kim").report.guidelines.own_rules == "Rhymes must rhyme."
    assert results.result(database, audit.id, "kim").report.guidelines.own_rules == ""


def test_items_go_out_by_file_and_ratings_come_in(page: Page, database: Database, audit: Audit):
    app = page("audit", pool="things", reviewer="kim", view="Files")
    with database.read() as c:
        rows = list(audit_import.blank_rows(audits.every_item(c, audit), audit))
    assert [row["instance"] for row in rows] == [of(database, audit, position) for position in range(1, 5)]
    filled = [{**row, "reviewer": "eva", "grade": "B", "instruction_valid": True} for row in rows[:3]]
    lines = "\n".join([*(json.dumps(row) for row in filled), json.dumps(rows[3]), "{"])
    app.file_uploader[0].set_value([("ratings.jsonl", lines.encode(), "application/jsonl")]).run()
    app = press(app, "Bring them in")
    assert "3 ratings added, 0 were there already, 2 lines left out." in texts(app)
    assert list(app.dataframe[0].value["line"]) == [4, 5]
    app = press(app, "Bring them in")
    assert "0 ratings added, 3 were there already" in texts(app)
    with database.read() as c:
        assert audit_answers.progress(c, audit) == {"eva": 3}


def test_two_audits_are_compared(page: Page, database: Database, audit: Audit):
    later = drawn(database, audit.pool_id, 4, "later")
    judge(database, audit, "ines", lambda item: BAD)
    judge(database, later, "ines", lambda item: GOOD)
    with database.write() as c:
        for seen in (audit, later):
            audit_answers.look(c, seen, "kim")
    app = page("audit", pool="things", reviewer="kim", view="Compare")
    assert list(app.table[0].value.columns) == ["question", "audit 1", "audit 2", "change"]
    assert app.table[0].value["change"].str.contains("100.0 points").all()


def test_hostile_texts_names_and_notes_are_only_ever_plain_text(page: Page, database: Database, audit: Audit):
    with database.write() as c:
        hostile = NewTask(Origin.IMPORT, HOSTILE, False, (NewInstance(HOSTILE, HOSTILE),))
        arrivals.add(c, audit.pool_id, [hostile])
    made = drawn(database, audit.pool_id, 13, HOSTILE[:70])
    judge(database, made, HOSTILE[:50], lambda item: Judgement(Grade.B, None, True, True, True, (HOSTILE,), HOSTILE))
    judge(database, made, "jonas", lambda item: BAD)
    seen = ""
    for view in ("Judge", "Result", "Items", "Compare", "Files"):
        app = page("audit", pool="things", reviewer="kim", audit=str(made.id), view=view)
        app = looked(app) if view == "Result" else app
        seen += texts(app)
        assert "evil.example" not in markup(app) and "onerror" not in markup(app)
        for table in app.table:
            assert not table.value.astype(str).apply(lambda column: column.str.contains("evil")).any().any()
    assert HOSTILE in seen


def test_items_whose_answers_differ_under_equal_grades_are_listed_and_their_answers_settled(
    page: Page, database: Database, audit: Audit
):
    judge(database, audit, "ines", lambda item: GOOD)
    other = Judgement(Grade.A, None, True, True, False)
    judge(database, audit, "jonas", lambda item: BAD if item.position == 2 else other if item.position == 3 else GOOD)
    app = press(looked(page("audit", pool="things", reviewer="kim", view="Result")), "The 2 items on which reviewers")
    assert "2 of 4 items; reviewers differ on 1 in the grade, on 1 in answers alone" in texts(app)
    table = next(one.value for one in app.dataframe if "differ on" in one.value.columns)
    every = "grade, valid task, input fits, output right"
    assert list(zip(table["item"], table["differ on"], strict=True)) == [(2, every), (3, "output right")]
    app = app.button(key=f"settle-{audit.id}-2-B").click().run()
    assert "1 of 4 items" in texts(app), "what is settled waits no more"
    app = app.segmented_control(key="audit-shown").set_value("settled").run()
    app.session_state[f"settle-instruction_valid-{audit.id}-2"] = "yes"
    app = app.run().button(key=f"settle-{audit.id}-2-answers").click().run()
    assert not app.exception
    with database.read() as c:
        second = audits_of.judged_items(c, audit)[1]
    assert (second.grade, second.answer("instruction_valid"), second.answer("output_correct")) == (Grade.B, True, False)


def test_a_grade_with_answers_missing_marks_what_is_missing(page: Page, database: Database, audit: Audit):
    app = page("audit", pool="things", reviewer="ines")
    instance = of(database, audit, 1)
    app = app.button(key=f"audit-instruction_valid-{instance}").click().run()
    assert "waits for" not in texts(app)
    app = app.button(key=f"audit-grade-C-{instance}").click().run()
    assert "Grade C waits for: input fits, output right." in texts(app)
    labels = [one.label for one in app.button]
    assert "▸ Input fits? –" in labels and "Valid task? yes" in labels
