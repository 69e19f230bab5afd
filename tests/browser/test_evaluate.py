"""Blind rating in a real browser: nothing that is sent names a model; two raters at once; the keyboard alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.database import Database
from core.evaluation import drawing, rating, results
from core.evaluation.results import GradeSheet
from core.evaluation.words import Round, RoundKind
from core.records import Grade
from tests.browser.conftest import ITEM, NEXT_ITEM, awake, press, press_on, settled, window
from tests.evaluation.sets_of_models import a_set, answers

pytestmark = pytest.mark.browser

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

LAST = "() => document.body.innerText.includes('You have judged everything')"
MODELS = ["secret-alpha", "secret-beta", "secret-gamma"]


@dataclass
class Sent:
    """All that a browser was sent, or sent itself, as bytes: frames, answers, addresses."""

    pieces: list[bytes] = field(default_factory=list)

    def keep(self, payload: str | bytes) -> None:
        self.pieces.append(payload.encode() if isinstance(payload, str) else payload)

    def named(self) -> list[str]:
        whole = b"\n".join(self.pieces)
        return [model for model in MODELS if model.encode() in whole]


def listen(page: playwright.Page) -> Sent:
    sent = Sent()

    def frames(socket: playwright.WebSocket) -> None:
        sent.keep(socket.url)
        socket.on("framereceived", sent.keep)
        socket.on("framesent", sent.keep)

    def answer(response: playwright.Response) -> None:
        sent.keep(response.url)
        sent.keep(json.dumps(response.headers))
        if "static" not in response.url:  # Streamlit's own scripts
            sent.pieces.append(response.body())

    page.on("websocket", frames)
    page.on("requestfinished", lambda request: answer(request.response()))
    return sent


def look(page: playwright.Page, sent: Sent) -> None:
    """Add what stands in the page, in its address, in its storage and in its cookies."""
    sent.keep(page.content())
    sent.keep(page.url)
    sent.keep(page.title())
    sent.keep(page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])"))
    sent.keep(json.dumps(page.context.cookies()))


@pytest.fixture
def its(database: Database, tmp_path: Path) -> Round:
    a_set(database, tmp_path / "files", tasks=4)
    answers(database, tmp_path / "files", MODELS, tasks=4)
    return drawing.draw(database, "small", side=3, tasks=3)


def at(page: playwright.Page, position: int) -> None:
    """Wait until that item stands and keys count."""
    page.wait_for_function(
        f"() => document.querySelector('.st-key-desk-item')?.textContent === 'evaluate item {position}'"
    )
    awake(page)


def enter(page: playwright.Page, server: str, reviewer: str) -> None:
    page.goto(f"{server}/evaluate?set=small&view=Rate&reviewer={reviewer}")
    page.get_by_text("Nobody has begun").or_(page.get_by_text("Judged so far")).wait_for()
    settled(page)
    press(page, "Enter", "() => document.querySelector('.st-key-desk-item')")


def judge_all(page: playwright.Page, database: Database, its: Round, reviewer: str, keys: str) -> None:
    for position in range(1, 4):
        at(page, position)
        for slot, key in enumerate(keys[:-1]):
            graded = f"Answer {slot + 1} · {'ABCD'[int(key) - 1]}"
            press(page, key, "(said) => document.body.innerText.includes(said)", graded)
        press(page, keys[-1], NEXT_ITEM if position < 3 else LAST, [ITEM, f"evaluate item {position}"])


def test_nothing_names_a_model_until_the_rater_is_done(
    server: str, page: playwright.Page, database: Database, its: Round
) -> None:
    sent = listen(page)
    enter(page, server, "anna")
    at(page, 1)
    look(page, sent)
    press(page, "k", "() => document.body.innerText.includes('as an expert writes it')")
    page.keyboard.press("ArrowRight")
    look(page, sent)
    for view in ("Results", "Responses"):
        page.get_by_role("radio", name=view).or_(page.get_by_role("button", name=view, exact=True)).first.click()
        page.get_by_text("You are rating").wait_for()
        settled(page)
        look(page, sent)
        page.get_by_text("Go on rating").click()
        at(page, 1)
    judge_all(page, database, its, "anna", "123")
    page.get_by_text("You have judged everything").wait_for()
    look(page, sent)
    assert sent.named() == []
    assert page.locator("a[download], [data-testid=stDownloadButton]").count() == 0
    rated = "() => document.body.innerText.includes('1 rater: anna')"
    press(page, "Enter", rated)  # now, and only now
    settled(page)
    look(page, sent)
    assert sent.named() == MODELS
    assert page.elsewhere == []


def test_two_raters_in_two_browsers_have_orders_of_their_own(
    server: str, page: playwright.Page, browser: playwright.Browser, database: Database, its: Round
) -> None:
    other = window(browser)
    enter(page, server, "anna")
    at(page, 1)
    enter(other, server, "ben")
    at(other, 1)
    seen = [each.locator("[class*=st-key-desk-panel]").all_inner_texts() for each in (page, other)]
    orders = []
    for who in ("anna", "ben"):
        turns = [rating.turn(database, its.id, who, position) for position in (1, 2, 3)]
        orders.append([(turn.instruction, turn.answers) for turn in turns if turn])
    assert orders[0] != orders[1]
    assert [text.split("\n")[-1] for text in seen[0]] == list(orders[0][0][1])
    judge_all(page, database, its, "anna", "112")
    judge_all(other, database, its, "ben", "112")
    for each in (page, other):
        each.get_by_text("You have judged everything").wait_for()
    other.context.close()
    found = results.grades(database, "small", "anna")
    assert isinstance(found, GradeSheet)
    assert found.raters == ("anna", "ben") and [each.n for each in found.models] == [3, 3, 3]
    assert sum(each.counts[Grade.A] + each.counts[Grade.B] for each in found.models) == 9


def test_pairs_are_chosen_by_arrow_and_an_item_survives_a_reload(
    server: str, page: playwright.Page, database: Database, its: Round
) -> None:
    rating.close(database, its.id)
    pairs = drawing.draw(database, "small", kind=RoundKind.CHOOSE, tasks=1)
    enter(page, server, "anna")
    at(page, 1)
    press_on(page, "ArrowLeft")
    at(page, 2)
    page.reload()
    at(page, 2)
    press_on(page, "u")
    at(page, 1)
    press_on(page, "z")
    at(page, 2)
    turn = rating.turn(database, pairs.id, "anna", 1)
    assert turn is not None and turn.said.choice is not None and turn.said.choice.value == "both-bad"
