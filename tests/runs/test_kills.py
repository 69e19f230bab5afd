"""kill -9 at any point, and the same command again: nothing paid is asked twice, and the pool is that of a calm run."""

from __future__ import annotations

import itertools
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.database import open_database
from core.records import RunState
from core.runs.rows import runs as run_store
from core.settings import PROJECT
from tests import databases
from tests.fake_openai import FakeOpenAI
from tests.fake_replies import self_instruct_reply
from tests.selfinstruct.growing import picture

BATCHES, CONCURRENCY, KILLS = 3, 8, 3


def command(url: str, endpoint: str) -> list[str]:
    return [
        *(sys.executable, "-m", "core", "generate", "a pool", "--base-url", url, "--model", "fake", "--json"),
        *("--endpoint", endpoint, "--batches", str(BATCHES), "--concurrency", str(CONCURRENCY), "--set"),
        "prompts_per_batch=3",
    ]


def begin(folder: Path, url: str, endpoint: str) -> subprocess.Popen[str]:
    environment = databases.environment(folder)
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command(url, endpoint), cwd=PROJECT, env=environment, **pipes)


def finish(program: subprocess.Popen[str], within: float = 300) -> dict[str, Any]:
    out, err = program.communicate(timeout=within)
    assert program.returncode == 0, out + err
    return dict(json.loads(out))


def paid_prompts(folder: Path) -> set[str]:
    """The prompts whose reply is on disk."""
    stored = "SELECT CAST(body AS TEXT) FROM requests WHERE id IN (SELECT request_id FROM replies WHERE error IS NULL)"
    bodies = [json.loads(row[0]) for row in databases.rows(folder, stored)]
    return {b["prompt"] if "prompt" in b else "\n\n".join(m["content"] for m in b["messages"]) for b in bodies}


@pytest.mark.parametrize("endpoint", ["completions", "chat"])
def test_a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_happened(tmp_path: Path, endpoint: str) -> None:
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    chance = random.Random()  # other points each time; the seed below tells which
    seed = chance.randrange(1_000_000)
    chance.seed(seed)
    with FakeOpenAI(latency=0.01) as server:
        undisturbed = finish(begin(calm, server.url, endpoint))
        needed = len(server.requests)
    with FakeOpenAI(latency=0.03) as server:
        paid: set[str] = set()
        for at in sorted(chance.sample(range(1, needed), KILLS)):
            program, sent = begin(killed, server.url, endpoint), len(server.requests)
            while len(server.requests) < max(at, sent + 1) and program.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.random() * 0.05)
            program.send_signal(signal.SIGKILL)
            program.communicate()
            assert not {request.prompt for request in server.requests[sent:]} & paid, f"seed {seed}: paid twice"
            paid = paid_prompts(killed)
        sent = len(server.requests)
        ended = finish(begin(killed, server.url, endpoint))
        assert not {request.prompt for request in server.requests[sent:]} & paid, f"seed {seed}: paid twice"
        times = Counter(request.prompt for request in server.requests if request.prompt)  # "": killed while it sent
    assert len(times) == needed
    assert sum(times.values()) - needed <= KILLS * CONCURRENCY  # those in flight at a kill, and no others
    assert (ended["run"], ended["state"]) == (1, "done")
    assert {k: ended[k] for k in ("accepted", "candidates", "instances", "completed", "requests")} == {
        k: undisturbed[k] for k in ("accepted", "candidates", "instances", "completed", "requests")
    }
    one, other = (open_database(databases.address(folder)) for folder in (calm, killed))
    assert picture(other) == picture(one), f"seed {seed}"


def test_ctrl_c_puts_the_run_down_in_a_sentence_and_it_goes_on(tmp_path: Path) -> None:
    pressed = threading.Event()

    def held(body: Mapping[str, Any], prompt: str) -> str:
        """The first twelve replies come at once, the others when the key has been pressed: it is at work until then."""
        if next(number) > 12:
            assert pressed.wait(300)
        return self_instruct_reply(body, prompt)

    number = itertools.count(1)
    with FakeOpenAI(answer=held) as server:
        program = begin(tmp_path, server.url, "completions")
        while len(server.requests) < 12 + CONCURRENCY:
            assert program.poll() is None
            time.sleep(0.01)
        program.send_signal(signal.SIGINT)
        pressed.set()
        out, err = program.communicate(timeout=300)
        assert program.returncode == 130
        assert "Traceback" not in err
        assert "Stopped" in json.loads(out)["error"]
        database = open_database(databases.address(tmp_path))
        with database.read() as c:
            assert run_store.get(c, 1).state is RunState.STOPPED
        paid, sent = paid_prompts(tmp_path), len(server.requests)
        assert len(paid) == sent, "what was on its way has come home"
        assert finish(begin(tmp_path, server.url, "completions"))["run"] == 1
        assert not {request.prompt for request in server.requests[sent:]} & paid
