"""The fake server itself, as other tests rely on it: as a process of its own, with a journal."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from core.records import Endpoint
from core.selfinstruct.parsing import instances, instructions, is_classification
from core.selfinstruct.prompts import Sampling
from core.selfinstruct.settings import PRESETS
from core.selfinstruct.templates import fill
from core.settings import PROJECT
from tests.fake_openai import FakeOpenAI


def test_as_a_process_it_prints_its_address_and_keeps_a_journal(tmp_path: Path):
    journal = tmp_path / "journal.jsonl"
    command = [sys.executable, "-m", "tests.fake_openai", "--journal", str(journal), "--script", "500,ok"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as server:
        try:
            url = server.stdout.readline().strip()
            body = {"model": "fake", "prompt": "Hello", "max_tokens": 5}
            assert [httpx2.post(f"{url}/completions", json=body).status_code for _ in range(2)] == [500, 200]
            deadline = time.monotonic() + 60  # the last line is written just after the reply has left
            while len(lines := [json.loads(line) for line in journal.read_text().splitlines()]) < 3:
                assert time.monotonic() < deadline
        finally:
            server.kill()
    assert [(line["number"], line.get("answered", False)) for line in lines] == [(1, False), (2, False), (2, True)]
    assert lines[0]["body"] == body
    assert len({line["prompt"] for line in lines}) == 1


def test_faults_come_every_nth_request():
    with FakeOpenAI(every=3, faults=["500", "429"]) as server:
        body = {"model": "fake", "prompt": "Hello"}
        got = [httpx2.post(f"{server.url}/completions", json=body).status_code for _ in range(9)]
    assert got == [200, 200, 500, 200, 200, 429, 200, 200, 500]


@pytest.mark.parametrize("preset", PRESETS)
def test_its_replies_read_as_each_step_of_self_instruct_and_depend_on_the_prompt_alone(preset):
    settings = PRESETS[preset]
    chat = settings.endpoint is Endpoint.CHAT

    def reply(template: str, sampling: Sampling, **values: str) -> str:
        prompt = fill(template, **values)
        spoken = {"messages": [{"role": "user", "content": prompt}]} if chat else {"prompt": prompt}
        body = {"model": "fake", **spoken, "max_tokens": sampling.max_tokens, "stop": list(sampling.stop)}
        path = "chat/completions" if chat else "completions"
        choices = [httpx2.post(f"{server.url}/{path}", json=body).json()["choices"][0] for _ in range(2)]
        assert choices[0] == choices[1]
        return choices[0]["message"]["content"] if chat else choices[0]["text"]

    with FakeOpenAI() as server:
        shown = "1. Name a bird.\n2. Name a tree."
        found = instructions(
            reply(settings.instructions_template, settings.instructions, examples=shown, next="3", last="10"),
            settings.endpoint,
        )
        assert 6 <= len(found) <= 8
        for asked, labelled in (("Classify the letter as true or false.", True), ("Rewrite the letter.", False)):
            answer = reply(settings.classification_template, settings.classification, examples="", instruction=asked)
            assert is_classification(answer, settings.endpoint) == labelled
            template = settings.output_first_template if labelled else settings.input_first_template
            sampling = settings.instances_of_classification if labelled else settings.instances
            examples = "Task: Old\nClass label: true\nText" if labelled else "Task: Old\nOutput: Text"
            answer = reply(template, sampling, examples=examples, instruction=asked)
            made = instances(answer, labelled, settings.endpoint)
            assert made
            assert all(output for _, output in made)
