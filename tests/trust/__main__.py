"""Faults and load against the whole program: what was tried and what happened, as a table.

`make trust` runs all of it (about an hour), `make trust SHORT=--short` the same in minutes. Every scenario starts a
server of its own over real sockets, does something to it, and counts afterwards what of the acknowledged work is lost.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.fake_openai import FakeOpenAI
from tests.trust.people import Told, crowd
from tests.trust.places import Place, reckon, served

Row = tuple[str, str, bool]  # what was tried, what happened, whether nothing was lost


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of each: `load_s` and `reviewers` of the load, `instances` of its pool, kills of each kind."""

    server_kills: int = 100
    worker_kills: int = 60
    browser_kills: int = 40
    load_s: float = 600.0
    reviewers: int = 50
    instances: int = 100_000
    gone_s: float = 60.0


SHORT = Scale(server_kills=12, worker_kills=6, browser_kills=3, load_s=60.0, instances=20_000, gone_s=20.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", nargs="*", choices=list(SCENARIOS), default=list(SCENARIOS))
    options = parser.parse_args()
    scale = SHORT if options.short else Scale()
    went_well = True
    print("| tried | happened | |\n|---|---|---|", flush=True)
    for name in options.only:
        with tempfile.TemporaryDirectory(prefix="winnow-trust-") as folder:
            try:
                tried, happened, well = SCENARIOS[name](Path(folder), scale)
            except Exception as error:  # noqa: BLE001 the others are to be tried as well
                tried, happened, well = name, f"{type(error).__name__}: {error}", False
        went_well = went_well and well
        print(f"| {tried} | {happened} | {'ok' if well else 'FAILED'} |", flush=True)
    return 0 if went_well else 1


def server_kills(folder: Path, scale: Scale) -> Row:
    """kill -9 of the web server at random moments under ten reviewers."""
    kills, dice = scale.server_kills, random.Random()

    def harm(place: Place) -> None:
        for _ in range(kills):
            time.sleep(dice.uniform(1.0, 3.0))
            place.end(signal.SIGKILL)
            place.start()

    return _harmed(folder, f"{kills} kills of the web server under 10 reviewers", harm, reviewers=10, pause=0.05)


def worker_kills(folder: Path, scale: Scale) -> Row:
    """kill -9 of a generating run; every reply that was stored is paid once."""
    from tests.runs.test_kills import begin, paid_prompts

    dice, kills, paid, twice = random.Random(), 0, set[str](), 0
    with FakeOpenAI(latency=0.05) as server:
        for round_ in itertools.count():
            home = folder / str(round_)
            while kills < scale.worker_kills:
                sent, program = len(server.requests), begin(home, server.url, "completions")
                with suppress(subprocess.TimeoutExpired):
                    program.wait(dice.uniform(3.0, 9.0))
                ended = program.poll() is not None
                program.kill()
                program.communicate()
                twice += len({one.prompt for one in server.requests[sent:]} & paid)
                paid = paid_prompts(home) if (home / "winnow.db").exists() else set()
                if ended:
                    paid = set()
                    break
                kills += 1
            if kills >= scale.worker_kills:
                break
    return f"{kills} kills of a generating run", f"{twice} replies paid for twice", not twice


def browser_kills(folder: Path, scale: Scale) -> Row:
    """kill -9 of a browser that is rating."""
    code = (
        "import sys\n"
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as play:\n"
        "    browser = play.chromium.launch(executable_path=sys.argv[1], args=['--no-sandbox', '--disable-gpu'])\n"
        "    page = browser.new_page()\n"
        "    page.goto(sys.argv[2])\n"
        "    item = '.st-key-desk-item'\n"
        "    page.wait_for_selector(item, state='attached', timeout=90000)\n"
        "    while True:\n"
        "        before = page.text_content(item)\n"
        "        page.wait_for_function('() => performance.now() - window.winnowDesk?.since > 400')\n"  # it listens
        "        page.keyboard.press('1')\n"
        "        other = '([at, text]) => document.querySelector(at)?.textContent !== text'\n"
        "        page.wait_for_function(other, arg=[item, before])\n"
        "        print('acknowledged', flush=True)\n"
    )
    found = _chromium()
    if found is None:
        return "kills of a browser", "no Chromium here", True
    told: dict[str, Told] = {}
    with served(folder / "data", 2_000) as place:
        for n in range(scale.browser_kills):
            command = [sys.executable, "-c", code, found, f"http://{place.address}/review?reviewer=b{n}"]
            program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
            killer = threading.Timer(random.uniform(15.0, 25.0), os.killpg, (program.pid, signal.SIGKILL))
            killer.start()
            said = program.communicate()[0]
            killer.cancel()
            told[f"b{n}"] = Told(acknowledged=said.count("acknowledged"), unknown=1)
        return _row(f"{scale.browser_kills} kills of a browser that rates", place, told)


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def browsers(folder: Path, scale: Scale) -> Row:
    """Ten real browsers rate at the same time."""
    from tests.trust.browsers import rating

    program = _chromium()
    if program is None:
        return "ten browsers", "no Chromium here", True
    with served(folder / "data", 6_000) as place:
        told = asyncio.run(rating(program, place.address, 10, scale.gone_s))
        return _row(f"10 real browsers that rate for {scale.gone_s:.0f} s", place, told)


def full_disk(folder: Path, scale: Scale) -> Row:
    """A disk of its own is filled to the last byte, and emptied again. Only root may mount one."""
    data = folder / "data"
    data.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "winnow", data], check=False).returncode:
        return "the disk full", "not tried: no disk can be mounted here", True

    def harm(place: Place) -> None:
        time.sleep(5)
        ballast = place.folder / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"0" * 4096)
        time.sleep(scale.gone_s)
        ballast.unlink()
        time.sleep(15)

    try:
        return _harmed(folder, f"the disk full for {scale.gone_s:.0f} s", harm)
    finally:
        subprocess.run(["umount", "-l", data], check=False)


