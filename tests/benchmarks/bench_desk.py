"""The desk at 100,000 instances: a key press to the next item in a browser, and the server under 50 reviewers.

Run: `python -m tests.benchmarks.bench_desk [--instances 100000] [--reviewers 50] [--json]`. Figures, in milliseconds
(median, p95): the act in core alone; a search by its index and without; a key pressed in Chromium until the next item
is in the page; the server's answer to many reviewers who each pause for about two seconds, over its own protocol and
without a browser.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core import pools
from core.database import Database, open_database
from core.pool import arrivals, filters, tallies
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Grade, Origin
from core.review import desk
from core.review.rows import queues
from core.settings import PROJECT
from tests.ports import free_port

POOL = "bench"
BROWSER_AIM_MS, SERVER_AIM_MS = 120.0, 40.0
PAUSE_S = 2.0
BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
COUNTS = "window.winnowDesk && performance.now() - window.winnowDesk.since > 260"  # sooner, a key is told "too soon"
WATCH = """
() => {
  const box = () => document.querySelector('.st-key-desk-item');
  let last = box().textContent;
  window.took = []; window.pressed = null;
  window.addEventListener('keydown', () => { window.pressed = performance.now(); }, true);
  new MutationObserver(() => {
    const found = box();
    if (!found || found.textContent === last) return;
    last = found.textContent;
    if (window.pressed !== null) { window.took.push(performance.now() - window.pressed); window.pressed = null; }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}
"""


def summary(times: Sequence[float]) -> dict[str, float]:
    """n, median and 95th percentile, in milliseconds."""
    ordered = sorted(times)
    return {
        "n": len(ordered),
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[max(0, int(0.95 * len(ordered)) - 1)], 1),
    }


def fill(database: Database, n: int) -> int:
    """A pool of so many instances with texts of real lengths, every other answer code; return its queue."""
    dice = random.Random(7)
    words = [f"w{number}" for number in range(4000)]
    pool = pools.make(database, POOL)

    def text(low: int, high: int) -> str:
        return " ".join(dice.choices(words, k=dice.randint(low, high)))

    def code() -> str:
        lines = (f"    {one} = {two}({three!r}, {n})" for n, (one, two, three) in enumerate(_threes(dice, words)))
        return "\n".join([f"def {dice.choice(words)}(x):", *lines, "    return x"])

    for start in range(0, n, 5000):
        new = [
            NewTask(
                Origin.SELF_INSTRUCT,
                text(6, 24),
                instances=(NewInstance(text(0, 60), code() if number % 2 else text(5, 120)),),
                nearest_id=1,
                nearest_score=0.4,
                seed_id=2,
                seed_score=0.3,
                completed=True,
            )
            for number in range(min(5000, n - start))
        ]
        with database.write() as c:
            arrivals.add(c, pool.id, new)
    with database.write() as c:
        return queues.default(c, pool.id)


def _threes(dice: random.Random, words: Sequence[str]) -> list[list[str]]:
    return [dice.choices(words, k=3) for _ in range(dice.randint(3, 25))]


def in_core(database: Database, queue: int, acts: int) -> dict[str, Any]:
    """Rate, claim the next and read it, in this process; and what the overview's counts take."""
    shown, took, counted = desk.open_queue(database, queue, "core"), [], []
    for number in range(acts):
        assert shown is not None
        began = time.perf_counter()
        shown = desk.judge(database, shown, "core", Judgement(list(Grade)[number % 4]))
        assert shown is not None
        with database.read() as c:
            view = desk.view(c, shown, "core")
            desk.last_act(c, view.item.pool_id, "core")
        took.append(1000 * (time.perf_counter() - began))
    with database.read() as c:
        pool_id = queues.get(c, queue).pool_id
        for _ in range(5):
            began = time.perf_counter()
            tallies.review_counts(c, pool_id)
            counted.append(1000 * (time.perf_counter() - began))
    return {"act": summary(took), "counts": summary(counted)}


def searching(database: Database, queue: int) -> dict[str, Any]:
    """Counting what a search finds, by the index of words and by reading every text, in the same run."""
    took: dict[str, list[float]] = {"search": [], "contains": []}
    found: dict[str, set[int]] = {"search": set(), "contains": set()}
    with database.read() as c:
        pool_id = queues.get(c, queue).pool_id
        for _ in range(5):
            for way, wanted in (("search", Filter(search="w1234")), ("contains", Filter(contains="w1234"))):
                began = time.perf_counter()
                found[way].add(filters.count(c, pool_id, wanted))
                took[way].append(1000 * (time.perf_counter() - began))
    assert found["search"] == found["contains"], found
    ratio = round(statistics.median(took["contains"]) / statistics.median(took["search"]), 1)
    return {"n": found["search"].pop(), **{way: summary(each) for way, each in took.items()}, "times_as_fast": ratio}


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The app on a free port over that data folder; its address."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "WINNOW_DATA_DIR": str(folder)}
    running = subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(10)


def in_browser(address: str, acts: int) -> dict[str, float] | None:
    """Key presses in Chromium, none sooner than half a second after the last; None without a browser."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=BROWSER)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"http://{address}/review?reviewer=browser")
        page.wait_for_selector(".st-key-desk-item", state="attached", timeout=60_000)
        page.wait_for_timeout(3000)
        page.evaluate(WATCH)
        for number in range(acts):
            before = page.text_content(".st-key-desk-item")
            page.keyboard.press("1234"[number % 4])
            page.wait_for_function(
                "before => document.querySelector('.st-key-desk-item')?.textContent !== before", arg=before
            )
            page.wait_for_timeout(500)
            page.wait_for_function(COUNTS)
        took = page.evaluate("window.took")
        browser.close()
    return summary(took)


class Reviewer:
    """One reviewer who speaks Streamlit's own protocol: opens the page, presses buttons, waits for the next item."""

    def __init__(self, address: str, name: str) -> None:
        self.address, self.name = address, name
        self.buttons: dict[str, tuple[str, str]] = {}
        self.page = self.item = ""
        self.again = ""  # the part of the page that tries again by itself

    async def open(self) -> None:
        import websockets
        from streamlit.proto.BackMsg_pb2 import BackMsg

        self.socket = await websockets.connect(
            f"ws://{self.address}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=f"http://{self.address}",  # type: ignore[arg-type]
            max_size=None,
        )
        message = BackMsg()
        message.rerun_script.query_string = f"reviewer={self.name}"
        message.rerun_script.page_name = "review"
        await self.socket.send(message.SerializeToString())
        while not self.buttons:  # a server that has just started begins once more
            await asyncio.wait_for(self._until_done(), 60)

    async def press(self, grade: str) -> float:
        """Milliseconds from the press to the next item."""
        began = time.perf_counter()
        await self.send_press(grade)
        came = await self._until_done()
        if came is None:
            raise RuntimeError(f"{self.name} pressed {grade} and no other item came")
        return 1000 * (came - began)

    async def send_press(self, grade: str) -> None:
        button, fragment = self.buttons[grade]
        message = self._message(fragment)
        pressed = message.rerun_script.widget_states.widgets.add()
        pressed.id, pressed.trigger_value = button, True
        await self.socket.send(message.SerializeToString())

    def _message(self, fragment: str):  # type: ignore[no-untyped-def]
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = f"reviewer={self.name}"
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.fragment_id = fragment
        return message

    async def _until_done(self) -> float | None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        came = None
        while True:
            message = ForwardMsg()
            message.ParseFromString(await self.socket.recv())
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.page = message.new_session.page_script_hash or self.page
            elif kind == "navigation":
                self.page = message.navigation.page_script_hash
            elif kind == "auto_rerun":
                self.again = message.auto_rerun.fragment_id
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                what = element.WhichOneof("type")
                if what == "button" and element.button.label[:2] in ("A ", "B ", "C ", "D "):
                    self.buttons[element.button.label[0]] = (element.button.id, message.delta.fragment_id)
                elif what == "text" and element.text.body.startswith("item "):
                    self.item, came = element.text.body, time.perf_counter()
                elif what == "exception":
                    self.failed(element.exception.message)
            elif kind == "script_finished":
                return came

    def failed(self, said: str) -> None:
        """The page told of a fault."""
        raise RuntimeError(f"{self.name}: {said}")


async def under_load(address: str, reviewers: int, acts: int) -> dict[str, float]:
    """Many reviewers at once, each with a pause for thought between two presses."""
    people = [Reviewer(address, f"r{number}") for number in range(reviewers)]
    for start in range(0, reviewers, 10):
        await asyncio.gather(*(one.open() for one in people[start : start + 10]))
    took: list[float] = []

    async def work(one: Reviewer, dice: random.Random) -> None:
        await asyncio.sleep(0.5 + dice.random() * PAUSE_S)
        for _ in range(acts):
            took.append(await one.press(dice.choice("ABCD")))
            await asyncio.sleep(PAUSE_S * dice.uniform(0.5, 1.5))

    await asyncio.gather(*(work(one, random.Random(number)) for number, one in enumerate(people)))
    return summary(took)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=100_000)
    parser.add_argument("--reviewers", type=int, default=50)
    parser.add_argument("--acts", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'winnow.db'}")
        began = time.perf_counter()
        queue = fill(database, options.instances)
        got: dict[str, Any] = {"instances": options.instances, "filled_s": round(time.perf_counter() - began, 1)}
        got["core"] = in_core(database, queue, options.acts)
        got["search"] = searching(database, queue)
        database.close()
        with server(Path(folder)) as address:
            got["browser"] = in_browser(address, options.acts)
            got["server"] = asyncio.run(under_load(address, options.reviewers, max(5, options.acts // 5)))
    got["browser_share_of_aim"] = round(got["browser"]["p95"] / BROWSER_AIM_MS, 2) if got["browser"] else None
    got["server_share_of_aim"] = round(got["server"]["p95"] / SERVER_AIM_MS, 2)
    if options.json:
        print(json.dumps(got))
    else:
        for name in ("core", "search", "browser", "server"):
            print(f"{name:8} {got[name]}")
        print(f"share of the aim at p95: browser {got['browser_share_of_aim']}, server {got['server_share_of_aim']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
