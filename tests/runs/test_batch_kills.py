"""kill -9 at each stage of a batch's life, and the same command again: nothing is sent, created or paid for twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from core.database import open_database
from core.settings import PROJECT
from tests import databases
from tests.fake_batches import FakeBatches
from tests.fake_openai import FakeOpenAI
from tests.selfinstruct import growing

# Each time the program comes to the next of these for the first time since its start, it is killed there.
STAGES = (
    *(("upload", "before"), ("upload", "after"), ("create", "before"), ("create", "after")),
    *(("look_batch", "after"), ("content", "after")),
)


def begin(folder: Path, url: str) -> subprocess.Popen[str]:
    words = ("generate", "a pool", "--base-url", url, "--model", "fake", "--batches", "1", "--batch-api", "--json")
    command = [sys.executable, "-m", "tests.runs.quick_program", *words, "--set", "prompts_per_batch=3"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(
        [*command, "--endpoint", "completions"], cwd=PROJECT, env=databases.environment(folder), **pipes
    )


def test_a_run_that_is_killed_at_each_stage_of_its_batches_sends_and_pays_for_nothing_twice(tmp_path: Path) -> None:
    calm = open_database(databases.address(tmp_path / "calm"))
    with FakeOpenAI() as server:
        growing.grow(calm, server.url, batches=1)
    stages, program = list(STAGES), None

    def kill(call: str, when: str) -> None:
        if stages and (call, when) == stages[0] and program is not None:
            stages.pop(0)
            program.send_signal(signal.SIGKILL)
            program.wait()

    with FakeBatches(on=kill) as server:
        while stages:
            left = len(stages)
            program = begin(tmp_path / "killed", server.url)
            program.communicate(timeout=300)
            assert len(stages) < left, "it ended before it came to this stage"
        program = begin(tmp_path / "killed", server.url)
        out, err = program.communicate(timeout=300)
        assert program.returncode == 0, out + err
        assert json.loads(out)["run"] == 1
        assert set(Counter(sent.prompt for sent in server.requests).values()) == {1}
        names = Counter(batch.metadata["winnow"] for batch in server.batches.values())
        assert set(names.values()) == {1}
    killed = open_database(databases.address(tmp_path / "killed"))
    assert growing.picture(killed) == growing.picture(calm)
