"""kill -9 while texts are reversed and rewritten, and the same command again: nothing paid is asked twice."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from core.database import open_database
from core.pool import pools as pool_store
from core.settings import PROJECT
from tests import databases
from tests.fake_openai import FakeOpenAI
from tests.reinstruct.reversing import picture, reply, some_texts, with_texts

CONCURRENCY, KILLS, TEXTS = 6, 3, 24


def lagging(body: Any, prompt: str) -> str:
    """The usual reply, but one text of each batch takes its time, so that a kill finds the others' replies unread."""
    if "Background:" not in prompt and int(re.findall(r"Text (\d+) on", prompt)[-1]) % 8 == 7:
        time.sleep(0.4)
    return reply(body, prompt)


def begin(folder: Path, url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "core", "corpus", "run", "a pool", "--base-url", url, "--model", "fake", "--json"]
    command += ["--endpoint", "chat", "--target", "1000", "--concurrency", str(CONCURRENCY)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=PROJECT, env=databases.environment(folder), **pipes)


def finish(program: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = program.communicate(timeout=300)
    assert program.returncode == 0, out + err
    return dict(json.loads(out))


def paid_prompts(folder: Path) -> set[str]:
    """The prompts whose reply is on disk."""
    stored = "SELECT CAST(body AS TEXT) FROM requests WHERE id IN (SELECT request_id FROM replies WHERE error IS NULL)"
    return {json.loads(body)["messages"][0]["content"] for (body,) in databases.rows(folder, stored)}


def prepared(folder: Path) -> Any:
    database = open_database(databases.address(folder))
    with_texts(database, some_texts(TEXTS))
    return database


def test_a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    databases = [prepared(calm), prepared(killed)]
    chance = random.Random()  # other points each time; the seed below tells which
    seed = chance.randrange(1_000_000)
    chance.seed(seed)
    with FakeOpenAI(answer=reply) as server:
        undisturbed = finish(begin(calm, server.url))
        needed = len(server.requests)
    seen: set[str] = set()
    over = threading.Event()

    def withheld(body: Any, prompt: str) -> str:
        """The last text's reply is kept back until the kills are over: a run that is done has nothing to go on with."""
        seen.add(prompt)
        if len(seen) >= needed:
            over.wait(300)
        return lagging(body, prompt)

    with FakeOpenAI(answer=withheld, latency=0.02) as server:
        paid: set[str] = set()
        for at in sorted(chance.sample(range(1, needed), KILLS)):
            program, sent = begin(killed, server.url), len(server.requests)
            while len(server.requests) < max(at, sent + 1) and program.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.random() * 0.3)
            program.send_signal(signal.SIGKILL)
            program.communicate()
            assert not {request.prompt for request in server.requests[sent:]} & paid, f"seed {seed}: paid twice"
            paid = paid_prompts(killed)
        over.set()
        sent = len(server.requests)
        ended = finish(begin(killed, server.url))
        assert not {request.prompt for request in server.requests[sent:]} & paid, f"seed {seed}: paid twice"
        times = Counter(request.prompt for request in server.requests if request.prompt)
    assert len(times) == needed
    assert sum(times.values()) - needed <= KILLS * CONCURRENCY  # those in flight at a kill, and no others
    figures = ("run", "state", "texts", "accepted", "candidates", "instances", "completed", "requests", "pool_texts")
    assert {name: ended[name] for name in figures} == {name: undisturbed[name] for name in figures}
    pictures = []
    for database in databases:
        with database.read() as c:
            pool = pool_store.get(c, "a pool")
        pictures.append(picture(database, pool))
        database.close()
    assert pictures[0] == pictures[1], f"seed {seed}"
