"""Thoughts are kept beside the answer and never read as one; a reply without an answer has a fate of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.llm.client import Client
from core.llm.diagnosis import Asked
from core.llm.errors import BudgetExceeded, ErrorInReply, NoAnswer
from core.llm.fates import answered, explain_nothing_new, told
from core.llm.findings import THINKING_ROOM
from core.llm.providers import CUSTOM
from core.llm.reading import read_answer
from core.llm.rows.findings import DatabaseMemory
from core.llm.thoughts import part
from core.records import Budget, Endpoint, Fate
from tests.fake_openai import FakeOpenAI

PLAN = "1. List the seeds.\n2. Write a task about cats."
ANSWER = "1. Name three rivers."


def chat(message: dict[str, Any], finish: str = "stop", **more: Any):
    asked = Asked(CUSTOM, "", "m", Endpoint.CHAT)
    return read_answer(asked, json.dumps({"choices": [{"message": message, "finish_reason": finish}], **more}))


SHAPES = [
    {"content": f"<think>{PLAN}</think>{ANSWER}"},
    {"content": f"<think>\n{PLAN}\n</think>\n\n{ANSWER}"},
    {"content": f"  <thinking>{PLAN}</thinking>\n{ANSWER}"},
    {"content": f"{PLAN}\n</think>\n\n{ANSWER}"},
    {"content": f"[THINK]{PLAN}[/THINK]{ANSWER}"},
    {"content": f"<think>1. List the seeds.</think>\n<think>2. Write a task about cats.</think>\n{ANSWER}"},
    {"content": f"<seed:think>{PLAN}</seed:think>{ANSWER}"},
    {"content": f"<|channel|>analysis<|message|>{PLAN}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}"},
    {"content": f"<think>{PLAN}</think><answer>{ANSWER}</answer>"},
    {"content": f"\n\n{ANSWER}", "reasoning_content": PLAN},
    {"content": ANSWER, "reasoning": PLAN},
    {"content": ANSWER, "reasoning_content": "", "reasoning": PLAN},
    {"content": ANSWER, "thinking": PLAN},
    {"content": ANSWER, "reasoning": {"content": [{"text": PLAN}]}},
    {"content": ANSWER, "reasoning_details": [{"type": "reasoning.text", "text": PLAN}]},
    {"content": [{"type": "thinking", "thinking": PLAN}, {"type": "text", "text": ANSWER}]},
    {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": PLAN}]}, {"type": "text", "text": ANSWER}]},
    {"content": [{"type": "reasoning", "text": PLAN}, {"type": "output_text", "text": ANSWER}]},
]


@pytest.mark.parametrize("message", SHAPES, ids=range(len(SHAPES)))
def test_thoughts_are_told_apart_in_every_shape(message):
    read = chat(message)
    assert read.text == ANSWER
    assert read.thoughts.split() == PLAN.split()
    assert read.finish_reason == "stop"


@pytest.mark.parametrize(
    "text",
    [
        "A plain answer.",
        "\n\n 1. An answer that begins with white space",
        "Write <think> in angle brackets.",
        "In HTML there is no\n<think> element.",
        "",
    ],
)
def test_an_answer_without_thoughts_stays_as_it_is(text):
    assert part(text) == ("", text)


@pytest.mark.parametrize(
    ("message", "finish", "more"),
    [
        ({"content": f"<think>{PLAN}"}, "length", {}),
        ({"content": None, "reasoning_content": PLAN}, "length", {}),
        ({"content": "", "reasoning": PLAN}, "stop", {}),
        ({"content": None}, "length", {}),
        (
            {"content": ""},
            "stop",
            {"usage": {"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 9}}},
        ),
    ],
)
def test_a_reply_that_is_all_thoughts_says_so(message, finish, more):
    assert chat(message, finish, **more).finish_reason == "thoughts"


@pytest.mark.parametrize(
    ("choice", "fate"),
    [
        ({"message": {"content": None, "refusal": "I can't help with that."}}, Fate.REFUSED),
        ({"message": {"content": [{"type": "refusal", "refusal": "No."}]}}, Fate.REFUSED),
        ({"message": {"content": ""}, "finish_reason": "content_filter"}, Fate.FILTERED),
        ({"message": {"content": "Half"}, "finish_reason": "SAFETY"}, Fate.FILTERED),
        ({"message": {"content": "Half an"}, "finish_reason": "length"}, Fate.CUT),
        ({"message": {"content": "Half an"}, "finish_reason": "MAX_TOKENS"}, Fate.CUT),
        ({"message": {"content": " "}}, Fate.EMPTY),
        ({"message": {"content": "Whole."}, "finish_reason": "end_turn"}, Fate.ANSWERED),
    ],
)
def test_every_reply_has_its_fate(at, ledger, run, request_of, choice, fate):
    with FakeOpenAI(answer=lambda body, prompt: choice) as server:
        reply, figures = run(one(at(server.url), ledger, request_of("1", Endpoint.CHAT)))
        assert (reply.fate, figures["fates"]) == (fate, {fate.value: 1})
        again, figures = run(one(at(server.url), ledger, request_of("1", Endpoint.CHAT)))
    assert again == reply and figures["fates"] == {fate.value: 1}, "told the same after a restart"
    if fate is not Fate.ANSWERED:
        assert "1 of 1 reply " in told(figures["fates"]) and explain_nothing_new(figures["fates"])
    if fate in (Fate.REFUSED, Fate.FILTERED):
        with pytest.raises(NoAnswer):
            answered(reply)


async def one(provider, ledger, request, **options):
    async with Client(provider, "", ledger, **options) as client:
        return await client.ask(request), client.figures()


def test_an_error_inside_a_choice_is_no_answer(at, ledger, run, request_of):
    broken = {
        "message": {"content": "Half an ans"},
        "finish_reason": "error",
        "error": {"code": 502, "message": "Upstream"},
    }
    with FakeOpenAI(answer=lambda body, prompt: broken) as server, pytest.raises(ErrorInReply, match="Upstream"):
        run(one(at(server.url), ledger, request_of("1", Endpoint.CHAT), max_attempts=1))
    assert ledger.stored("1") is None


def thinks_for(tokens: int):
    """A model that needs so many tokens to think before it answers."""

    def answer(body, prompt):
        if (body.get("max_tokens") or 0) <= tokens:
            return {"message": {"content": None, "reasoning": PLAN}, "finish_reason": "length"}
        return {"message": {"content": ANSWER, "reasoning": PLAN}}

    return answer


def test_an_answer_that_drowned_in_thoughts_is_asked_again_with_more_room_and_then_from_the_start(
    at, ledger, run, request_of, database
):
    memory = lambda: DatabaseMemory(database, "there")  # noqa: E731
    with FakeOpenAI(answer=thinks_for(1500)) as server:
        reply, _ = run(one(at(server.url), ledger, request_of("1", Endpoint.CHAT), memory=memory()))
        assert [sent.body["max_tokens"] for sent in server.requests] == [100, 2048]
        assert (reply.text, reply.thoughts) == (ANSWER, PLAN)
        assert memory().known(Endpoint.CHAT, "fake")[THINKING_ROOM].value == 1948
        run(one(at(server.url), ledger, request_of("2", Endpoint.CHAT), memory=memory()))
        assert server.requests[-1].body["max_tokens"] == 2048 and len(server.requests) == 3
        again, _ = run(one(at(server.url), ledger, request_of("1", Endpoint.CHAT), memory=memory()))
        assert again == reply and len(server.requests) == 3, "a resume pays for neither again"
    assert ledger.stored("1").fate is Fate.THOUGHTS and ledger.stored("room1:1") == reply


def test_more_room_is_bounded_and_budgeted(at, ledger, run, request_of):
    with FakeOpenAI(answer=thinks_for(10**9)) as server:
        reply, _ = run(one(at(server.url), ledger, request_of("1", Endpoint.CHAT)))
        assert [sent.body["max_tokens"] for sent in server.requests] == [100, 2048, 8192]
        assert reply.fate is Fate.THOUGHTS and "lower the model's reasoning effort" in told({"thoughts": 3})
        with pytest.raises(BudgetExceeded):
            run(one(at(server.url), ledger, request_of("2", Endpoint.CHAT), budget=Budget(tokens=300)))


def test_of_recordings_it_is_told_what_became_of_them_and_no_advice_that_nobody_can_follow():
    assert told({"cut": 2, "answered": 1}) == "2 of 3 replies were cut by their length limit; raise max_tokens."
    assert told({"cut": 2, "answered": 1}, recorded=True) == "2 of 3 replies were cut by their length limit."


def test_a_stop_sequence_does_not_end_the_thoughts_a_second_time(at, ledger, run, request_of):
    def answer(body, prompt):
        if "stop" in body:
            return {"message": {"content": "<think>1. List"}}
        return {"message": {"content": f"<think>{PLAN}</think>{ANSWER} 16. more"}}

    with FakeOpenAI(answer=answer) as server:
        reply, _ = run(one(at(server.url), ledger, request_of("1", Endpoint.CHAT, stop=["16."])))
    assert reply.text == f"{ANSWER} "


def test_the_server_that_sends_drowned_answers_as_an_error_is_asked_with_more_room_too(at, ledger, run, request_of):
    def like(endpoint, body, prompt):
        said = "Could not finish the message because max_tokens or model output limit was reached."
        return (400, {"error": {"message": said}}, {}) if body["max_tokens"] < 1000 else None

    with FakeOpenAI(like=like) as server:
        assert run(one(at(server.url), ledger, request_of("1", Endpoint.CHAT)))[0].text
    assert [sent.body["max_tokens"] for sent in server.requests] == [100, 2048]


RESPONSE = Asked(CUSTOM, "", "m", Endpoint.RESPONSES, (), 50)


def response(**body: Any):
    return read_answer(RESPONSE, json.dumps({"status": "completed", **body}))


def test_a_response_is_read_with_thoughts_refusal_cut_and_usage():
    said = {"type": "message", "content": [{"type": "output_text", "text": ANSWER}]}
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": PLAN}]}
    whole = response(output=[thought, said], usage={"input_tokens": 3, "output_tokens": 9})
    assert (whole.text, whole.thoughts, whole.prompt_tokens, whole.completion_tokens) == (ANSWER, PLAN, 3, 9)
    cut = response(output=[said], status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    assert cut.finish_reason == "length"
    assert response(output=[said], usage={"output_tokens": 50}).finish_reason == "length", "completed although cut"
    drowned = response(output=[thought], status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    assert drowned.finish_reason == "thoughts"
    refused = response(output=[{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}])
    assert refused.finish_reason == "refusal"
    filtered = response(output=[], status="incomplete", incomplete_details={"reason": "content_filter"})
    assert filtered.finish_reason == "content_filter"
    with pytest.raises(ErrorInReply):
        response(status="failed", error={"code": "server_error", "message": "Oh."})
