"""The app over a test's own database, and a Chromium to open it with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

PROJECT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# What Chromium itself would ask of its maker is no request of a page.
QUIET = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"]


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
    opened = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    opened.elsewhere = []

    def look(request: playwright.Request) -> None:
        if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "file:")):
            opened.elsewhere.append(request.url)

    opened.on("request", look)
    yield opened
    opened.context.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The app's address."""
    with running(free_port(), tmp_path / "server.log") as app:
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
        process.wait(timeout=10)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def settled(page: playwright.Page) -> None:
    """Wait until the page's script has run and its first heading or text stands."""
    page.wait_for_selector("[data-testid=stMain] [data-testid=stElementContainer]", state="attached", timeout=30_000)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'", timeout=30_000
    )


def _wait_until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError("the server ended before it was up")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("the server did not come up in a minute")