def locked(folder: Path, scale: Scale) -> Row:
    """Another program holds the write lock, longer than anybody waits."""

    def harm(place: Place) -> None:
        time.sleep(5)
        with closing(sqlite3.connect(place.file, isolation_level=None)) as c:
            c.execute("BEGIN IMMEDIATE")
            time.sleep(scale.gone_s)
            c.execute("ROLLBACK")
        time.sleep(30)

    return _harmed(folder, f"the database locked for {scale.gone_s:.0f} s", harm)


def gone(folder: Path, scale: Scale) -> Row:
    """The database's file is moved away and comes back."""

    def harm(place: Place) -> None:
        time.sleep(5)
        aside = place.file.with_suffix(".aside")
        place.file.rename(aside)
        time.sleep(scale.gone_s)
        aside.rename(place.file)
        time.sleep(15)

    return _harmed(folder, f"the database's file gone for {scale.gone_s:.0f} s", harm)


def restarted(folder: Path, scale: Scale) -> Row:
    """The server is ended and started as an administrator does it."""

    def harm(place: Place) -> None:
        for _ in range(3):
            time.sleep(4)
            place.end(signal.SIGTERM)
            time.sleep(2)
            place.start()
        time.sleep(5)

    return _harmed(folder, "the server ended and started again 3 times", harm)


def asleep(folder: Path, scale: Scale) -> Row:
    """A laptop that is closed: the server stands still, and goes on."""

    def harm(place: Place) -> None:
        time.sleep(4)
        assert place.process is not None
        place.process.send_signal(signal.SIGSTOP)
        time.sleep(scale.gone_s / 2)
        place.process.send_signal(signal.SIGCONT)
        time.sleep(8)

    return _harmed(folder, f"the server asleep for {scale.gone_s / 2:.0f} s", harm)


