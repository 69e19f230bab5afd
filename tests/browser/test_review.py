"""The desk in Chromium: keys, focus, reload, two browsers. What only a real browser can show."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import pools
from core.records import Grade, Origin
from core.settings import PROJECT
from core.store import Database, arrivals, open_database, rating_history
from core.store.arrivals import NewInstance, NewTask

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (looked for chromium and google-chrome)"),
]
ITEM = ".st-key-desk-item"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{folder / 'winnow.db'}")
    pool = pools.make(database, "browser")
    with database.write() as c:
        new = [
            NewTask(Origin.SELF_INSTRUCT, f"Describe colour {k}.", instances=(NewInstance("", f"It is {k}."),))
            for k in range(300)
        ]
        arrivals.add(c, pool.id, new)
    yield database
    database.close()


@pytest.fixture(scope="module")
def address(desk: Database, folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "WINNOW_DATA_DIR": str(folder)}
    running = subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    running.terminate()
    running.wait(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _open(chromium, address, reviewer):
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{address}/review?reviewer={reviewer}")
    _ready(page)
    return page


def _ready(page) -> str:
    page.wait_for_selector(ITEM, state="attached", timeout=60_000)
    page.wait_for_timeout(1500)
    return page.text_content(ITEM)


def _press(page, key: str) -> str:
    """Press a key once the text has been seen, and wait for another item."""
    page.wait_for_timeout(450)
    before = page.text_content(ITEM)
    page.keyboard.press(key)
    page.wait_for_function("([box, before]) => document.querySelector(box)?.textContent !== before", arg=[ITEM, before])
    return page.text_content(ITEM)


def _said(desk: Database, reviewer: str) -> list[Grade | None]:
    with desk.read() as c:
        return [one.grade for one in rating_history.of_pool(c, 1) if one.reviewer == reviewer]


def test_keys_rate_and_a_held_or_hasty_key_does_not(chromium, address, desk):
    page = _open(chromium, address, "keys")
    _press(page, "1")
    page.keyboard.press("2")  # the item has just come
    page.wait_for_timeout(700)
    assert _said(desk, "keys") == [Grade.A]
    page.keyboard.down("3")
    for _ in range(60):  # held for two seconds, as a keyboard repeats it
        page.wait_for_timeout(33)
        page.keyboard.down("3")
    page.keyboard.up("3")
    page.wait_for_timeout(700)
    assert _said(desk, "keys") == [Grade.A, Grade.C]
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight + 1")


def test_typing_a_note_triggers_nothing_and_a_reload_in_mid_note_keeps_it(chromium, address, desk):
    page = _open(chromium, address, "typist")
    before = page.text_content(ITEM)
    page.click(".st-key-desk-note textarea")
    page.keyboard.type("4 notes, v x 1 2 3 u s e")
    page.wait_for_timeout(600)
    assert page.text_content(ITEM) == before and _said(desk, "typist") == []
    page.reload()
    assert _ready(page) == before
    page.wait_for_function("() => document.querySelector('.st-key-desk-note textarea').value.startsWith('4 notes')")
    page.click(".st-key-desk-note textarea")
    page.keyboard.press("Escape")
    _press(page, "2")
    with desk.read() as c:
        (one,) = [one for one in rating_history.of_pool(c, 1) if one.reviewer == "typist"]
    assert (one.grade, one.note) == (Grade.B, "4 notes, v x 1 2 3 u s e")


def test_undo_after_a_reload_goes_back_step_by_step(chromium, address, desk):
    page = _open(chromium, address, "undoer")
    seen = [page.text_content(ITEM), _press(page, "1"), _press(page, "2")]
    page.reload()
    _ready(page)
    assert page.get_by_role("button", name="Undo B").count() == 1
    assert _press(page, "u") == seen[1]
    assert _press(page, "u") == seen[0]
    assert _said(desk, "undoer") == []


def test_two_browsers_get_different_items_and_a_stale_tab_rates_nothing_twice(chromium, address, desk):
    one, two = _open(chromium, address, "left"), _open(chromium, address, "right")
    assert one.text_content(ITEM) != two.text_content(ITEM)
    same = _open(chromium, address, "left")
    assert same.text_content(ITEM) == one.text_content(ITEM)
    _press(one, "1")
    same.wait_for_timeout(400)
    same.keyboard.press("4")
    same.wait_for_function("() => document.body.innerText.includes('in another window')")
    assert _said(desk, "left") == [Grade.A]
