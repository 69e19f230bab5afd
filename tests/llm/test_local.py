"""A model in this program answers like a server: in batches, with stops and penalties, and says what it can't do."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from core.llm import hub_waiting, local
from core.llm.client import Client
from core.llm.errors import NoSuchEndpoint, UnknownModel
from core.llm.findings import NoMemory
from core.llm.going import SENT
from core.llm.providers import provider
from core.llm.sampling import Sampling
from core.llm.target import Target
from core.llm.trial import try_model
from core.records import Endpoint
from tests.llm import tiny_model

CHAT, COMPLETIONS = Endpoint.CHAT, Endpoint.COMPLETIONS


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    return str(tiny_model.make(tmp_path_factory.mktemp("tiny")))


@pytest.fixture
def ask(ledger):
    def go(*wanted: Any) -> Any:
        async def work() -> Any:
            async with Client(provider("local"), "", ledger, timeout=0.001) as client:
                replies = await asyncio.gather(*(client.ask(request) for request in wanted))
                return replies, client.note

        return asyncio.run(asyncio.wait_for(work(), 300))

    return go


def test_requests_that_wait_together_are_answered_in_one_batch(ask, request_of, model, monkeypatch):
    from core.llm.generating import Generator  # loads torch

    sizes = []
    write = Generator.write

    def counted(self, asked, how):
        sizes.append(len(asked))
        return write(self, asked, how)

    monkeypatch.setattr(Generator, "write", counted)
    replies, note = ask(*(request_of(f"1/{n}", CHAT, model, max_tokens=8, temperature=0) for n in range(6)))
    assert len(sizes) < 6 and sum(sizes) == 6
    assert all(reply.prompt_tokens and reply.completion_tokens for reply in replies)
    assert note == f"{model} answers on this machine's processor."


def test_greedy_replies_do_not_depend_on_who_waits_beside(ask, request_of, model):
    alone, _ = ask(request_of("1", COMPLETIONS, model, max_tokens=12, temperature=0))
    long = {"prompt": "Write a poem about the sea. " * 5}
    again = request_of("2", COMPLETIONS, model, max_tokens=12, temperature=0, prompt="Task: Write about 1")
    together, _ = ask(again, request_of("3", COMPLETIONS, model, max_tokens=12, temperature=0, **long))
    assert together[0].text == alone[0].text


def test_a_stop_sequence_ends_a_reply_and_a_limit_cuts_it(ask, request_of, model):
    (whole,), _ = ask(request_of("1", COMPLETIONS, model, max_tokens=20, temperature=0))
    assert whole.finish_reason in ("length", "stop") and len(whole.text) > 6
    stop = whole.text[4:6]
    (cut,), _ = ask(
        request_of("2", COMPLETIONS, model, max_tokens=20, temperature=0, stop=[stop], prompt="Task: Write about 1")
    )
    assert cut.text == whole.text[: whole.text.find(stop)] and cut.finish_reason == "stop"


def test_penalties_keep_a_model_from_repeating_itself(ask, request_of, model):
    same = {"prompt": "Name", "max_tokens": 60, "temperature": 0}
    (plain, spread), _ = ask(
        request_of("1", COMPLETIONS, model, **same),
        request_of("2", COMPLETIONS, model, **same, frequency_penalty=2.0, presence_penalty=2.0),
    )

    def variety(text: str) -> float:
        return len({text[n : n + 3] for n in range(len(text) - 2)}) / len(text)

    assert variety(spread.text) > variety(plain.text)


def test_what_it_does_not_know_is_left_out_and_told_and_a_long_reply_shrinks(ask, request_of, model):
    (reply,), _ = ask(request_of("1", CHAT, model, max_tokens=5000, temperature=0, reasoning_effort="none"))
    assert reply.body[SENT]["reasoning_effort"] is None
    assert 32 <= reply.body[SENT]["max_tokens"] < 256


def test_a_folder_without_a_model_and_a_base_model_on_chat_are_told_in_a_sentence(ask, request_of, tmp_path: Path):
    with pytest.raises(UnknownModel, match="could not be loaded"):
        ask(request_of("1", CHAT, str(tmp_path / "nothing")))
    base = str(tiny_model.make(tmp_path / "base", chat=False))
    with pytest.raises(NoSuchEndpoint, match="choose the endpoint completions"):
        ask(request_of("2", CHAT, base))
    target = Target("local", provider("local").base_url, base, COMPLETIONS)
    assert try_model(target, "", {"a step": Sampling(max_tokens=8)}, {}, NoMemory()).ok


def test_loading_is_told_while_it_lasts(monkeypatch):
    began = local.LocalModel.__new__(local.LocalModel)
    began.name, began._began, began._loaded, began._failed = "a/model", 0.0, "", ""
    began._unanswered = hub_waiting.Unanswered()
    assert began.status.startswith("Loading a/model (")


def test_a_hub_that_does_not_answer_is_one_sentence(ask, request_of, monkeypatch, caplog):
    def retrying(name: str, **_: object) -> None:
        logger = logging.getLogger("huggingface_hub.utils._http")
        for attempt in range(1, 4):
            logger.warning(f"'[Errno -2]' thrown while requesting HEAD https://hub.invalid/{name}")
            logger.warning(f"Retrying in 1s [Retry {attempt}/5].")
            assert f"it was asked {attempt} times" in local.status()
        raise OSError("We couldn't connect to the hub.")

    monkeypatch.setattr("core.llm.generating.AutoTokenizer.from_pretrained", retrying)
    with pytest.raises(UnknownModel, match=r"the hub did not answer \(3 attempts\)"):
        ask(request_of("1", CHAT, "nobody/nothing-here"))
    assert [one.getMessage() for one in caplog.records] == [hub_waiting.SENTENCE]
