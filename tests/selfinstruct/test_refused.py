"""A reply that holds no answer is a discard of its own kind, with its own sentence; never "empty" or "unreadable"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from core.database import Database
from core.gate import ledger, rules
from core.llm import book
from core.llm.fates import declines
from core.pool import tasks
from core.records import RunState
from core.runs import control
from core.runs import runner as runs
from tests.fake_openai import FakeOpenAI
from tests.fake_replies import self_instruct_reply
from tests.fake_servers import Refused, Refusing, azure_filter, error_choice, error_inside, vllm
from tests.selfinstruct.growing import chat, grow

DECLINED = "I'm sorry, but I can't assist with that request."


class Unwilling:
    """A model that answers, save that every step meets each way of not answering once, in the order of requests."""

    def __init__(self) -> None:
        self.first = [
            {"message": {"content": None, "refusal": "No."}},
            DECLINED,
            {"message": {"content": None}, "finish_reason": "content_filter"},
        ]
        self.worked = list(self.first)

    def __call__(self, body: Mapping[str, Any], prompt: str) -> str | Mapping[str, Any]:
        if "small set of labels" in prompt:
            return "No"
        waiting = self.worked if "Output:" in prompt else self.first
        return waiting.pop(0) if waiting else self_instruct_reply(body, prompt)


def test_what_a_model_refuses_is_in_the_ledger_by_its_own_rule_and_once(database: Database) -> None:
    model = Unwilling()
    with FakeOpenAI(answer=model) as server:
        run = grow(database, server.url, batches=2, settings=chat(), concurrency=1)
        assert run.state is RunState.DONE, run.message
        assert not model.first and not model.worked, "every way was met in both steps"
        assert "were refused by the model" in run.message and "withheld by the provider's content filter" in run.message
        assert "2 replies declined in plain words" in run.message
    survival = ledger.survival(database, 1)
    assert survival.dropped[rules.REFUSED] == 2 and survival.dropped[rules.FILTERED] == 1
    answers = ledger.answers_dropped(database, 1)
    assert answers[rules.REFUSED] == 2 and answers[rules.FILTERED] == 1 and rules.UNPARSED not in answers
    shown = ledger.page(database, 1, rule=rules.REFUSED)
    assert {one.instruction for one in shown} == {"No.", DECLINED} and all(one.request_id for one in shown)
    assert rules.sentence(rules.REFUSED) == "the model refused to answer"
    with database.read() as c:
        waiting = tasks.without_instances(c, 1, run.id)
    assert len(waiting) == 2, "what was refused or withheld may still be answered by another model"


class Withholding:
    """Refuses the first requests of steps 1 and 3 in each of these ways, and lets every other through."""

    def __init__(self, *ways: Refusing) -> None:
        self._first, self._worked = list(ways), list(ways)

    def __call__(self, endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
        if "small set of labels" in prompt:
            return None
        waiting = self._worked if "Output:" in prompt else self._first
        return waiting.pop(0)(endpoint, body, prompt) if waiting else None


def test_an_error_inside_a_200_and_a_prompt_that_a_filter_stopped_have_fates_rules_and_sentences_of_their_own(
    database: Database,
) -> None:
    withholding = Withholding(error_inside, azure_filter, error_choice)
    with FakeOpenAI(like=withholding) as server:
        run = grow(database, server.url, batches=2, settings=chat(), concurrency=1)
    assert run.state is RunState.DONE, run.message
    assert "4 of " in run.message and "held an error of the server instead of an answer" in run.message
    assert "2 of " in run.message and "withheld by the provider's content filter" in run.message
    assert "other seeds" not in run.message.lower()
    survival = ledger.survival(database, 1)
    assert survival.dropped[rules.SERVER_ERROR] == 2 and survival.dropped[rules.FILTERED] == 1
    answers = ledger.answers_dropped(database, 1)
    assert answers[rules.SERVER_ERROR] == 2 and answers[rules.FILTERED] == 1
    shown = {one.instruction for one in ledger.page(database, 1, rule=rules.SERVER_ERROR)}
    assert shown == {"Provider returned error", "Upstream error from a provider"}, "the server's own words are kept"
    [filtered] = ledger.page(database, 1, rule=rules.FILTERED)
    assert "content management policy" in filtered.instruction
    exchange = book.exchange(database, filtered.request_id or 0)
    assert exchange.reply is None and "other seeds" not in exchange.errors[0]


def test_a_resume_asks_again_what_was_withheld_and_counts_it_once(database: Database) -> None:
    withholding = Withholding(error_inside)
    with FakeOpenAI(like=withholding) as server:
        run = grow(database, server.url, batches=1, settings=chat(prompts_per_batch=1), concurrency=1)
        assert run.state is RunState.FAILED and "sent an error in the place of a reply" in run.message
        assert run.counts["fates"] == {"faulty": 1} and ledger.survival(database, 1).arrived == 0
        control.resume(database, run.id, here=True)
        run = runs.work_here(database, run.id)
    assert run.state is RunState.DONE and run.counts["candidates"] > 0
    assert run.counts["fates"]["faulty"] == 1, "that of step 3; the first was answered after all"


def test_a_prompt_that_does_not_fit_is_named_when_the_run_ends_and_not_called_an_unusable_reply(
    database: Database,
) -> None:
    def small(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
        return vllm(endpoint, body, prompt, most=200) if "Output:" in prompt else None

    with FakeOpenAI(like=small) as server:
        run = grow(database, server.url, batches=1, settings=chat(prompts_per_batch=1))
    assert run.state is RunState.DONE and "got no instances. The first of these: Prompt and reply don't" in (
        run.message
    )
    assert "could not be used" not in run.message


@pytest.mark.parametrize(
    ("text", "is_refusal"),
    [
        (DECLINED, True),
        ("I cannot provide that.", True),
        ("As an AI language model, I cannot generate such content.", True),
        ("Unfortunately, I'm not able to assist.", True),
        ("I can't decide which bike to buy. Suggest one.", False),
        ("I cannot sleep at night; what should I do?", False),
        ("Write a letter that begins with: I am sorry.", False),
        ("I'm sorry, but I can't. " + "Here are the tasks: " * 40, False),
    ],
)
def test_a_refusal_in_plain_words_is_known_by_its_form(text: str, is_refusal: bool) -> None:
    assert declines(text) is is_refusal
