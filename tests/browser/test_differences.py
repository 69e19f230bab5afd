"""Last words in Chromium, by keyboard alone: on, back, answer, settle, undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import pools
from core.database import open_database
from core.pool import arrivals, filters, judging, standing
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.pool.judgement import FINAL, Judgement
from core.records import Grade, Origin
from pages.review.desk import PANEL_HEIGHT
from tests.browser.conftest import ITEM, awake, running, window
from tests.browser.conftest import press as press_until
from tests.ports import free_port

pytestmark = pytest.mark.browser


def test_differences_are_walked_settled_and_undone_by_keys(browser, tmp_path: Path):
    database = open_database(f"sqlite:///{tmp_path / 'winnow.db'}")
    pool = pools.make(database, "differences")
    with database.write() as c:
        new = [NewTask(Origin.IMPORT, f"Task {k}.", instances=(NewInstance("", f"It is {k}."),)) for k in range(3)]
        arrivals.add(c, pool.id, new)
        ids = [row.id for row in filters.matching(c, pool.id, Filter())]
        for each in ids:
            for who, grade in (("ann", Grade.A), ("bob", Grade.D)):
                said = Judgement(grade, None, True, grade is Grade.A, None, ("odd",), "as I see it")
                judging.rate(c, each, who, standing.of(c, each, who)[0], said)
    with running(free_port(), tmp_path / "server.log", tmp_path) as app:
        page = window(browser)
        page.goto(f"{app.address}/review?reviewer=lead")
        page.get_by_text("Differences", exact=True).click()
        awake(page)

        def press(key: str, expected: int) -> None:
            awake(page)
            begins = "([box, start]) => document.querySelector(box)?.textContent.startsWith(start)"
            press_until(page, key, begins, [ITEM, f"difference {ids[expected]} "])

        high = page.evaluate("document.querySelector('.st-key-desk-panel-prose').offsetHeight")
        assert high >= PANEL_HEIGHT, "the texts are as high as at the desk"
        press("s", 1)
        press("s", 2)
        press("b", 1)
        awake(page)
        press_until(page, "9", "() => document.body.innerText.includes('Output right? yes')")
        press("2", 2)
        with database.read() as c:
            (word,) = standing.current(c, ids[1], FINAL)
        assert (word.reviewer, word.grade, word.output_correct) == ("lead", Grade.B, True)
        press("u", 1)
        page.wait_for_selector("text=Output right? yes")
        with database.read() as c:
            assert standing.current(c, ids[1], FINAL) == []
        page.context.close()
    database.close()
