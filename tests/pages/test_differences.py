"""The differences view: a walk through what waits for a last word, the last word, and its undo."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.database import Database
from core.pool import arrivals, filters, judgement, judging, standing
from core.pool import pools as pool_store
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Grade, Origin
from core.review import differences
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]
HOSTILE = "![x](http://evil.example/a.png) <img src=x onerror=alert(1)> **bold** $x$"


@pytest.fixture
def disputed(page: Page, database: Database, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Three items of the demo pool that two reviewers grade differently; keys count at once."""
    monkeypatch.setattr("core.review.dwell.DWELL_S", 0.0)
    first_start()
    with database.write() as c:
        pool_id = pool_store.get(c, "demo").id
        new = [NewTask(Origin.IMPORT, f"Task {k}.", instances=(NewInstance("", f"answer {k}"),)) for k in range(3)]
        arrivals.add(c, pool_id, new)
        ids = [row.id for row in filters.matching(c, pool_id, Filter())]
        for each in ids:
            text_hash = standing.of(c, each, "x")[0]
            ann = Judgement(Grade.A, None, True, True, None, ("odd one",), f"{HOSTILE} note")
            judging.rate(c, each, "ann", text_hash, ann)
            judging.rate(c, each, HOSTILE, text_hash, Judgement(Grade.D, None, False, None, False))
    return ids


def opened(page: Page) -> AppTest:
    app = page("review", reviewer="lead")
    app.session_state["view"] = "differences"
    app.run()
    assert not app.exception, app.exception[0].message
    return app


def press(app: AppTest, start: str) -> AppTest:
    (button,) = [one for one in app.button if (one.key or "").startswith(f"final-{start}") and not one.disabled]
    button.click().run()
    assert not app.exception, app.exception[0].message
    return app


def texts(app: AppTest) -> list[str]:
    return [str(one.value) for one in app.text]


def shown(app: AppTest) -> int:
    return int(next(text for text in texts(app) if text.startswith("difference ")).split()[1])


def test_an_undecided_adjudicator_goes_on_and_back(page: Page, disputed: list[int]):
    app = opened(page)
    assert shown(app) == disputed[0] and "1 of 3" in texts(app)
    assert shown(press(app, "next")) == disputed[1] and "2 of 3" in texts(app)
    assert shown(press(app, "next")) == disputed[2] and "3 of 3" in texts(app)
    assert [one.disabled for one in app.button if (one.key or "").startswith("final-next")] == [True]
    assert shown(press(app, "back")) == disputed[1]
    press(app, "B-")
    assert shown(app) == disputed[2] and "2 of 2" in texts(app), "the next one comes, not the first again"
    assert shown(press(app, "C-")) == disputed[0]


def test_all_that_a_reviewer_said_stands_beside_their_grade_as_plain_text(page: Page, disputed: list[int]):
    app = opened(page)
    said = texts(app)
    at = said.index("ann: A")
    assert said[at + 1 : at + 4] == [
        "Valid task? yes\nInput fits? yes\nOutput right? –",
        "flags: odd one",
        f"{HOSTILE} note",
    ]
    at = said.index(f"{HOSTILE}: D")
    assert said[at + 1] == "Valid task? no\nInput fits? –\nOutput right? no"
    spoken = [str(one.value) for kind in (app.markdown, app.caption, app.subheader) for one in kind]
    assert not any("evil.example" in one for one in [*spoken, *(one.label for one in app.button)])


def test_a_last_word_is_taken_back_with_all_that_was_said(page: Page, disputed: list[int], database: Database):
    app = press(press(opened(page), "output_correct"), "output_correct")
    app.text_input(f"final-note-{_suffix(database, disputed[0])}").set_value("as seen")
    press(app, "C-")
    with database.read() as c:
        (word,) = standing.current(c, disputed[0], judgement.FINAL)
        assert (word.grade, word.output_correct, word.instruction_valid) == (Grade.C, False, None)
        assert word.note == "as seen"
    assert "your last word on “Task 0.”" in texts(app)
    press(app, "undo")
    assert shown(app) == disputed[0] and "1 of 3" in texts(app)
    assert app.text_input(f"final-note-{_suffix(database, disputed[0])}").value == "as seen"
    assert "Output right? no" in [one.label for one in app.button]
    with database.read() as c:
        assert standing.current(c, disputed[0], judgement.FINAL) == []
        assert len(differences.waiting(c, 1, "lead")) == 3
    assert not [one for one in app.button if (one.key or "").startswith("final-undo")]
    press(app, "redo")
    with database.read() as c:
        (word,) = standing.current(c, disputed[0], judgement.FINAL)
    assert (word.grade, word.output_correct, word.note) == (Grade.C, False, "as seen")
    assert shown(app) == disputed[1], "redo goes on, as the grade itself did"
    assert not [one for one in app.button if (one.key or "").startswith("final-redo")]


def test_the_last_of_all_last_words_can_be_taken_back_too(page: Page, disputed: list[int]):
    app = opened(page)
    for _ in disputed:
        press(app, "B-")
    assert "Nothing waits for a last word" in [one.value for one in app.subheader]
    press(app, "undo")
    assert shown(app) == disputed[2]


def _suffix(database: Database, instance_id: int) -> str:
    with database.read() as c:
        return f"{instance_id}-{standing.of(c, instance_id, 'x')[0][:8]}"


def test_a_known_answer_is_taken_back_where_it_was_given(page: Page, disputed: list[int], database: Database):
    app = page("review", reviewer="lead")
    app.session_state["item-asked"] = disputed[0]
    app.run()
    for start, known in (("side-more", []), ("gold-C", [Grade.C]), ("gold-undo", [])):
        (button,) = [one for one in app.button if (one.key or "").startswith(start)]
        button.click().run()
        assert not app.exception, app.exception[0].message
        with database.read() as c:
            assert [one.grade for one in standing.current(c, disputed[0], judgement.GOLD)] == known
    assert not [one for one in app.button if (one.key or "").startswith("gold-undo")]


def test_where_nobody_shares_an_item_agreement_says_so_once(page: Page):
    told = texts(opened(page))
    assert not any("undefined" in each for each in told)
    assert sum("No two people have rated the same item" in each for each in told) == 1