def two_tabs(folder: Path, scale: Scale) -> Row:
    """The same reviewer in two tabs, both rating as fast as they can."""
    with served(folder / "data", 2_000) as place:

        async def both() -> list[dict[str, Told]]:
            return list(await asyncio.gather(crowd(place.address, 1, 20, 0.05), crowd(place.address, 1, 20, 0.05)))

        first, second = asyncio.run(both())
        # A tab that comes too late moves on as well, to what is next; only one rating an item may stand.
        found = reckon(place, {})
        told = first["r0"].acknowledged + second["r0"].acknowledged
        with closing(sqlite3.connect(place.file)) as c:
            stored = c.execute("SELECT count(*) FROM ratings WHERE kind = 'rate'").fetchone()[0]
        happened = f"{told} acts seen, {stored} ratings, {found['doubled']} items rated twice"
        return "two tabs of one reviewer for 20 s", happened, not found["doubled"] and found["sound"] == "ok"


def postgresql(folder: Path, scale: Scale) -> Row:
    """The PostgreSQL server is stopped for 20 s and started; reviewers move on by themselves."""
    from tests import databases

    server = databases.Server(durable=True)
    try:

        def harm(place: Place) -> None:
            time.sleep(6)
            server.halt()
            time.sleep(20)
            server.go_on()
            time.sleep(30)

        url = server.database(folder / "data", "winnow")
        return _harmed(folder, "PostgreSQL stopped for 20 s", harm, url=url, reviewers=10)
    finally:
        server.stop()


def endpoint(folder: Path, scale: Scale) -> Row:
    """A model server that is down, slow, and lies; the same run then ends as if nothing had happened."""
    from tests.runs.test_kills import begin, finish

    faults = ["500", "429:0.1", "cut", "cut-body", "malformed", "empty", "html", "hang:2"]
    with FakeOpenAI(latency=0.01) as server:
        calm = finish(begin(folder / "calm", server.url, "completions"), within=900)
    with FakeOpenAI(latency=0.01, every=4, faults=faults) as server:
        wild = finish(begin(folder / "wild", server.url, "completions"), within=900)
        asked = len(server.requests)
    same = {name: wild[name] == calm[name] for name in ("accepted", "candidates", "instances", "completed")}
    happened = f"{asked} requests, a fault at every fourth; {wild['accepted']} tasks, as in a calm run"
    return "a model server that fails, stalls and lies", happened, all(same.values())


