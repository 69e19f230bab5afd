"""Help for all: every page in both themes, looked over by axe-core; headings, titles, and 820 pixels."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.database import open_database
from pages.shared import contents
from tests.browser.conftest import free_port, playwright, running, settled
from tests.browser.seeded import POOL, worked_on

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

pytestmark = pytest.mark.browser
PAGES = {entry.address: entry.title for entries in contents.SECTIONS.values() for entry in entries}
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("for-all")
    database = open_database(f"sqlite:///{folder / 'winnow.db'}")
    with ThreadPoolExecutor(1) as beside:  # Playwright's loop is running in this thread
        beside.submit(worked_on, database).result()
    database.close()
    with running(free_port(), folder / "server.log", folder) as app:
        yield app.address


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_finding_and_each_has_its_heading_and_title(
    browser: playwright.Browser, address: str, theme: str
) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=theme).new_page()
    wrong: list[str] = []
    for name, title in PAGES.items():
        page.goto(f"{address}/{name}?pool={POOL}&reviewer=anna")
        page.locator("h1", has_text=title).wait_for(state="attached", timeout=60_000)
        settled(page)
        page.wait_for_function(f"() => document.title.startsWith({title!r})")
        assert POOL in page.title()
        found = axe.Axe().run(page).response["violations"]
        wrong += [
            f"{name}: {one['id']}: {node['html'][:160]}"
            for one in found
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]
    assert wrong == []


def test_no_page_is_wider_than_820_pixels(browser: playwright.Browser, address: str) -> None:
    page = browser.new_context(viewport={"width": 820, "height": 800}, reduced_motion="reduce").new_page()
    wide = "(main => main.scrollWidth - main.clientWidth)(document.querySelector('[data-testid=stMain]'))"
    over = {}
    for name, title in PAGES.items():
        page.goto(f"{address}/{name}?pool={POOL}&reviewer=anna")
        page.locator("h1", has_text=title).wait_for(state="attached", timeout=60_000)
        settled(page)
        over[name] = page.evaluate(wide)
    assert {name: by for name, by in over.items() if by > 1} == {}
