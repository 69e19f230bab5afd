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
from tests.browser.conftest import click_middle, playwright, running, settled, window
from tests.browser.hostile import NAME, RENDERED, hostile
from tests.browser.seeded import worked_on
from tests.ports import free_port

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

pytestmark = pytest.mark.browser
WHERE = f"pool={quote(NAME)}&reviewer={quote(NAME)}"
PAGES = {entry.address: entry.title for entries in contents.SECTIONS.values() for entry in entries}
SERIOUS = ("serious", "critical")
SHOWN = ("diversity", "near", "ledger", "review")  # pages on which the texts stand
MAIN = "document.querySelector('[data-testid=stMain]')"
BOX = 37  # pixels: as high as Streamlit draws a box to choose from, so that both stand on one line with their labels
LAID_OUT = {
    "is wider than the window": f"(main => main.scrollWidth <= main.clientWidth + 1)({MAIN})",
    "has buttons in a row that are lower than boxes": f"""[...{MAIN}.querySelectorAll(
        'button[data-variant=segmented_control]')].every(one => !one.offsetHeight || one.offsetHeight >= {BOX})""",
    "cuts the name of a figure": f"""[...{MAIN}.querySelectorAll(
        '[data-testid=stMetricLabel] :is(div, p)')].every(one => one.scrollWidth <= one.clientWidth + 1)""",
    "parts what a run goes on until from its button": """((box, its) => !box || Math.abs(
        its.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom) < 8)(
        document.querySelector('.st-key-goal'), document.querySelector('.st-key-until'))""",
}
IS_DARK = "() => getComputedStyle(document.querySelector('.stApp')).colorScheme === 'dark'"
IN_ONE_COLUMN = {"settings": "models", "seeds": "seed-forms", "corpus": "corpus-select"}
ONE_COLUMN = """(columns => columns.length && columns.every(
    one => one.clientWidth > 0.9 * one.closest('.st-key-{0}').clientWidth))(
    [...document.querySelectorAll('.st-key-{0} > [data-testid=stLayoutWrapper] > * > [data-testid=stColumn]')])"""


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
        page.locator("h1", has_text=title).wait_for(state="attached")
        settled(page)
        page.wait_for_function(f"() => document.title.startsWith({title!r})")
        assert NAME in page.title()
        yield name


def comes(page: playwright.Page, so: str) -> bool:
    """Whether that holds, at the latest when charts and tables have had time to fit themselves to a new width."""
    try:
        page.wait_for_function(f"() => {so}", timeout=5_000)
    except playwright.TimeoutError:
        return False
    return True


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
    wrong: list[str] = []
    for name in each_page(page, address):
        wrong += serious(page)
        page.set_viewport_size({"width": 820, "height": 800})
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.wait_for_function(IS_DARK)
        settled(page)
        wrong += [f"{name} {what}" for what, so in LAID_OUT.items() if not comes(page, so)]
        if (part := IN_ONE_COLUMN.get(name)) and not comes(page, ONE_COLUMN.format(part)):
            wrong.append(f"{name} stands in several columns")
        wrong += serious(page, "color-contrast")
        if name == "diversity":  # what opens stands outside the app's own element
            page.get_by_test_id("stPopover").get_by_role("button", name="Charts").click()
            page.get_by_text("verbs in the sunburst").wait_for()
            wrong += serious(page, "color-contrast")
            page.keyboard.press("Escape")
            open_a_sector(page)
        if name in SHOWN:
            page.wait_for_function(f"() => {MAIN}.innerText.includes('MARKED')")
        wrong += [f"{name}: {what}" for what in page.evaluate(RENDERED)]
        wrong += [f"{name}: an error box"] * page.locator("[data-testid=stAlertContentError]").count()
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        page.set_viewport_size({"width": 1280, "height": 800})
    assert (wrong, page.elsewhere) == ([], [])
    assert "Traceback" not in said.read_text(errors="replace")


def open_a_sector(page: playwright.Page) -> None:
    page.locator(".sunburstlayer text", has_text="<b>MARKED</b>").first.wait_for()
    sector = page.locator(".sunburstlayer text", has_text="<b>MARKED</b>0").first
    click_middle(page, sector, page.get_by_role("button", name="Review these"))


def test_at_twice_the_size_nothing_is_covered_or_wider_than_the_window(
    browser: playwright.Browser, address: str
) -> None:
    page = window(browser, viewport={"width": 640, "height": 400}, device_scale_factor=2)
    page.goto(f"{address}/review?{WHERE}")
    page.locator(".st-key-desk-head").wait_for()
    settled(page)
    page.locator("[data-testid=stExpandSidebarButton]").wait_for()
    head, header = ".st-key-desk-head", "[data-testid=stHeader]"
    at = [f"document.querySelector('{part}').getBoundingClientRect()" for part in (head, header)]
    assert comes(page, f"{at[0]}.top >= {at[1]}.bottom"), "what stands above covers nothing"
    assert comes(page, LAID_OUT["is wider than the window"])


def test_help_on_a_page_opens_its_document_at_the_part_about_it(browser: playwright.Browser, address: str) -> None:
    page = window(browser, reduced_motion="reduce")
    page.goto(f"{address}/settings?{WHERE}")
    settled(page)
    page.locator(".st-key-help-here a", has_text="Settings").click()
    page.wait_for_url("**/help**at=the-connection**")
    page.wait_for_function(
        "() => { const part = document.querySelector('.st-key-help-at-the-connection'); const top = part &&"
        "part.getBoundingClientRect().top; return part === document.activeElement && top > -5 && top < 400; }"
    )