def load(folder: Path, scale: Scale) -> Row:
    """Many reviewers over sockets beside a generating run."""
    with served(folder / "data", scale.instances) as place, FakeOpenAI(latency=0.5) as models:
        command = [sys.executable, "-m", "core", "generate", "bench", "--base-url", models.url, "--model", "fake"]
        command += ["--endpoint", "completions", "--batches", "100000", "--concurrency", "4", "--json"]
        memory: list[tuple[float, float]] = []
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(2):
                memory.append((time.monotonic(), place.memory_mb()))

        with (folder / "run.log").open("wb") as said:
            run = subprocess.Popen(command, env=place.environment(), stdout=said, stderr=said)
        watcher = threading.Thread(target=watch)
        watcher.start()
        began = time.monotonic()
        told = asyncio.run(crowd(place.address, scale.reviewers, scale.load_s, 2.0))
        took = time.monotonic() - began
        stop.set()
        watcher.join()
        grew = run.poll() is None
        run.kill()
        run.wait()
        times = sorted(ms for its in told.values() for ms in its.stood)
        whole = sorted(ms for its in told.values() for ms in its.took)
        p95, whole_p95 = (each[int(0.95 * (len(each) - 1))] for each in (times, whole))
        slope = _slope(memory[len(memory) // 3 :]) * 60
        found = reckon(place, told)
        reconnects = sum(its.reconnects for its in told.values())
        happened = (
            f"{len(times)} acts in {took:.0f} s: to the next item's texts median {statistics.median(times):.0f} ms, "
            f"p95 {p95:.0f} ms, with all its buttons {statistics.median(whole):.0f} and {whole_p95:.0f}; memory "
            f"{memory[-1][1]:.0f} MB, {slope:+.2f} MB a minute in the last two thirds; lost {found['lost']}, doubled "
            f"{found['doubled']}, errors {len(found['errors']) + place.tracebacks()}, reconnects {reconnects}"  # type: ignore[arg-type]
        )
        tried = f"{scale.reviewers} reviewers for {scale.load_s:.0f} s at {scale.instances:,} instances beside a run"
        return tried, happened, _is_well(found) and grew and not reconnects


def clock(folder: Path, scale: Scale) -> Row:
    """The machine's clock jumps by days while people rate: what counts is the order of what was stored."""
    from tests.review.random_acts import main as random_acts

    jumps, real = itertools.cycle((0.0, 86_400.0, -86_400.0, 3_600.0, -3e7)), time.time
    time.time = lambda: real() + next(jumps)
    try:
        sys.argv = ["random_acts", "--acts", "400", "--seeds", "2"]
        wrong = random_acts()
    finally:
        time.time = real
    return "the clock jumps at every look, 800 random acts", f"{wrong or 'no'} difference from the history", not wrong


def _harmed(
    folder: Path,
    tried: str,
    harm: Callable[[Place], None],
    *,
    url: str = "",
    reviewers: int = 5,
    pause: float = 0.3,
) -> Row:
    """Let reviewers work until the harm is done, and reckon."""
    with served(folder / "data", 6_000, url) as place:
        told: dict[str, Told] = {}
        over = threading.Event()

        def work() -> None:
            first = 0
            while not over.is_set():
                told.update(asyncio.run(crowd(place.address, reviewers, 40.0, pause, first)))
                first += reviewers

        working = threading.Thread(target=work)
        working.start()
        time.sleep(5)
        try:
            harm(place)
        finally:
            over.set()
            working.join()
        if found := place.tracebacks():
            told["server"] = Told(errors=[f"{found} tracebacks: {place.last_error()}"])
        return _row(tried, place, told)


def _row(tried: str, place: Place, told: dict[str, Told]) -> Row:
    found = reckon(place, told)
    waited = sum(its.waited for its in told.values())
    happened = f"{found['acknowledged']} acts acknowledged, {found['lost']} lost, {found['doubled']} doubled"
    happened += f"; {waited} waited and went by themselves" if waited else ""
    again = sum(its.again for its in told.values())
    happened += f"; {again} keys came to nothing and were pressed again" if again else ""
    happened += f"; {'; '.join(found['errors'])}" if found["errors"] else ""  # type: ignore[arg-type]
    return tried, happened, _is_well(found)


def _is_well(found: dict[str, object]) -> bool:
    kept = not found["lost"] and not found["doubled"] and not found["invented"]
    return bool(kept and found["sound"] == "ok" and not found["errors"] and found["acknowledged"])


def _slope(points: list[tuple[float, float]]) -> float:
    """MB a second, by least squares."""
    middle_x, middle_y = (statistics.mean(values) for values in zip(*points, strict=True))
    over = sum((x - middle_x) * (y - middle_y) for x, y in points)
    spread = sum((x - middle_x) * (x - middle_x) for x, _ in points)
    return float(over / (spread or 1.0))


SCENARIOS: dict[str, Callable[[Path, Scale], Row]] = {
    "server-kills": server_kills,
    "worker-kills": worker_kills,
    "browser-kills": browser_kills,
    "browsers": browsers,
    "restarted": restarted,
    "asleep": asleep,
    "full-disk": full_disk,
    "locked": locked,
    "gone": gone,
    "two-tabs": two_tabs,
    "clock": clock,
    "endpoint": endpoint,
    "postgresql": postgresql,
    "load": load,
}


if __name__ == "__main__":
    sys.exit(main())
