"""The demo: recorded replies through the real client, without a key and without a network."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from core.llm.client import Client
from core.llm.demo import ORDINAL, STEP, DemoTransport
from core.llm.errors import RequestRefused, UnknownModel
from core.llm.providers import PRESETS
from core.llm.rows.requests import RunLedger
from core.records import Endpoint, Request
from core.settings import PROJECT

BOTH = pytest.mark.parametrize("endpoint", [Endpoint.COMPLETIONS, Endpoint.CHAT])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A few recordings of our own."""

    def write(name: str, *lines: dict) -> None:
        file = tmp_path / "seeds" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")

    write("demo/instructions.jsonl", *({"text": f" reply {n}", "finish_reason": "stop"} for n in range(3)))
    write(
        "demo/classification.jsonl",
        {"instruction": "Name a bird.", "text": " No", "finish_reason": "stop"},
        {"instruction": "Is this rude?", "text": " Yes", "finish_reason": "stop"},
    )
    write(
        "demo/instances.jsonl",
        {"instruction": "Name a bird.", "text": "\nOutput: Wren", "finish_reason": "length"},
        {"instruction": "Name a bird. Name a bird.", "text": "\nOutput: Wren, owl", "finish_reason": "stop"},
        {"instruction": "写一首诗。", "text": "\nOutput: 秋", "finish_reason": "stop"},
    )
    write("corpus/reverse.jsonl", {"source_hash": "abc", "text": "Tell me of owls.", "finish_reason": "stop"})
    write("corpus/rewrite.jsonl", {"source_hash": "abc", "text": "Owls fly.", "finish_reason": "stop"})
    return tmp_path / "seeds"


@pytest.fixture
def ask(folder: Path, ledger: RunLedger, run):
    """Ask the demo at a step with a prompt; every call is a new request."""
    keys = iter(range(10_000))

    def go(step, prompt, endpoint=Endpoint.COMPLETIONS, ordinal=None, source=None, model="demo", folder=folder):
        spoken = {"prompt": prompt}
        if endpoint is Endpoint.CHAT:
            spoken = {"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": prompt}]}
        body = {"model": model, **spoken, "max_tokens": 300}
        request = Request(f"{next(keys)}/{step}", step, endpoint, model, body, ordinal=ordinal)

        async def work():
            async with Client(PRESETS["demo"], "", ledger, transport=DemoTransport(0, folder)) as client:
                return await client.ask(request, source=source)

        return run(work())

    return go


@BOTH
def test_instruction_requests_are_answered_in_order_and_from_the_first_again(ask, endpoint):
    got = [ask("instructions", "A prompt:\n1.", endpoint, ordinal).text for ordinal in range(5)]
    assert got == [" reply 0", " reply 1", " reply 2", " reply 0", " reply 1"]


@BOTH
def test_other_requests_are_answered_by_the_instruction_that_ends_last(ask, endpoint):
    prompt = "Task: Name a bird.\nAnswer: No\n\nTask: {}\nAnswer:"
    assert ask("classification", prompt.format("Is this rude?"), endpoint).text == " Yes"
    assert ask("classification", "Task: Is this rude?\n\nTask: Name a bird.\n", endpoint).text == " No"
    assert ask("instances", "Task: 写一首诗。\n", endpoint).text == "\nOutput: 秋"


def test_of_two_instructions_that_end_together_the_longer_one_is_meant(ask):
    assert ask("instances", "Task: Name a bird. Name a bird.\n").text == "\nOutput: Wren, owl"
    assert ask("instances", "Task: Name a bird.\n").finish_reason == "length"


def test_a_text_of_the_corpus_is_answered_by_its_hash(ask):
    assert ask("reverse", "...", source="abc").text == "Tell me of owls."
    assert ask("rewrite", "...", source="abc").text == "Owls fly."


def test_what_was_never_recorded_is_told_with_the_next_step(ask):
    for step, source in (("instances", None), ("reverse", "xyz"), ("../instances", None), ("unheard", None)):
        with pytest.raises(RequestRefused, match="no recorded reply"):
            ask(step, "Task: Something else.", source=source)


def test_the_demo_has_one_model(ask):
    with pytest.raises(UnknownModel):
        ask("instructions", "A prompt", model="gpt-4o")


def test_the_demo_is_free_and_its_figures_move(ask, ledger):
    reply = ask("instances", "Task: Name a bird.\n")
    assert (reply.usd, reply.prompt_tokens, reply.completion_tokens) == (0.0, 4, 2)
    assert ledger.usage().usd == 0.0


def test_recordings_that_begin_again_say_so(folder):
    transport = DemoTransport(0, folder)
    assert transport._find("x", {STEP: "instructions", ORDINAL: "2"}) and transport.status == ""
    assert transport._find("x", {STEP: "instructions", ORDINAL: "3"})
    assert transport.status.startswith("All 3 recorded replies are used up")


def test_the_delay_makes_progress_visible(folder):
    async def work():
        transport = DemoTransport(0.03, folder)
        import httpx2

        request = httpx2.Request("POST", "http://demo.invalid/v1/completions", json={"model": "demo", "prompt": "x"})
        clock = asyncio.get_running_loop().time
        before = clock()
        await transport.handle_async_request(request)
        return clock() - before

    assert asyncio.run(work()) >= 0.03


def test_every_shipped_instruction_finds_its_own_two_replies(ask):
    """Read the shipped recordings as a run would: each instruction of a reply, asked for in a prompt of its own."""
    shipped = PROJECT / "seeds"
    lines = (shipped / "demo" / "instances.jsonl").read_text(encoding="utf-8").splitlines()
    recorded = {json.loads(line)["instruction"]: json.loads(line) for line in lines}
    first = ask("instructions", "Tasks:\n9.", ordinal=0, folder=shipped).text
    instructions = [part.strip() for part in re.split(r"\n\d+\. ", first)]
    met = [text for text in instructions if text in recorded]
    assert len(met) >= 3
    for text in met:
        prompt = f"Task: Name a colour.\nOutput: red\n\nTask: {text}\n"
        assert ask("instances", prompt, folder=shipped).text == recorded[text]["text"]


def test_every_shipped_text_of_the_corpus_has_both_replies(ask):
    shipped = PROJECT / "seeds"
    for step in ("reverse", "rewrite"):
        for line in (shipped / "corpus" / f"{step}.jsonl").read_text(encoding="utf-8").splitlines():
            recording = json.loads(line)
            assert ask(step, "...", source=recording["source_hash"], folder=shipped).text == recording["text"]
