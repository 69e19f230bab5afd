"""The page Evaluate: alive from the first minute, blind while one rates, hostile names and answers as plain text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from core.evaluation import asking, drawing, rating
from core.evaluation.importing import What, import_file
from core.evaluation.plans import JudgePlan
from core.evaluation.words import Round, RoundKind
from core.llm.target import Target
from core.records import Endpoint
from core.runs import runner as runs
from pages.evaluate import rate
from pages.evaluate.asking import STARTED
from pages.shared.running import progress_line
from tests.evaluation.sets_of_models import a_set, answers, write
from tests.fake_openai import FakeOpenAI
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]
MODELS = ("demo-base", "demo-tuned", "demo-strong")
HOSTILE = "<img src=x onerror=alert(1)> ![p](http://evil.example/p.png) :red[x] $x$"


@pytest.fixture(autouse=True)
def keys_count_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.review.dwell.DWELL_S", 0.0)


def press(app: AppTest, *starts: str) -> AppTest:
    for start in starts:
        app = next(one for one in app.button if one.label.startswith(start) and not one.disabled).click().run()
        assert not app.exception, app.exception[0].message
    return app


def everything(app: AppTest) -> str:
    """All that the page has sent: every element as it is, keys and labels included."""
    sent = [str(getattr(node, "proto", "")) for node in app.main]
    return "\n".join([*sent, *(table.value.to_string() for table in app.dataframe)])


def drawn(database: Database, **asked: object) -> Round:
    return drawing.draw(database, "user-100", **asked)  # type: ignore[arg-type]


def test_a_fresh_start_has_a_set_models_and_results(page: Page) -> None:
    app = page("evaluate", reviewer="zoe")
    assert "demo-anna" in everything(app)
    shares = next(table.value for table in app.dataframe if "A+B %" in table.value)
    assert (
        sorted(shares["model"]) == sorted(MODELS)
        and list(shares["A+B %"]) == sorted(shares["A+B %"], reverse=True)
        and list(shares["n"]) == [40, 40, 40]
    )
    app = app.segmented_control(key="evaluate-part").set_value("Reference scores").run()
    assert not app.exception
    assert any("ROUGE-L" in table.value for table in app.dataframe)
    for part in ("Win rates", "Curves"):
        app = app.segmented_control(key="evaluate-part").set_value(part).run()
        assert not app.exception, app.exception[0].message


@pytest.mark.parametrize("view", ["Responses", "Sets"])
def test_every_view_opens(page: Page, view: str) -> None:
    app = page("evaluate", view=view)
    assert not app.exception
    assert app.segmented_control(key="evaluate-view").value == view


def test_grading_side_by_side_names_nobody_and_hands_in_when_all_are_graded(page: Page, database: Database) -> None:
    first_start()
    its = drawn(database, side=3, tasks=2)
    app = press(page("evaluate", view="Rate", reviewer="anna"), "Rate")
    assert not any(model in everything(app) for model in MODELS)
    app = press(app, "A satisfying", "B minor", "C major")
    assert rating.of_set(database, "user-100", "anna")[0].judged == 1
    app = press(app, "D invalid", "D invalid", "D invalid")
    assert rating.of_set(database, "user-100", "anna")[0].owed == 0
    app = press(app, "See the results")
    assert "demo-strong" in everything(app)
    assert its.items == 2


def test_the_last_item_is_one_raters_at_a_time(page: Page, database: Database) -> None:
    first_start()
    its = drawn(database, tasks=1, overlap=1, models=MODELS[:1])
    anna = rating.turn(database, its.id, "anna")
    assert anna is not None
    app = press(page("evaluate", view="Rate", reviewer="ben"), "Rate")
    assert "Others have the last item before them" in app.info[0].value
    rating.put_off(database, anna, "anna")
    app = press(app, "Look again", "A satisfying")
    assert "You have judged everything" in app.success[0].value


@pytest.mark.parametrize("view", ["Results", "Responses"])
def test_other_views_are_shut_while_one_rates(page: Page, database: Database, view: str) -> None:
    first_start()
    its = drawn(database, tasks=2)
    rating.turn(database, its.id, "anna")
    app = page("evaluate", view=view, reviewer="anna")
    assert not any(model in everything(app) for model in MODELS)
    assert "blind" in app.info[0].value
    app = press(app, "Go on rating")
    assert app.segmented_control(key="evaluate-view").value == "Rate"


def test_who_has_not_joined_an_open_round_is_asked_before_they_see_results(page: Page, database: Database) -> None:
    first_start()
    drawn(database, tasks=2)
    app = page("evaluate", view="Results", reviewer="anna")
    assert not any(model in everything(app) for model in MODELS)
    assert "demo-strong" in everything(press(app, "Show me the results"))


def test_choosing_by_buttons_and_undo(page: Page, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first_start()
    drawn(database, kind=RoundKind.CHOOSE, tasks=1)
    app = press(page("evaluate", view="Rate", reviewer="anna"), "Rate", "Left is better", "Both bad")
    assert rating.of_set(database, "user-100", "anna")[0].judged == 2
    app = press(app, "Undo: both-bad on item 2")
    assert rating.of_set(database, "user-100", "anna")[0].judged == 1
    with monkeypatch.context() as slow:
        slow.setattr("core.review.dwell.DWELL_S", 30.0)
        app = press(app, "Undo: left on item 1")  # the same key again, at once
    assert rating.of_set(database, "user-100", "anna")[0].judged == 1
    press(app, "Later", "Both bad")
    for _ in range(rating.still_owed(database, rating.of_set(database, "user-100", "anna")[0].round.id, "anna")):
        app = press(app, "Right is better")
    app = press(app, "See the results")
    assert app.selectbox(key="evaluate-by").value == "people", "what was chosen is no grade"


def test_hostile_names_and_answers_are_shown_as_plain_text(page: Page, database: Database, tmp_path: Path) -> None:
    first_start()
    rows = [{"model": HOSTILE, "id": f"user_task_{at}", "response": HOSTILE} for at in range(6)]
    import_file(database, "user-100", write(tmp_path / "h.jsonl", rows), What.RESPONSES)
    grades = [{"reviewer": HOSTILE, "model": HOSTILE, "id": f"user_task_{at}", "grade": "A"} for at in range(6)]
    import_file(database, "user-100", write(tmp_path / "g.jsonl", grades), What.GRADES)
    app = page("evaluate", view="Results", reviewer="zoe")
    drawn(database, models=[HOSTILE], tasks=1)
    rate = press(page("evaluate", view="Rate", reviewer="anna"), "Rate")
    assert HOSTILE in [text.value for text in rate.text]
    for each in (app, rate):
        for element in (*each.markdown, *each.caption, *each.info, *each.subheader):
            assert "onerror" not in element.value


def test_a_set_is_opened_for_this_pool_and_sealed_again(page: Page) -> None:
    app = press(page("evaluate", view="Sets"), "Open it for this pool")
    assert any("its texts may enter" in text.value for text in app.text)
    app = press(app, "Seal it again")
    assert any(text.value.startswith("Sealed") for text in app.text)


def test_a_round_is_drawn_on_the_page(page: Page, database: Database) -> None:
    app = press(page("evaluate", view="Rate", reviewer="anna"), "Draw the round")
    (view, *_) = rating.of_set(database, "user-100", "anna")
    assert (view.round.side, view.round.items) == (3, 100)
    assert not app.exception


def test_a_judge_and_a_model_can_be_asked_and_the_estimate_stands_before(page: Page, database: Database) -> None:
    app = page("evaluate", view="Responses", reviewer="zoe")
    assert sum("requests, about" in text.value for text in app.text) == 2
    app = app.selectbox(key="evaluate-base").set_value("demo-strong").run()
    assert any("compares two models" in text.value for text in app.text)


def test_what_a_judge_said_is_led_to_from_where_it_was_asked_and_from_results_without_grades(
    page: Page, database: Database, tmp_path: Path
) -> None:
    first_start()
    a_set(database, tmp_path, tasks=4)
    answers(database, tmp_path, ["base", "tuned"], tasks=4)
    pool = pools.named(database, "demo")
    with FakeOpenAI(answer=lambda body, prompt: "1") as server:
        plan = JudgePlan("small", "tuned", "base", Target("custom", server.url, "fake", Endpoint.CHAT))
        run = runs.work_here(database, asking.start_judge(database, pool.id, plan, here=True).id)
    app = page("evaluate", view="Results", set="small", reviewer="zoe")
    assert "judged by" in everything(app) and app.button(key="evaluate-to-wins").label == "See the win rates"
    app = page("evaluate", view="Responses", set="small", reviewer="zoe")
    app.session_state[STARTED] = run.id
    app.run()
    assert f"Run {run.id} done: Every pair was judged in both orders." in everything(app)
    assert progress_line(run) == f"run {run.id} done, 8 of 8 comparisons"
    app.button(key="evaluate-to-wins").click().run()
    assert not app.exception and app.selectbox(key="evaluate-by").value == plan.annotator


def test_imported_annotations_show_the_judges_sheet(page: Page, database: Database, tmp_path: Path) -> None:
    first_start()
    from core.evaluation import models

    tasks = models.tasks(database, "user-100", limit=30)
    rows = [
        {
            "annotator": "someone",
            "instruction": f"{task.instruction}\n\n{task.input}",
            "generator_1": "demo-base",
            "output_1": "x",
            "generator_2": "demo-tuned",
            "output_2": "yy",
            "preference": 2 - at % 2,
        }
        for at, task in enumerate(tasks)
    ]
    import_file(database, "user-100", write(tmp_path / "a.jsonl", rows), What.ANNOTATIONS)
    app = page("evaluate", view="Results", reviewer="zoe")
    app = app.segmented_control(key="evaluate-part").set_value("Win rates").run()
    assert not app.exception, app.exception[0].message
    assert any("of this judge" in table.value for table in app.dataframe)


def test_failures_become_a_queue_from_the_page(page: Page) -> None:
    app = press(page("evaluate", view="Results", reviewer="zoe"), "Queue what is most like")
    assert any("has no task to look at" in text.value for text in app.text)


def test_a_long_input_has_the_room_that_short_answers_leave_and_the_keys_stay_in_place() -> None:
    texts = {"instruction": "Sort these.", "input": "A line of the input.\n" * 12}
    short, long = (SimpleNamespace(**texts, answers=(answer,) * 3) for answer in ("Yes.", "A long answer. " * 60))
    assert rate._task_height(short) > rate._task_height(long) >= 160
    assert rate._task_height(SimpleNamespace(instruction="Sort.", input="", answers=("Yes.",))) == 160
