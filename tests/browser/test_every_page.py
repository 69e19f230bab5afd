"""Every page, opened once over texts that try to be more than text: nothing of them is rendered and nobody is asked.

And help for all: in both themes, looked over by axe-core; headings, titles, and 820 pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from core.database import open_database
from pages.shared import contents
from tests.browser.conftest import free_port, playwright, running, settled
from tests.browser.hostile import NAME, RENDERED, hostile
from tests.browser.seeded import worked_on

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

pytestmark = pytest.mark.browser
WHERE = f"pool={quote(NAME)}&reviewer={quote(NAME)}"
PAGES = {entry.address: entry.title for entries in contents.SECTIONS.values() for entry in entries}
SERIOUS = ("serious", "critical")
BOX = 37  # pixels: as high as Streamlit draws a box to choose from, so that both stand on one line with their labels
LOW = f"""[...document.querySelectorAll('[data-testid=stMain] button[data-variant=segmented_control]')]
    .map(one => one.offsetHeight).filter(high => high && high < {BOX})"""
IS_DARK = "() => getComputedStyle(document.querySelector('.stApp')).colorScheme === 'dark'"
COLUMNS = """['.st-key-models', '.st-key-models [data-testid=stColumn]']
    .flatMap(one => [...document.querySelectorAll(one)]).map(one => one.clientWidth)"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server says."""
    return tmp_path_factory.mktemp("for-all") / "server.log"


@pytest.fixture(scope="module")
def address(said: Path) -> Iterator[str]:
    folder = said.parent
    database = open_database(f"sqlite:///{folder / 'winnow.db'}")
    with ThreadPoolExecutor(1) as beside:  # Playwright's loop is running in this thread
        beside.submit(hostile, database).result()
        beside.submit(worked_on, database, NAME).result()
    database.close()
    with running(free_port(), said, folder) as app:
        yield app.address


def each_page(page: playwright.Page, address: str) -> Iterator[str]:
    """Open every page in turn, and give its address once its heading and title stand."""
    for name, title in PAGES.items():
        page.goto(f"{address}/{name}?{WHERE}")
        page.locator("h1", has_text=title).wait_for(state="attached", timeout=60_000)
        settled(page)
        page.wait_for_function(f"() => document.title.startsWith({title!r})")
        assert NAME in page.title()
        yield name


def serious(page: playwright.Page, *rules: str) -> list[str]:
    """What axe finds, and still finds when the page has had time to come to rest."""
    for _ in range(3):
        if not (found := _serious(page, *rules)):
            break
        page.wait_for_timeout(1_000)
    return found


def _serious(page: playwright.Page, *rules: str) -> list[str]:
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = axe.Axe().run(page, options=options).response["violations"]
    return [
        f"{page.url}: {one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in SERIOUS or one["id"] == "heading-order"
        for node in one["nodes"]
    ]


def test_no_page_renders_a_text_has_a_serious_finding_lacks_contrast_in_the_dark_or_is_wider_than_820_pixels(
    page: playwright.Page, address: str, said: Path
) -> None:
    """Each page is opened once, in the light; then the room gets dark and the window narrow."""
    wide = "(main => main.scrollWidth - main.clientWidth)(document.querySelector('[data-testid=stMain]'))"
    wrong: list[str] = []
    shown = set()
    for name in each_page(page, address):
        wrong += serious(page)
        page.set_viewport_size({"width": 820, "height": 800})
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.wait_for_function(IS_DARK)
        settled(page)
        if (by := page.evaluate(wide)) > 1:
            wrong.append(f"{name} is {by} pixels wider")
        wrong += [f"{name}: buttons in a row are {high} pixels high, boxes {BOX}" for high in page.evaluate(LOW)]
        if name == "settings":
            main, *columns = page.evaluate(COLUMNS)
            assert columns and all(column > 0.9 * main for column in columns), "Models stands in one column"
        wrong += serious(page, "color-contrast")
        if name == "diversity":  # what opens stands outside the app's own element
            page.get_by_test_id("stPopover").get_by_role("button", name="Charts").click()
            page.get_by_text("verbs in the sunburst").wait_for()
            wrong += serious(page, "color-contrast")
            page.keyboard.press("Escape")
            open_a_sector(page)
        wrong += [f"{name}: {what}" for what in page.evaluate(RENDERED)]
        wrong += [f"{name}: an error box"] * page.locator("[data-testid=stAlertContentError]").count()
        shown |= {name} if "MARKED" in page.inner_text("[data-testid=stMain]") else set()
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        page.set_viewport_size({"width": 1280, "height": 800})
    assert (wrong, page.elsewhere) == ([], [])
    assert shown >= {"diversity", "near", "ledger", "review"}, "the texts were there"
    assert "Traceback" not in said.read_text(errors="replace")


def open_a_sector(page: playwright.Page) -> None:
    page.locator(".sunburstlayer text", has_text="<b>MARKED</b>").first.wait_for()
    box = page.locator(".sunburstlayer text", has_text="<b>MARKED</b>0").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_role("button", name="Review these").wait_for()


def test_at_twice_the_size_nothing_is_covered_or_wider_than_the_window(
    browser: playwright.Browser, address: str
) -> None:
    page = browser.new_context(viewport={"width": 640, "height": 400}, device_scale_factor=2).new_page()
    page.goto(f"{address}/review?{WHERE}")
    page.locator(".st-key-desk-head").wait_for(timeout=60_000)
    settled(page)
    page.locator("[data-testid=stExpandSidebarButton]").wait_for()
    head, covered, wider = page.evaluate("""[document.querySelector('.st-key-desk-head').getBoundingClientRect().top,
        document.querySelector('[data-testid=stHeader]').getBoundingClientRect().bottom,
        (main => main.scrollWidth - main.clientWidth)(document.querySelector('[data-testid=stMain]'))]""")
    assert head >= covered and wider <= 1


def test_help_on_a_page_opens_its_document_at_the_part_about_it(browser: playwright.Browser, address: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce").new_page()
    page.goto(f"{address}/settings?{WHERE}")
    settled(page)
    page.locator(".st-key-help-here a", has_text="Settings").click()
    page.wait_for_url("**/help**at=the-connection**")
    page.wait_for_function(
        "() => { const part = document.querySelector('.st-key-help-at-the-connection'); const top = part &&"
        "part.getBoundingClientRect().top; return part === document.activeElement && top > -5 && top < 400; }"
    )
