"""The button of the page Models: in plain words what is wrong, at the price of a small request a step."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from core.llm.body import ANSWERING, limit_of
from core.llm.connection import list_models
from core.llm.errors import NoServer, WrongKey
from core.llm.findings import NoMemory
from core.llm.providers import PRESETS, Provider, provider
from core.llm.sampling import Sampling
from core.llm.target import Target
from core.llm.trial import Trial, try_model
from core.records import Endpoint, NotFound, Refused
from tests.fake_openai import FakeOpenAI

COMPLETIONS, CHAT = Endpoint.COMPLETIONS, Endpoint.CHAT
STEPS = {"a step": Sampling(max_tokens=8)}


def tried(server: Provider, key: str, model: str, endpoint: Endpoint) -> Trial:
    return try_model(Target(server.name, server.base_url, model, endpoint), key, STEPS, {}, NoMemory())


def test_the_model_list_is_sorted(at):
    with FakeOpenAI(models=["zeta", "alpha"]) as server:
        assert list_models(at(server.url), "") == ["alpha", "zeta"]


def test_the_model_list_needs_the_key(at):
    with FakeOpenAI(key="sk-right-one-00") as server, pytest.raises(WrongKey):
        list_models(at(server.url), "sk-wrong-one-00")


def test_models_can_be_listed_where_an_event_loop_runs_already(at):
    async def notebook() -> list[str]:
        return list_models(at(server.url), "")

    with FakeOpenAI() as server:
        assert asyncio.run(notebook()) == ["fake"]


@pytest.mark.parametrize("endpoint", ANSWERING)
def test_a_good_connection_costs_one_small_request_a_step(at, endpoint):
    with FakeOpenAI(key="sk-right-one-00") as server:
        trial = tried(at(server.url), "sk-right-one-00", "fake", endpoint)
    assert trial.ok
    assert trial.models == ("fake",)
    assert [limit_of(sent.body) for sent in server.requests] == [8]


@pytest.mark.parametrize(
    ("settings", "key", "model", "endpoint", "words"),
    [
        ({"key": "sk-right-one-00"}, "", "fake", CHAT, "none is set"),
        ({"key": "sk-right-one-00"}, "sk-wrong-one-00", "fake", CHAT, "doesn't accept the key"),
        ({"models": ["other"]}, "", "fake", CHAT, 'has no model "fake"'),
        ({"endpoints": ["chat", "models"]}, "", "fake", COMPLETIONS, "choose the endpoint chat"),
        ({"endpoints": ["completions", "models"]}, "", "fake", CHAT, "choose the endpoint completions"),
        ({"script": ["500"]}, "", "fake", CHAT, "failed with status 500"),
        ({"script": ["quota"]}, "", "fake", CHAT, "no credit"),
        ({"script": ["html"]}, "", "fake", CHAT, "base URL"),
        ({}, "", "", CHAT, "choose its one model"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(at, settings, key, model, endpoint, words):
    with FakeOpenAI(**settings) as server:
        report = tried(at(server.url), key, model, endpoint)
    assert not report.ok
    assert words in report.sentence
    assert "sk-" not in report.sentence
    assert len(server.requests) <= 1


def test_a_dead_server_is_said_in_plain_words(at):
    with FakeOpenAI() as server:
        pass
    report = tried(at(server.url), "", "fake", CHAT)
    assert not report.ok
    assert "Nothing answers at" in report.sentence
    with pytest.raises(NoServer):
        list_models(at(server.url), "")


def test_a_server_without_a_model_list_is_tried_all_the_same(at):
    with FakeOpenAI(endpoints=["chat"]) as server:
        trial = tried(at(server.url), "", "fake", CHAT)
    assert trial.ok and trial.models == ()


def test_a_model_that_wants_max_completion_tokens_is_asked_so(at):
    with FakeOpenAI(refuses=["max_tokens"]) as server:
        assert tried(at(server.url), "", "fake", CHAT).ok


def test_the_demo_needs_no_network_and_no_key():
    report = tried(PRESETS["demo"], "", "demo", COMPLETIONS)
    assert report.ok, report.sentence
    assert report.models == ("demo",)


def test_a_password_in_the_address_is_not_shown(at):
    with FakeOpenAI(models=["other"]) as server:
        there = at(server.url.replace("http://", "http://me:hunter2@"))
        with pytest.raises(Refused, match="holds a name or password") as refused:
            tried(there, "", "fake", CHAT)
    assert "hunter2" not in str(refused.value)


def test_providers_have_names_addresses_and_endpoints():
    assert provider("vllm").base_url == "http://localhost:8000/v1"
    assert provider("ollama", "http://gpu:11434/v1/").base_url == "http://gpu:11434/v1"
    assert provider("openai").needs_key
    assert provider("").is_demo
    assert provider("", "http://gpu:8000/v1").name == "custom"


def test_an_address_copied_from_one_call_is_cut_to_its_base():
    assert provider("custom", "https://gateway.example/v1/chat/completions").base_url == "https://gateway.example/v1"


def test_an_unknown_provider_and_an_address_that_is_none_are_refused():
    with pytest.raises(NotFound, match="openrouter"):
        provider("nobody")
    for address in ("", "gpu:8000", "file:///etc/passwd"):
        with pytest.raises(Refused, match="base URL"):
            provider("custom", address)


def test_only_openais_own_address_counts_as_openai():
    assert provider("openai").is_openai
    assert not replace(provider("openai"), base_url="https://api.openai.com.evil.example/v1").is_openai
    assert not replace(provider("openai"), base_url="https://notapi.openai.com/v1").is_openai
