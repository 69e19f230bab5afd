"""What models of today don't take is left out or called otherwise, once, remembered, and told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from core.llm import known
from core.llm.client import Client
from core.llm.errors import ContextTooLong, ModelError, NoSuchEndpoint, ParameterRefused, QuotaExhausted
from core.llm.findings import ParameterVerdict, told
from core.llm.going import SENT
from core.llm.known import Known
from core.llm.providers import PRESETS
from core.llm.rows.findings import DatabaseMemory
from core.records import Endpoint
from core.selfinstruct.settings import SelfInstructSettings
from tests.fake_openai import FakeOpenAI

PAPER = SelfInstructSettings().instructions
CHAT, COMPLETIONS, RESPONSES = Endpoint.CHAT, Endpoint.COMPLETIONS, Endpoint.RESPONSES


@pytest.fixture
def ask(at, ledger, run, database):
    """Ask requests one after the other with the paper's parameters; return the replies and the client's figures."""

    def go(server: FakeOpenAI, *wanted: Any, **options: Any) -> tuple[list[Any], dict[str, Any]]:
        options.setdefault("memory", DatabaseMemory(database, server.url))
        provider = options.pop("provider", at(server.url))

        async def work() -> Any:
            async with Client(provider, "", ledger, **options) as client:
                return [await client.ask(request) for request in wanted], client.figures()

        return run(work())

    return go


def paper(request_of, key="1", endpoint=CHAT, **changes):
    return request_of(key, endpoint, **{**PAPER.parameters(), "max_tokens": 100, **changes})


@pytest.mark.parametrize(
    ("like", "gone", "sent"),
    [
        ("openai-reasoning", {"temperature", "top_p", "presence_penalty"}, 6),
        ("claude", {"temperature", "top_p"}, 3),
        ("grok", {"presence_penalty"}, 3),
        ("gemini", {"presence_penalty"}, 2),
        ("fastapi", {"presence_penalty"}, 3),
        ("tgi", set(), 1),
        ("vllm", set(), 1),
        ("four-stops", set(), 1),
    ],
)
def test_a_real_servers_refusals_are_read_left_out_remembered_and_told(ask, request_of, like, gone, sent):
    with FakeOpenAI(like=like) as server:
        (first, second), figures = ask(server, paper(request_of), paper(request_of, "2"))
        assert len(server.requests) == sent + 1, "the second request goes at once without what the first learnt"
        (third,), _ = ask(server, paper(request_of, "3"))  # another client, as after a restart
        assert len(server.requests) == sent + 2
    assert first.text and second.text and third.text
    assert {name for name, verdict in figures["not_taken"].get("instances", {}).items() if verdict == "refused"} == gone
    for name in gone:
        assert name in told(figures["not_taken"])
        assert third.body[SENT][name] is None


def test_a_switch_stops_the_run_instead(ask, request_of):
    with FakeOpenAI(like="grok") as server, pytest.raises(ParameterRefused, match="presence_penalty"):
        ask(server, paper(request_of), leave_out=False)
    assert len(server.requests) == 1


def test_a_parameter_that_is_refused_although_it_was_left_out_is_not_asked_for_ever(ask, request_of):
    def stubborn(endpoint, body, prompt):
        return 400, {"error": {"message": "Unsupported parameter: 'max_tokens'", "param": "max_tokens"}}, {}

    with FakeOpenAI(like=stubborn) as server, pytest.raises(ModelError, match="max_tokens"):
        ask(server, paper(request_of))
    assert len(server.requests) <= 3


def test_more_stop_sequences_than_a_server_takes_are_cut_here(ask, request_of):
    stops = ["\n\n", "one\n\n", "STOP", "END", "HALT", "QUIT"]
    with FakeOpenAI(like="four-stops", answer=lambda body, prompt: "kept QUIT dropped") as server:
        (reply,), figures = ask(server, paper(request_of, stop=stops))
    assert server.requests[-1].body["stop"] == ["\n\n", "STOP", "END", "HALT"], "one is met wherever another is"
    assert (reply.text, reply.finish_reason) == ("kept ", "stop")
    assert told(figures["not_taken"]) == "", "the setting held all the same"


@pytest.mark.parametrize("endpoint", [CHAT, COMPLETIONS])
def test_a_stop_that_a_server_swallows_is_cut_here(ask, request_of, endpoint):
    with FakeOpenAI(answer=lambda body, prompt: "one\n\ntwo 16. three", script=["length"]) as server:
        (reply,), _ = ask(server, paper(request_of, endpoint=endpoint, stop=["16.", "\n\n"]))
    assert (reply.text, reply.finish_reason) == ("one", "stop")


def test_what_a_provider_is_known_to_swallow_is_not_sent_and_counts_as_not_taken(ask, request_of, monkeypatch):
    here = Known("127.0.0.1", "^fake$", ("presence_penalty",), "a page", "2026-11-21")
    blank = Known("127.0.0.1", "", ("stop",), "a page", "2026-11-21", known.WHITE_SPACE)
    monkeypatch.setattr(known, "SWALLOWED", (here, blank))
    with FakeOpenAI(answer=lambda body, prompt: "one\n\ntwo") as server:
        (reply,), figures = ask(server, paper(request_of))
    assert "presence_penalty" not in server.requests[0].body
    assert server.requests[0].body["stop"] == ["\n16", "16.", "16 ."], "those that are not white space alone"
    assert figures["not_taken"]["instances"] == {"presence_penalty": "swallowed", "stop": "cut here"}
    assert told(figures["not_taken"]) == "This model did not take these settings: presence_penalty (instances)."
    assert reply.text == "one"


def test_what_is_known_of_providers_has_a_source_and_a_date():
    deepseek = replace(PRESETS["custom"], base_url="https://api.deepseek.com/v1")
    assert known.of(deepseek, CHAT, "deepseek-reasoner")["temperature"].verdict is ParameterVerdict.SWALLOWED
    assert known.of(replace(deepseek, base_url="https://api.deepseek.com.evil.example/v1"), CHAT, "v4-think") == {}
    for row in known.SWALLOWED:
        assert row.source and row.as_of >= "2026"


def test_a_reply_that_is_too_long_for_the_model_shrinks_to_what_the_server_says_fits(ask, request_of):
    with FakeOpenAI(like="vllm") as server:
        (reply,), _ = ask(server, request_of("1", CHAT, max_tokens=5000))
    asked = [sent.body["max_tokens"] for sent in server.requests]
    assert asked[0] == 5000 and asked[-1] >= 2000 and len(asked) <= 3
    assert reply.body[SENT] == {"max_tokens": asked[-1]}


def test_a_prompt_that_alone_is_too_long_is_told_at_once(ask, request_of):
    with FakeOpenAI(like="vllm") as server, pytest.raises(ContextTooLong, match="show fewer examples"):
        ask(server, request_of("1", CHAT, messages=[{"role": "user", "content": "word " * 3000}]))
    assert len(server.requests) == 1


def test_little_credit_shortens_a_reply_a_little_and_not_to_a_stump(ask, request_of):
    with FakeOpenAI(like="openrouter") as server:
        (reply,), _ = ask(server, request_of("1", CHAT, max_tokens=400))
        assert reply.body[SENT] == {"max_tokens": 312}
        with pytest.raises(ContextTooLong, match="credit"):
            ask(server, request_of("2", CHAT, max_tokens=1024))
    with FakeOpenAI(script=["402"]) as server, pytest.raises(QuotaExhausted):
        ask(server, request_of("3", CHAT))


def test_a_model_on_responses_alone_is_asked_there_in_its_own_words(ask, request_of):
    with FakeOpenAI(like="responses-only") as server:
        with pytest.raises(NoSuchEndpoint, match="choose the endpoint responses"):
            ask(server, paper(request_of))
        with pytest.raises(NoSuchEndpoint, match="choose the endpoint responses"):
            ask(server, paper(request_of, "2", COMPLETIONS))
        (reply,), figures = ask(server, paper(request_of, "3", RESPONSES, max_tokens=None))
    body = server.requests[-1].body
    assert body["max_output_tokens"] == 100 and "messages" not in body and "stop" not in body
    assert reply.text and reply.prompt_tokens
    assert figures["not_taken"]["instances"] == {"stop": "cut here", "presence_penalty": "no such parameter"}


def test_azure_has_a_header_of_its_own_and_the_deployment_in_its_path(ask, request_of, at, ledger, run):
    with FakeOpenAI() as server:
        base = server.url.removesuffix("/v1") + "/openai?api-version=2024-10-21"
        azure = replace(PRESETS["azure"], base_url=base, api_version="2024-10-21")

        async def work() -> Any:
            async with Client(azure, "azure-key-0123456789", ledger) as client:
                return await client.ask(request_of("1", CHAT))

        assert run(work()).text
        assert server.requests[0].path == "/openai/deployments/fake/chat/completions?api-version=2024-10-21"
        assert server.requests[0].headers["api-key"] == "azure-key-0123456789"
        assert "authorization" not in server.requests[0].headers


def test_refusals_that_come_together_are_learnt_once(ask, at, ledger, run, request_of):
    async def work() -> Any:
        async with Client(at(server.url), "", ledger, concurrency=8) as client:
            await asyncio.gather(*(client.ask(paper(request_of, f"1/{n}")) for n in range(8)))
            return client.figures()

    with FakeOpenAI(like="openai-reasoning", latency=0.01) as server:
        figures = run(work())
    assert set(figures["not_taken"]["instances"]) == {"temperature", "top_p", "presence_penalty", "stop"}
    assert max(server.answered.values()) == 1, "nothing is answered twice"
