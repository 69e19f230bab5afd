"""A whole audit in a real browser, with the keyboard alone; and its report, which asks nobody for anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.audit import audit as audits_of
from core.audit import results
from core.audit.frozen import Audit
from core.audit.report_file import write
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.pool import arrivals
from core.pool.arrivals import NewInstance, NewTask
from core.pool.judgement import Judgement
from core.pool.tasks import Origin
from core.records import Grade
from tests.audit.audits import judge, pool_of
from tests.browser.conftest import press, settled

pytestmark = pytest.mark.browser

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

TAKEN = ".st-key-desk-taken"  # changes as soon as the page has taken a key
_AT = "position => document.querySelector('.st-key-desk-item')?.textContent.startsWith(`audit item ${position} `)"
HOSTILE = (
    "<script>document.title='taken'</script><img src=http://evil.example/x.png onerror=alert(1)> "
    "![p](http://evil.example/p.png) <link rel=stylesheet href=//evil.example/s.css> <iframe src=//evil.example>"
)


@pytest.fixture
def audit(database: Database) -> Audit:
    pool_id = pool_of(database, 40)
    return audits_of.new(database, pool_id, size=20, seed=7)


def test_an_audit_of_twenty_is_judged_with_the_keyboard_alone(
    server: str, page: playwright.Page, database: Database, audit: Audit
):
    page.goto(f"{server}/audit?pool=things&reviewer=ines")
    given = {}
    for position in range(1, 21):
        _at(page, position)
        if position == 5:  # a reload in the middle of an item
            page.keyboard.press("7")
            page.get_by_role("button", name="Valid task? yes").wait_for()
            page.reload()
            _at(page, position)
            page.get_by_role("button", name="Valid task? yes").wait_for()
        if position == 8:  # second thoughts on the last item
            press(page, "u", _AT, 7)
            _at(page, 7)
            page.keyboard.press("4")
            given[7] = "D"
            _at(page, 8)
        grade = "ABCD"[position % 4]
        if grade == "A" and position != 5:
            page.keyboard.press("a")
        else:  # no faster than the page follows, the same key twice included
            answers = "789" if position == 5 else "yyn" if grade in "CD" else "yyy"
            for key in (*(answers[1:] if position == 5 else answers), "1234"["ABCD".index(grade)]):
                page.keyboard.press(key)
        given[position] = grade
    page.get_by_text("You have judged all 20 items").wait_for()
    page.get_by_role("button", name="See the result").click()
    page.get_by_text("valid in the pool").wait_for()
    with database.read() as c:
        said = audit_answers.standing_ratings(c, audit, audit.round)
        places = {item.instance_id: item.position for item in audits.every_item(c, audit)}
    assert {places[one.instance_id]: one.grade.value for one in said} == given
    assert all(one.instruction_valid and one.input_appropriate for one in said)
    assert all(one.output_correct == (one.grade in (Grade.A, Grade.B)) for one in said if places[one.instance_id] != 7)
    assert page.elsewhere == []


def test_keys_that_overlap_are_all_taken(server: str, page: playwright.Page, database: Database, audit: Audit):
    page.goto(f"{server}/audit?pool=things&reviewer=ines")
    _at(page, 1)
    for key in "7892":  # as quick hands type: each goes down before the last is up
        page.keyboard.down(key)
    for key in "7892":
        page.keyboard.up(key)
    _at(page, 2)
    with database.read() as c:
        [rating] = audit_answers.standing_ratings(c, audit, audit.round)
    assert (rating.grade, rating.output_correct) == (Grade.B, True)


def test_keys_that_nobody_hears_yet_press_their_buttons(
    server: str, page: playwright.Page, database: Database, audit: Audit
):
    page.goto(f"{server}/audit?pool=things&reviewer=ines")
    _at(page, 1)
    page.evaluate("window.hotkeys.unbind()")  # a busy machine: the buttons are painted, and do not listen yet
    page.keyboard.press("a")
    _at(page, 2)
    with database.read() as c:
        assert audit_answers.progress(c, audit) == {"ines": 1}


ALL_AT_ONCE = """() => {  // all four answers, over and over, faster than any hand or driver presses them
    for (let round = 0; round < 12; round++)
      for (const key of '7891')
        for (const kind of ['keydown', 'keyup'])
          document.body.dispatchEvent(
            new KeyboardEvent(kind, { key, code: 'Digit' + key, bubbles: true, cancelable: true }));
}"""


def test_keys_that_are_held_or_come_too_soon_judge_nothing(
    server: str, page: playwright.Page, database: Database, audit: Audit
):
    page.goto(f"{server}/audit?pool=things&reviewer=ines")
    _at(page, 1)
    taken = page.text_content(TAKEN)
    page.evaluate(ALL_AT_ONCE)
    page.wait_for_function(f"was => document.querySelector('{TAKEN}').textContent !== was", arg=taken)
    page.wait_for_function("() => window.winnowDesk.late.length === 0")
    page.wait_for_timeout(1000)  # what the server has not yet heard of makes no page run
    settled(page)
    with database.read() as c:  # answers go round as they are pressed: how they end hangs on how many came together
        assert audit_answers.progress(c, audit) in ({}, {"ines": 1})


def test_a_note_is_typed_without_judging_and_kept_with_the_rating(
    server: str, page: playwright.Page, database: Database, audit: Audit
):
    page.goto(f"{server}/audit?pool=things&reviewer=ines")
    _at(page, 1)
    note = "() => document.querySelector('.st-key-desk-note textarea')"
    press(page, "t", "() => document.activeElement?.tagName === 'TEXTAREA'")
    page.keyboard.type("y1 and 7a are letters here")
    page.wait_for_function(f"{note}?.value === 'y1 and 7a are letters here'")
    page.reload()  # in mid-note: nothing of it has been sent
    _at(page, 1)
    page.wait_for_function(f"{note}?.value?.startsWith('y1 and')")
    press(page, "t", "() => document.activeElement?.tagName === 'TEXTAREA'")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement?.tagName !== 'TEXTAREA'")
    settled(page)
    for key in "7892":
        page.keyboard.press(key)
    _at(page, 2)
    with database.read() as c:
        [rating] = audit_answers.standing_ratings(c, audit, audit.round)
    assert (rating.grade, rating.note) == (Grade.B, "y1 and 7a are letters here")


def test_the_report_loads_in_a_browser_without_a_single_request(
    page: playwright.Page, database: Database, tmp_path: Path
):
    pool_id = pool_of(database, 3)
    with database.write() as c:
        arrivals.add(c, pool_id, [NewTask(Origin.IMPORT, HOSTILE, False, (NewInstance(HOSTILE, HOSTILE),))])
    made = audits_of.new(database, pool_id, size=4, name=HOSTILE[:70])
    judge(database, made, "ines", lambda item: Judgement(Grade.B, None, True, True, True, (HOSTILE,), HOSTILE))
    judge(database, made, "<b>jonas</b>", lambda item: Judgement(Grade.C, None, True, True, False))
    path = tmp_path / "report.html"
    write(results.result(database, made.id, "ines").report, path)
    asked: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(path.as_uri())
    page.wait_for_timeout(500)
    assert asked == [path.as_uri()] and dialogs == []
    assert page.title().startswith("Audit <script>") and page.title() != "taken"
    assert page.locator("script, img, iframe, link").count() == 0
    assert HOSTILE in page.locator("article").all_inner_texts()[_place(database, made) - 1]


def _at(page: playwright.Page, position: int) -> None:
    """Wait until an item is on screen, the page at rest, and both long enough for it to be read."""
    page.get_by_text(f"Item {position} of 20").wait_for()
    page.wait_for_function(_AT, arg=position)
    settled(page)  # a page that still runs may lose a key
    page.wait_for_function("() => window.winnowDesk && performance.now() - window.winnowDesk.since > 300")
    page.evaluate("window.winnowDesk.patience = 60_000")  # a key waits for the one before, however slow the machine is


def _place(database: Database, made: Audit) -> int:
    with database.read() as c:
        return next(item.position for item in audits.every_item(c, made) if item.instruction == HOSTILE)
