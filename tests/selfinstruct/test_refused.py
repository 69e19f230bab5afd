"""A reply that holds no answer is a discard of its own kind, with its own sentence; never "empty" or "unreadable"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from core.database import Database
from core.gate import ledger, rules
from core.llm.fates import declines
from core.pool import tasks
from core.records import RunState
from tests.fake_openai import FakeOpenAI
from tests.fake_replies import self_instruct_reply
from tests.selfinstruct.growing import chat, grow

DECLINED = "I'm sorry, but I can't assist with that request."


class Refusing:
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
    model = Refusing()
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
