"""A database that goes away for a while: a sentence instead of an error, and the page comes back by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from core import pools
from core.audit import audit as audits_of
from core.audit import judging
from core.database import Database
from core.evaluation import drawing, rating
from core.records import Grade, StorageFailed
from core.runs import control
from pages.shared import session
from tests.audit.audits import pool_of
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]


def gone(*_: object, **__: object) -> None:
    raise StorageFailed("The connection to the database server broke; see that the server runs and try again.")


@pytest.mark.parametrize(
    ("room", "act", "sentence"),
    [
        (pools, "every", "The database cannot be read; the page comes by itself as soon as it can."),
        (session, "database", "The database cannot be opened; it is tried again by itself."),
    ],
)
def test_a_page_without_its_database_says_so_and_comes_back(
    page: Page, monkeypatch: pytest.MonkeyPatch, room: object, act: str, sentence: str
) -> None:
    app, timers, fragment = page("overview"), list[object](), streamlit.fragment

    def timed(*its: Any, run_every: float | None = None) -> Any:
        timers.append(run_every)
        return fragment(*its, run_every=run_every)

    with monkeypatch.context() as away:
        away.setattr(room, act, gone)
        away.setattr(streamlit, "fragment", timed)
        app.run()
        assert not app.exception
        assert [one.value for one in app.error] == [sentence]
        assert len(timers) == 1 and timers[0], "a page without a timer stays as it is when its server comes back"
    app.run()
    assert not app.error and app.title[0].value == "Overview"


def test_the_side_bar_without_its_database_is_no_error(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page("overview")
    calls: list[int] = []
    real = control.at_work

    def sometimes(database: object) -> object:
        calls.append(1)
        if len(calls) == 2:  # the side bar has asked how often to look, and now looks
            gone()
        return real(database)  # type: ignore[arg-type]

    monkeypatch.setattr(control, "at_work", sometimes)
    app.run()
    assert not app.exception
    assert "What runs cannot be read now." in [one.value for one in app.caption]


def test_an_audit_keeps_what_could_not_be_saved_on_screen_and_saves_it_by_itself(
    page: Page, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.review.dwell.DWELL_S", 0.0)
    first_start()
    audit = audits_of.new(database, pool_of(database, 4), size=2, seed=3)
    app = page("audit", pool="things", reviewer="ines")
    with monkeypatch.context() as away:
        for act in ("begin", "hand_in", "pass_on"):
            away.setattr(judging, act, gone)
        for key in ("Yes", "Yes", "Later", "No", "B minor"):
            app = pressed(app, key)
            assert "Not saved yet (it is tried again by itself)." in told(app)
        assert "Output right? no" in [one.label for one in app.button], "all that was pressed stays, and no more"
    turn = judging.turn(database, audit, "ines", 1)
    assert turn is not None and not turn.is_judged
    app.run()
    turn = judging.turn(database, audit, "ines", 1)
    assert turn is not None and turn.is_judged and (turn.said.grade, turn.said.output_correct) == (Grade.B, False)
    assert "Item 2 of 2" in told(app) and "Not saved" not in told(app)
    with monkeypatch.context() as away:
        away.setattr(judging, "take_back", gone)
        assert "Not saved, press again." in told(pressed(app, "Undo"))
    pressed(app, "Undo")
    assert (judging.turn(database, audit, "ines", 1) or turn).is_judged is False


def test_a_round_keeps_what_could_not_be_saved_on_screen_and_saves_it_by_itself(
    page: Page, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.review.dwell.DWELL_S", 0.0)
    first_start()
    its = drawing.draw(database, "user-100", side=2, tasks=2)
    app = pressed(page("evaluate", view="Rate", reviewer="anna"), "Rate")
    with monkeypatch.context() as away:
        for act in ("begin", "hand_in"):
            away.setattr(rating, act, gone)
        for key in ("B minor", "C major"):
            app = pressed(app, key)
            assert "Not saved yet (it is tried again by itself)." in told(app)
    with monkeypatch.context() as away:  # what was said is stored, and what is next cannot be read
        away.setattr(rating, "turn", gone)
        app.run()
        assert "What is next cannot be read now" in told(app)
    app.run()
    assert rating.of_set(database, "user-100", "anna")[0].judged == 1
    turn = rating.turn(database, its.id, "anna")
    assert turn is not None and turn.state == "" and not any(turn.said.grades), "nothing is stored of what is next"


def pressed(app: AppTest, start: str) -> AppTest:
    next(one for one in app.button if one.label.startswith(start) and not one.disabled).click().run()
    assert not app.exception, app.exception[0].message
    return app


def told(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in app.text)
