"""A trial asks each step's request, small, and tells what was taken, refused, renamed or swallowed, by effect."""

from __future__ import annotations

import json

import pytest

from core.__main__ import main
from core.llm.body import limit_of
from core.llm.findings import ParameterVerdict
from core.llm.listing import CUT, MOST_MODELS
from core.llm.prices import Price
from core.llm.rows.findings import DatabaseMemory
from core.llm.target import Target, choose_target, set_prices
from core.records import Endpoint
from core.trying import try_target
from tests.fake_openai import FakeOpenAI

CHAT, COMPLETIONS, RESPONSES = Endpoint.CHAT, Endpoint.COMPLETIONS, Endpoint.RESPONSES


def obedient(body, prompt):
    """A model that writes the three words and is cut where it is asked to be."""
    text = "apple\nbanana\ncherry"
    places = [text.find(stop) for stop in body.get("stop") or () if stop in text]
    return text[: min(places)] if places else text


def tried(database, server, endpoint=CHAT, **options):
    return try_target(database, Target("custom", server.url, "fake", endpoint), **options)


def became(trial, parameter):
    return {row.step: row.verdict for row in trial.rows if row.parameter == parameter}


def test_every_steps_request_is_sent_small_and_what_became_of_it_is_told(database):
    with FakeOpenAI(answer=obedient) as server:
        trial = tried(database, server, COMPLETIONS, long=False)
    assert trial.ok, trial.sentence
    assert {row.step for row in trial.rows} >= {"instructions", "classification", "instances", "reverse", "rewrite"}
    assert set(became(trial, "temperature").values()) == {"taken"}
    assert became(trial, "stop")["by effect"] == "taken"
    assert all((limit_of(sent.body) or 0) <= 64 for sent in server.requests)
    assert trial.requests == len(server.requests) and trial.prompt_tokens and trial.usd is None


def test_refusals_and_other_names_stand_in_the_table_and_are_remembered_for_the_runs(database):
    with FakeOpenAI(like="openai-reasoning") as server:
        memory = DatabaseMemory(database, server.url)
        trial = tried(database, server, long=False)
        assert became(trial, "temperature")["classification"] == "refused"
        assert became(trial, "max_tokens")["rewrite"] == "renamed"
        assert memory.known(CHAT, "fake")["temperature"].verdict is ParameterVerdict.REFUSED
    with FakeOpenAI() as another:
        choose_target(database, Target("custom", another.url, "fake"))
        assert became(tried(database, another, long=False), "temperature")["classification"] == "taken"


def test_a_model_list_that_fails_keeps_no_model_from_being_tried(database):
    # `transformers serve` answers its list with 500 where its cache folder is not there yet.
    broken = (500, {"Content-Type": "text/plain"}, b"Internal Server Error")
    with FakeOpenAI(answer=obedient, raw=lambda path: broken if path.endswith("/models") else None) as server:
        trial = tried(database, server, long=False)
        assert trial.ok and trial.rows, trial.sentence
        nameless = try_target(database, Target("custom", server.url, "", CHAT), long=False)
        assert not nameless.ok and "failed with status 500" in nameless.sentence


def test_what_was_remembered_gives_way_to_what_a_trial_finds(database):
    with FakeOpenAI(like="grok", answer=obedient) as server:
        tried(database, server, COMPLETIONS, long=False)
        memory = DatabaseMemory(database, server.url)
        assert "presence_penalty" in memory.known(COMPLETIONS, "fake")
        server.like = lambda *_: None
        assert tried(database, server, COMPLETIONS, long=False).ok
        assert dict(memory.known(COMPLETIONS, "fake")) == {}


def test_a_stop_that_cuts_nothing_is_swallowed_and_so_is_a_long_prompt_that_is_cut(database):
    def answer(body, prompt):
        return "apple\nbanana\ncherry"

    with FakeOpenAI(answer=answer) as server:
        server.usage = True
        trial = tried(database, server, COMPLETIONS, long=True)
        assert became(trial, "stop")["by effect"] == "swallowed"
        assert (
            DatabaseMemory(database, server.url).known(COMPLETIONS, "fake")["stop"].verdict
            is ParameterVerdict.SWALLOWED
        )
        assert became(trial, "long prompt") == {"by effect": "taken"}
    cut = {"usage": {"input_tokens": 4096, "output_tokens": 3}, "output": [{"content": [{"text": "x"}]}]}
    with FakeOpenAI(answer=lambda body, prompt: cut) as server:
        trial = tried(database, server, RESPONSES, long=True)
    assert became(trial, "long prompt") == {"by effect": "swallowed"} and trial.context == 4096


def test_thoughts_context_shutdown_and_cost_are_told(database):
    set_prices(database, {"fake": Price(1000.0, 1000.0)})
    listed = {"id": "fake", "max_model_len": 2048, "shutdown_date": "2026-12-11"}
    thinking = {"message": {"content": "<think>well</think>apple"}}
    with FakeOpenAI(models=[listed], like="vllm", answer=lambda body, prompt: thinking) as server:
        trial = tried(database, server, long=True)
    assert (trial.thoughts, trial.context, trial.shutdown) == (True, 2048, "2026-12-11")
    assert became(trial, "long prompt") == {"by effect": "refused"}
    assert trial.usd == pytest.approx((trial.prompt_tokens + trial.completion_tokens) / 1000)


def test_a_list_that_is_cut_says_so_and_of_a_model_beyond_it_nothing(database):
    names = [{"id": f"m{number:05}"} for number in range(MOST_MODELS + 1)]
    with FakeOpenAI(answer=obedient, raw=lambda path: (200, {}, json.dumps({"data": names}).encode())) as server:
        found = try_target(database, Target("custom", server.url, "", CHAT))
        assert len(found.models) == MOST_MODELS and found.sentence.endswith(CUT)


def test_a_connection_that_does_not_work_says_why(database):
    with FakeOpenAI(models=["other"]) as server:
        trial = tried(database, server)
    assert not trial.ok and 'has no model "fake"' in trial.sentence


def test_the_command_line_lists_models_tries_one_and_doctor_connects(capsys):
    with FakeOpenAI(like="grok") as server:
        assert main(["models", "--base-url", server.url, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["models"] == ["fake"]
        there = ["--base-url", server.url, "--model", "fake", "--endpoint", "completions"]
        assert main(["models", *there, "--json", "--no-long"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert any(row["verdict"] == "refused" for row in found["rows"])
        assert main(["models", *there, "--no-long"]) == 0
        assert "presence_penalty" in capsys.readouterr().out
    assert main(["models", *there, "--json"]) == 1
    assert "Nothing answers at" in json.loads(capsys.readouterr().out)["sentence"]
    main(["doctor", "--connect", "--json"])
    assert json.loads(capsys.readouterr().out)["connection"]["ok"], "the demo"
