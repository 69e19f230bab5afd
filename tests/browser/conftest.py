"""The app over a test's own database, and a Chromium to open it with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.database import Database, open_database
from tests.ports import free_port

if TYPE_CHECKING:
    import playwright.sync_api as playwright
else:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

PROJECT = Path(__file__).parents[2]
# The shell draws as Chromium does and has no windows: it works a third less for each page.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
# What Chromium itself would ask of its maker is no request of a page.
QUIET = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"]
PATIENCE_MS = 90_000  # for what is to come: a machine may be slow, and what comes is not waited for any longer


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium was found on this machine")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *QUIET]
        )
        yield opened
        opened.close()


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A window of 1280 x 800 that remembers as `page.elsewhere` what it asked of other machines."""
    opened = window(browser)
    elsewhere: list[str] = []
    opened.elsewhere = elsewhere  # type: ignore[attr-defined]

    def look(request: playwright.Request) -> None:
        if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "file:")):
            elsewhere.append(request.url)

    opened.on("request", look)
    yield opened
    opened.context.close()


def window(browser: playwright.Browser, **how: Any) -> playwright.Page:
    """A page of 1280 x 800 that shares nothing with another one; `how` as Playwright makes a context."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **how})
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of an app of the test's own."""
    with running(free_port(), tmp_path / "server.log") as app:
        yield app.address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of `address`."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[Database]:
    """The database of `address`."""
    database = open_database(f"sqlite:///{folder / 'winnow.db'}")
    yield database
    database.close()


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The address of one app for all tests of a module: its start and its first page cost more than most tests do."""
    with running(free_port(), folder / "server.log", folder) as app:
        yield app.address


@dataclass(frozen=True, slots=True)
class App:
    """A server of the app."""

    address: str
    process: subprocess.Popen[bytes]


@contextmanager
def running(port: int, log: Path, folder: Path | None = None) -> Iterator[App]:
    """The app on that port over the environment's data folder, or another one, until the block ends."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = {"WINNOW_REVIEWER": "me", **os.environ, **({"WINNOW_DATA_DIR": str(folder)} if folder else {})}
    with log.open("ab") as said:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=said, stderr=subprocess.STDOUT)
    try:
        _wait_until_up(f"http://127.0.0.1:{port}", process)
        yield App(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()


ITEM = ".st-key-desk-item"
NEXT_ITEM = "([box, before]) => { const now = document.querySelector(box); return now && now.textContent !== before; }"
NOTE = "document.querySelector('.st-key-desk-note textarea')?.value"


def awake(page: playwright.Page) -> str:
    """Wait until an item stands, the page has come to rest and a key counts (a quarter of a second after the item was
    painted); return what tells the item from others."""
    page.wait_for_selector(ITEM, state="attached")
    settled(page)
    page.wait_for_function("() => window.winnowDesk && performance.now() - window.winnowDesk.since > 350")
    return str(page.text_content(ITEM))


def press(page: playwright.Page, key: str, effect: str, arg: object = None) -> None:
    """Press a key until a script says that its effect stands. On a busy machine a key may come before the page listens,
    or too soon after the item: it is pressed again once the page has come to rest without the effect."""
    for _ in range(3):
        settled(page)  # the buttons that stand now are those that keys press
        page.keyboard.press(key)
        try:
            page.wait_for_function(effect, arg=arg, timeout=20_000)
            return
        except playwright.TimeoutError:
            pass
    page.wait_for_function(effect, arg=arg, timeout=20_000)


def click_middle(page: playwright.Page, part: playwright.Locator, effect: playwright.Locator) -> None:
    """Click on the middle of a part of a chart until what it opens stands: one that is still being laid out moves away
    under the mouse, and one that the page has not yet taken hold of says nothing."""
    for _ in range(4):
        settled(page)
        if box := part.bounding_box():
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        try:
            effect.wait_for(timeout=20_000)
            return
        except playwright.TimeoutError:
            pass
    effect.wait_for()


def download(page: playwright.Page, name: str, to: Path) -> str:
    """Press a button that gives a file, keep it, and return its name."""
    button = page.get_by_role("button", name=name, exact=True)
    button.and_(page.locator(":enabled")).wait_for()
    settled(page)
    with page.expect_download() as waiting:
        button.click()
    waiting.value.save_as(to)
    return str(waiting.value.suggested_filename)


def press_on(page: playwright.Page, key: str) -> str:
    """Press a key at an item that has been looked at, and return what tells the item that comes next."""
    before = awake(page)
    press(page, key, NEXT_ITEM, [ITEM, before])
    return str(page.text_content(ITEM))


def settled(page: playwright.Page) -> None:
    """Wait until the page's script has run and its first heading or text stands."""
    page.wait_for_selector("[data-testid=stMain] [data-testid=stElementContainer]", state="attached")
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
    )


def _wait_until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError("the server ended before it was up")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=10):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("the server did not come up in three minutes")
