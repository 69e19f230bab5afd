"""The desk in Chromium: keys, focus, reload, two browsers. What only a real browser can show."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from core import pools
from core.database import Database
from core.pool import arrivals
from core.pool.arrivals import NewInstance, NewTask
from core.records import Grade, Origin
from core.review.rows import queues, rating_history
from tests.browser.conftest import ITEM, NEXT_ITEM, NOTE, awake, press, press_on, running, window
from tests.ports import free_port

pytestmark = pytest.mark.browser

HASTY = """() => {  // presses 2 in the moment in which the next item's time begins, however slow the machine is
  const key = { key: "2", code: "Digit2", bubbles: true, cancelable: true };
  let since = window.winnowDesk.since;
  Object.defineProperty(window.winnowDesk, "since", { get: () => since, set: (now) => {
    const begins = since === Infinity && now !== Infinity && !window.hasty;
    since = now;
    if (!begins) return;
    window.hasty = true;
    for (const kind of ["keydown", "keyup"]) document.body.dispatchEvent(new KeyboardEvent(kind, key));
  } });
}"""


@pytest.fixture(scope="module", autouse=True)
def desk(shared: Database) -> Database:
    pool = pools.make(shared, "browser")
    with shared.write() as c:
        new = [
            NewTask(Origin.SELF_INSTRUCT, f"Describe colour {k}.", instances=(NewInstance("", f"It is {k}."),))
            for k in range(300)
        ]
        arrivals.add(c, pool.id, new)
    return shared


@pytest.fixture(autouse=True)
def windows_are_closed(browser) -> Iterator[None]:
    """A desk that is left open goes on asking its server."""
    yield
    for context in browser.contexts:
        context.close()


def _open(browser, address, reviewer):
    page = window(browser)
    page.goto(f"{address}/review?reviewer={reviewer}")
    awake(page)
    return page


def _said(desk: Database, reviewer: str) -> list[Grade | None]:
    with desk.read() as c:
        return [one.grade for one in rating_history.of_pool(c, 1) if one.reviewer == reviewer]


def test_keys_rate_and_a_held_or_hasty_key_does_not(browser, address, desk):
    page = _open(browser, address, "keys")
    page.evaluate(HASTY)
    press_on(page, "1")
    page.wait_for_function("() => window.hasty")
    page.wait_for_timeout(700)
    assert _said(desk, "keys") == [Grade.A]
    before = page.text_content(ITEM)
    page.keyboard.down("3")
    for part in (20, 40):  # held until the next item stands, and more than a second there, as a keyboard repeats it
        for _ in range(part):
            page.wait_for_timeout(33)
            page.keyboard.down("3")
        page.wait_for_function(NEXT_ITEM, arg=[ITEM, before])
    page.keyboard.up("3")
    page.wait_for_timeout(700)
    assert _said(desk, "keys") == [Grade.A, Grade.C]
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight + 1")


def test_typing_a_note_triggers_nothing_and_a_reload_in_mid_note_keeps_it(browser, address, desk):
    page = _open(browser, address, "typist")
    before = page.text_content(ITEM)
    page.click(".st-key-desk-note textarea")
    page.keyboard.type("4 notes, v x 1 2 3 u s e")
    page.wait_for_timeout(600)
    assert page.text_content(ITEM) == before and _said(desk, "typist") == []
    page.reload()
    assert awake(page) == before
    page.wait_for_function(f"() => {NOTE}?.startsWith('4 notes')")
    page.click(".st-key-desk-note textarea")
    page.keyboard.press("Escape")
    press_on(page, "2")
    with desk.read() as c:
        (one,) = [one for one in rating_history.of_pool(c, 1) if one.reviewer == "typist"]
    assert (one.grade, one.note) == (Grade.B, "4 notes, v x 1 2 3 u s e")


def test_undo_after_a_reload_goes_back_step_by_step(browser, address, desk):
    page = _open(browser, address, "undoer")
    seen = [page.text_content(ITEM), press_on(page, "1"), press_on(page, "2")]
    page.reload()
    awake(page)
    page.get_by_role("button", name="Undo B").wait_for()
    assert press_on(page, "u") == seen[1]
    assert press_on(page, "u") == seen[0]
    assert _said(desk, "undoer") == []


def test_a_note_goes_along_wherever_its_writer_goes(browser, address, desk):
    page = _open(browser, address, "wanderer")
    first = page.text_content(ITEM)
    press(page, "t", "() => document.activeElement?.tagName === 'TEXTAREA'")
    page.keyboard.type("half a thought")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement?.tagName !== 'TEXTAREA'")
    awake(page)
    rules = ".st-key-desk-rules"
    press(page, "g", "(rules) => document.querySelector(rules)", rules)  # beside the note
    awake(page)
    page.wait_for_function(f"() => {NOTE} === 'half a thought'")
    assert press_on(page, "s") != first
    assert press_on(page, "u") == first
    page.wait_for_function(f"() => {NOTE} === 'half a thought'")
    awake(page)
    press(page, "g", "(rules) => !document.querySelector(rules)", rules)
    press_on(page, "1")
    with desk.read() as c:
        (one,) = [one for one in rating_history.of_pool(c, 1) if one.reviewer == "wanderer"]
    assert one.note == "half a thought"


def test_the_next_item_begins_at_its_top(browser, address, desk):
    long = "word " * 4000
    with desk.write() as c:
        new = [NewTask(Origin.IMPORT, f"Long {k}.", instances=(NewInstance(long, long),)) for k in range(2)]
        ids = arrivals.add(c, 1, new)
        queue = queues.of_tasks(c, 1, "long ones", ids)
    page = window(browser)
    page.goto(f"{address}/review?reviewer=scroller&queue={queue}")
    awake(page)
    parts = "[...document.querySelectorAll('[class*=st-key-read-], [class*=st-key-read-] *')]"
    top = f"() => Math.max(...{parts}.map((part) => part.scrollTop))"
    press(page, "PageDown", f"() => ({top})() > 100")
    press_on(page, "2")
    page.wait_for_function(f"() => ({top})() === 0")


def test_two_browsers_get_different_items_and_a_stale_tab_rates_nothing_twice(browser, address, desk):
    one, two = _open(browser, address, "left"), _open(browser, address, "right")
    assert one.text_content(ITEM) != two.text_content(ITEM)
    same = _open(browser, address, "left")
    assert same.text_content(ITEM) == one.text_content(ITEM)
    press_on(one, "1")
    awake(same)
    press(same, "4", "() => document.body.innerText.includes('in another window')")
    assert _said(desk, "left") == [Grade.A]


def test_a_server_that_dies_between_key_and_paint_loses_doubles_and_misplaces_nothing(browser, desk, folder):
    port, page, shown, rated, chance = free_port(), None, [], 0, random.Random()
    seed = chance.randrange(1_000_000)
    chance.seed(seed)
    for _ in range(5):
        with running(port, folder / "dying.log", folder) as app:
            if page is None:
                page = _open(browser, app.address, "survivor")
            else:
                page.reload()
                came_on = awake(page) != shown[-1]
                assert came_on == (len(_said(desk, "survivor")) > rated), f"seed {seed}: not what the disk says"
            rated = len(_said(desk, "survivor"))
            shown.append(page.text_content(ITEM))
            page.keyboard.press("2")
            page.wait_for_timeout(chance.random() * 60)
            app.process.kill()
            app.process.wait(60)
    with desk.read() as c:
        given = [one for one in rating_history.of_pool(c, 1) if one.reviewer == "survivor"]
    judged = [str(one.instance_id) for one in given]
    assert len(judged) == len(set(judged)), f"seed {seed}: rated twice"
    on_screen = {text.split()[1].split("-")[0] for text in shown}
    assert set(judged) <= on_screen, f"seed {seed}: a rating of a text that was never shown"


def test_the_map_of_keys_comes_by_a_question_mark_and_control_enter_saves_a_form(browser, address, desk):
    page = _open(browser, address, "mapper")
    said = "document.body.innerText.includes('yes to all three and grade A')"
    item = awake(page)
    press(page, "?", f"() => {said}")
    page.wait_for_timeout(400)  # what the text needs to have been on screen, before a key counts at all
    page.keyboard.press("1")  # behind an open window nobody judges
    window = page.get_by_role("dialog")
    window.get_by_text("Change a key").click()
    window.get_by_label("Its new key").fill("s")
    window.get_by_role("button", name="Change", exact=True).click()
    window.get_by_text("grade A: S; skip: 1").wait_for()  # it stays open: who changes one key often changes another
    press(page, "Escape", f"() => !{said}")
    assert awake(page) == item
    page.get_by_role("button", name="A satisfying").get_by_text("S", exact=True).wait_for()
    field = "document.querySelector('[class*=st-key-desk-edit-output] textarea')"
    press(page, "e", f"() => {field}")
    output = page.locator("[class*=st-key-desk-edit-output] textarea")
    output.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("A text of its own.")
    page.wait_for_function("() => Object.values(sessionStorage).includes('A text of its own.')")
    page.reload()  # in the middle of a rewrite
    awake(page)
    press(page, "e", f"() => {field}")
    page.wait_for_function(f"() => {field}?.value === 'A text of its own.'")
    output.click()
    page.keyboard.press("Control+Enter")
    page.locator("[class*=st-key-read-output-]").get_by_text("A text of its own.").wait_for()


def test_a_text_that_goes_on_below_says_how_many_lines_follow(browser, address, desk):
    with desk.write() as c:
        (task,) = arrivals.add(c, 1, [NewTask(Origin.IMPORT, "Long.", instances=(NewInstance("", "word\n" * 80),))])
        queue = queues.of_tasks(c, 1, "one long text", [task])
    page = window(browser)
    page.goto(f"{address}/review?reviewer=reader&queue={queue}")
    awake(page)
    more = page.locator("[data-winnow-more]")
    more.wait_for()
    assert int(more.get_attribute("data-winnow-more").split()[0]) > 50


def test_a_line_of_code_that_goes_on_at_the_side_says_so_and_is_followed_by_keys(browser, address, desk):
    line = "total = " + " + ".join(f"number_{k}" for k in range(40))
    with desk.write() as c:
        new = NewTask(Origin.IMPORT, "Add.", instances=(NewInstance("", f"```python\n{line}\nprint(total)\n```"),))
        queue = queues.of_tasks(c, 1, "one long line", arrivals.add(c, 1, [new]))
    page = window(browser)
    page.goto(f"{address}/review?reviewer=sideways&queue={queue}")
    awake(page)
    assert page.locator("[data-winnow-wide]").count() == 0, "wrapped, all of it is in sight"
    press(page, "w", "() => document.querySelector('[data-winnow-wide]')")
    awake(page)
    press(page, "ArrowRight", "() => document.querySelector('[data-testid=stCode] pre').scrollLeft > 0")
    assert page.locator("[data-testid=stCode] pre").get_attribute("tabindex") == "0", "Tab reaches what goes on"
