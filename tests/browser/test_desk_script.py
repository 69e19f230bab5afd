"""The browser's half of the desk, on a page of its own: no server stands behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pages import review, shared

if TYPE_CHECKING:
    import playwright.sync_api as playwright

DESK = Path(review.__file__).parent / "desk.js"
READER, PAGE_SCRIPT = (Path(shared.__file__).parent / name for name in ("reader.js", "page.js"))
PAGE = """
<div class="stApp"><div class="st-key-desk-item">item 5-desk-aa read</div>
<div class="st-key-desk-taken">1 5-desk-aa</div>
<button onclick="window.clicked = (window.clicked || 0) + 1"><kbd aria-label="Shortcut 1">1</kbd></button>
<div role="radiogroup"><button>View</button></div>
<div data-testid="stSelectbox"><input></div><ul><li role="option">another queue</li></ul>
<div class="st-key-desk-note"><textarea></textarea></div>
<div class="st-key-read-output-5"><div class="winnow-grounded" style="height:120px">
<div style="height:120px;overflow-y:auto"><p style="height:900px">source</p><span class="s0">behind</span></div>
<div style="height:120px;overflow-y:auto"><span tabindex="0" class="a0">said</span>
<p style="height:900px">answer</p></div>
</div></div></div>
<script>window.winnowKeys = { acts: ["1", "a", "z", "shift+u"], note: "t", flags: "f" };</script>
"""
# What a button's shortcut would hear: keys that the desk let through.
HEARD = """
window.heard = [];
document.addEventListener("keydown", (event) => window.heard.push((event.shiftKey ? "shift+" : "") + event.key));
"""
COUNTS = "performance.now() - window.winnowDesk.since > 300"
PRESS = """(told) => document.body.dispatchEvent(
  new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...told }))"""
# Looked at in the moment of the press: it is told for half a second.
TOO_SOON = f"(told) => {{ ({PRESS})(told); return document.body.classList.contains('winnow-too-soon'); }}"
FRAME = "await new Promise(requestAnimationFrame);"
THREE_FRAMES = f"(async () => {{ {FRAME} {FRAME} {FRAME} }})()"
TEXT = "([part, said]) => { document.querySelector(part).textContent = said; }"


@pytest.fixture(scope="module")
def desk(browser: playwright.Browser) -> Iterator[playwright.Page]:
    opened = browser.new_page()
    opened.route("**/*", lambda asked: asked.fulfill(body=PAGE, content_type="text/html; charset=utf-8"))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def at_the_desk(desk: playwright.Page) -> None:
    desk.goto("http://127.0.0.1/")
    desk.evaluate(HEARD)
    for script in (DESK, READER, PAGE_SCRIPT):
        desk.evaluate(script.read_text(encoding="utf-8"))
    desk.wait_for_function(COUNTS)


def test_no_key_counts_before_an_items_own_buttons_have_come(desk: playwright.Page) -> None:
    desk.evaluate(TEXT, [".st-key-desk-item", "item 6-desk-bb read"])
    desk.wait_for_function("window.winnowDesk.item.startsWith('item 6')")
    desk.evaluate(THREE_FRAMES)
    assert desk.evaluate("window.winnowDesk.since === Infinity"), "these are the buttons of the item before"
    assert desk.evaluate(TOO_SOON, {"key": "1", "code": "Digit1"}) and desk.evaluate("window.heard") == []
    desk.evaluate(TEXT, [".st-key-desk-taken", "2 6-desk-bb"])
    desk.wait_for_function("window.winnowDesk.since !== Infinity")
    desk.wait_for_function(COUNTS)
    desk.keyboard.press("1")
    assert desk.evaluate("window.heard") == ["1"]


def test_a_view_that_was_clicked_gives_the_keyboard_back_and_one_that_was_tabbed_to_keeps_it(
    desk: playwright.Page,
) -> None:
    view = "document.activeElement.textContent === 'View'"
    desk.evaluate("""() => { document.querySelector('[role=radiogroup] button').onclick = (event) => {
      event.stopPropagation(); // as a button of Streamlit's does
      (window.chosen ||= [0])[0]++;
    } }""")
    desk.locator("[role=radiogroup] button").click()
    desk.wait_for_function(f"!({view})")
    desk.keyboard.press("Enter")
    assert desk.evaluate("window.chosen[0]") == 1, "it is the page's"
    desk.keyboard.press("Tab")  # goes on from where the click was
    desk.keyboard.press("Shift+Tab")
    assert desk.evaluate(view)
    desk.keyboard.press("Enter")
    desk.evaluate(TEXT, [".st-key-desk-item", "item 7-desk-cc read"])
    desk.wait_for_function("window.winnowDesk.item.startsWith('item 7')")
    assert desk.evaluate(view) and desk.evaluate("window.chosen[0]") == 2


def test_a_box_from_which_a_click_chose_gives_the_keys_back_to_the_desk(desk: playwright.Page) -> None:
    desk.evaluate(
        """() => { document.querySelector('[role=option]').onmousedown = (event) => event.preventDefault() }"""
    )
    desk.focus("[data-testid=stSelectbox] input")
    desk.locator("[role=option]").click()
    desk.wait_for_function("document.activeElement.tagName !== 'INPUT'")
    desk.keyboard.press("a")
    assert desk.evaluate("window.heard") == ["a"] and desk.evaluate("window.winnowDesk.last") == "a"


@pytest.mark.parametrize(
    ("pressed", "counts_as"),
    [
        ({"key": "A", "code": "KeyA"}, "a"),  # Caps Lock
        ({"key": "z", "code": "KeyY"}, "z"),  # German
        ({"key": "1", "code": "Numpad1"}, "1"),
        ({"key": "\u0444", "code": "KeyA"}, "a"),  # Cyrillic
        ({"key": "&", "code": "Digit1"}, "1"),  # AZERTY
        ({"key": "1", "code": "Digit1", "shiftKey": True}, "1"),  # AZERTY with Shift
        ({"key": "U", "code": "KeyU", "shiftKey": True}, "u"),
    ],
)
def test_a_key_is_known_on_every_keyboard(desk: playwright.Page, pressed: dict[str, object], counts_as: str) -> None:
    desk.evaluate(PRESS, pressed)
    assert desk.evaluate("window.winnowDesk.last") == counts_as, "the time that a text must have been seen holds for it"
    assert desk.evaluate("window.heard") == [("shift+" if "shiftKey" in pressed else "") + str(pressed["key"])]
    # Here no button listens to keys, so the desk presses the one that has this key itself.
    assert desk.evaluate("window.clicked || 0") == (1 if counts_as == "1" else 0)


def test_what_is_no_key_of_the_map_holds_no_later_key_up(desk: playwright.Page) -> None:
    desk.evaluate(PRESS, {"key": "!", "code": "Digit1", "shiftKey": True})
    desk.evaluate(PRESS, {"key": "A", "code": "KeyA", "shiftKey": True})
    assert desk.evaluate("window.winnowDesk.last") is None


def test_signs_that_are_being_put_together_judge_nothing_and_stay_in_the_note(desk: playwright.Page) -> None:
    for told in ({"key": "a", "code": "KeyA", "isComposing": True}, {"key": "Process", "code": "KeyA", "keyCode": 229}):
        desk.evaluate(PRESS, told)
    assert desk.evaluate("window.winnowDesk.last") is None
    desk.focus("textarea")
    escape = """() => document.querySelector("textarea").dispatchEvent(
      new KeyboardEvent("keydown", { key: "Escape", isComposing: true, bubbles: true }))"""
    desk.evaluate(escape)
    assert desk.evaluate("document.activeElement.tagName") == "TEXTAREA", "Escape took back the signs, not the note"


def test_what_supports_a_sentence_comes_into_sight_and_keys_scroll_the_side_pointed_at(desk: playwright.Page) -> None:
    tops = "[...document.querySelectorAll('.winnow-grounded > div')].map((side) => side.scrollTop)"
    desk.wait_for_function("document.querySelectorAll('.winnow-grounded > [data-winnow-more]').length === 2")
    desk.hover(".a0")
    assert desk.evaluate(tops)[0] > 700
    before = desk.evaluate(tops)[0]
    desk.keyboard.press("ArrowDown")
    assert desk.evaluate(tops) == [before, 60]
