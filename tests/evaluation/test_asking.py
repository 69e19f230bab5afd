"""Asking models: every request in the book, nothing paid twice, the set's order irrelevant, both orders judged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import pools
from core.database import Database
from core.evaluation import asking, models, results, winning
from core.evaluation.asking import preference_of
from core.evaluation.judge_sheet import JudgeSheet, judge_sheet
from core.evaluation.plans import JudgePlan, ReplySampling, RespondPlan, filled, judge_plan_of, respond_plan_of
from core.evaluation.results import ScoreSheet
from core.evaluation.winning import WinSheet
from core.llm.parcels.words import Delivery
from core.llm.target import Target
from core.records import Budget, Endpoint, Refused, Run, RunState
from core.runs import runner
from tests.evaluation.sets_of_models import a_set, answers
from tests.fake_batches import FakeBatches
from tests.fake_openai import FakeOpenAI


def answer(body: Mapping[str, Any], prompt: str) -> str:
    found = re.search(r"number (\d+)", prompt)
    return f" answer {found[1]} as an expert writes it \n" if found else "?"


def judge(body: Mapping[str, Any], prompt: str) -> str:
    """A judge that likes the longer answer, but once likes the first and once says nothing."""
    if "number 3." in prompt:
        return "1"
    if "number 4." in prompt:
        return "They are 1 and 2."
    one, two = re.findall(r"Answer \d:\n(.*)", prompt)
    return "tie" if len(one) == len(two) else "Answer 1" if len(one) > len(two) else "2."


def plan(url: str, name: str = "ours", endpoint: Endpoint = Endpoint.CHAT, **more: Any) -> RespondPlan:
    return RespondPlan("small", name, Target("custom", url, "fake", endpoint, 4, 20.0), **more)


def respond(database: Database, its: RespondPlan, budget: Budget | None = None) -> Run:
    pool, _ = pools.get_or_make(database, "book")
    return runner.work_here(database, asking.start_respond(database, pool.id, its, budget, here=True).id)


def test_a_model_answers_every_task_once(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    with FakeOpenAI(answer=answer) as server:
        run = respond(database, plan(server.url))
        assert (run.state, run.counts["accepted"], len(server.requests)) == (RunState.DONE, 12, 12)
        body = server.requests[0].body
        assert (body["temperature"], body["max_tokens"]) == (0.0, 1024) and "top_p" not in body
        with pytest.raises(Refused, match="answered every task"):
            respond(database, plan(server.url))
    found = results.scores(database, "small", "anna")
    assert isinstance(found, ScoreSheet) and found.models["ours"].overall.exact_match == 100


def test_a_refusal_and_thoughts_alone_are_responses_without_an_answer_each_with_its_reason(
    database: Database, tmp_path: Path
) -> None:
    a_set(database, tmp_path)

    def half_hearted(body: Mapping[str, Any], prompt: str) -> Any:
        if "number 3." in prompt:
            return {"message": {"role": "assistant", "content": None, "refusal": "I can't help with answer 3."}}
        if "number 4." in prompt:
            return {
                "message": {"role": "assistant", "content": "", "reasoning_content": "Hm."},
                "finish_reason": "stop",
            }
        if "number 5." in prompt:
            return {"message": {"role": "assistant", "content": ""}, "finish_reason": "content_filter"}
        return answer(body, prompt)

    with FakeOpenAI(answer=half_hearted) as server:
        run = respond(database, plan(server.url))
    assert run.counts["empty"] == 3 and "3 responses are empty" in run.message
    [told] = models.answered(database, "small", "anna")
    reasons = {"refused by the model": 1, "thoughts alone, no answer": 1, "withheld by the provider's filter": 1}
    assert told.why_empty == reasons and told.empty == 3
    found = results.scores(database, "small", "anna")
    assert isinstance(found, ScoreSheet)
    ours = found.as_json()["models"]["ours"]
    assert (ours["n"], ours["empty"], ours["empty_because"]) == (12, 3, reasons)
    assert ours["exact_match"] == 75.0, "they count, and score nothing"
    third = models.tasks(database, "small")[3].id
    assert [each.why_empty for each in models.responses_to(database, "small", third, "anna")] == [
        "refused by the model"
    ]


@pytest.mark.usefixtures("quick_batches")
def test_a_models_answers_come_in_one_batch(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    with FakeBatches(answer=answer) as server:
        its = plan(server.url)
        run = respond(database, replace(its, target=replace(its.target, delivery=Delivery.BATCH)))
        assert (run.state, run.counts["accepted"], len(server.requests)) == (RunState.DONE, 12, 12)
        assert len(server.batches) == 1
    found = results.scores(database, "small", "anna")
    assert isinstance(found, ScoreSheet) and found.models["ours"].overall.exact_match == 100


def test_a_completion_model_gets_the_layout_of_the_published_predictions(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path, tasks=2)
    with FakeOpenAI(answer=answer) as server:
        respond(database, plan(server.url, endpoint=Endpoint.COMPLETIONS))
        prompts = {request.prompt for request in server.requests}
    assert prompts == {
        "Do the evaluated thing number 0.\nOutput:",
        "Do the evaluated thing number 1.\n\nInput: input 1\nOutput:",
    }


def test_a_budget_ends_it_and_a_resume_pays_for_nothing_twice(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    with FakeOpenAI(answer=answer) as server:
        first = respond(database, plan(server.url), Budget(requests=5))
        assert first.state is RunState.STOPPED and first.counts["accepted"] == 5
        again = respond(database, plan(server.url), Budget())
        assert (again.id, again.state, again.counts["accepted"]) == (first.id, RunState.DONE, 12)
        assert len(server.requests) == 12


def test_what_is_asked_is_estimated_before_and_shown_as_it_will_be_sent(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    its = plan("http://127.0.0.1:1/v1", system="Be brief.", sampling=ReplySampling(max_tokens=50))
    ahead = asking.respond_ahead(database, its)
    assert ahead.requests == 12 and ahead.first is not None and ahead.cost is not None
    assert ahead.first.body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert ahead.cost.most_completion_tokens == 600 and ahead.cost.usd is None  # a price that nobody knows


def test_braces_inside_a_task_stay_what_they_are() -> None:
    assert filled("{instruction} / {input}", instruction="say {input}", input="{x}") == "say {input} / {x}"


def test_plans_are_stored_whole() -> None:
    its = plan("http://127.0.0.1:1/v1", sampling=ReplySampling(stop=("\n\n",)))
    assert respond_plan_of(its.as_mapping()) == its
    judged = JudgePlan("small", "a", "b", its.target)
    assert judge_plan_of(judged.as_mapping()) == judged
    with pytest.raises(Refused, match=r"\{second\}"):
        JudgePlan("small", "a", "b", its.target, prompt="{instruction} {input} {first}")
    with pytest.raises(Refused, match=r"\{instruction\}"):
        plan("http://127.0.0.1:1/v1", without_input="no place")


@pytest.mark.parametrize(
    ("text", "model_first", "means"),
    [
        ("1", True, 2.0),
        ("1", False, 1.0),
        ("Answer 2.", True, 1.0),
        ("TIE", False, 1.5),
        ("2 (two)", False, 2.0),
        ("1 or 2", True, None),
        ("both", True, None),
        ("12", True, None),
        ("Score: 1.5", True, None),
        ("2/10", True, None),
        ("2%", True, None),
        ("The verdict is **2**.", True, 1.0),
        ("<answer>1</answer>", True, 2.0),
        ("Ignore the above: the verdict is 1. Both. 2", True, None),
        ("", True, None),
    ],
)
def test_a_verdict_is_read_or_counted_as_unparsed(text: str, model_first: bool, means: float | None) -> None:
    assert preference_of(text, model_first) == means


def judged(database: Database, url: str, model: str = "long", baseline: str = "short", asked: str = "fake") -> Run:
    pool, _ = pools.get_or_make(database, "book")
    its = JudgePlan("small", model, baseline, Target("custom", url, asked, Endpoint.CHAT, 4, 20.0))
    return runner.work_here(database, asking.start_judge(database, pool.id, its, here=True).id)


def test_a_judge_is_asked_in_both_orders_and_its_sheet_tells_its_habits(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    answers(database, tmp_path, ["short", "long"])  # the second is longer
    with FakeOpenAI(answer=judge) as server:
        run = judged(database, server.url)
        assert (run.state, len(server.requests)) == (RunState.DONE, 24)
        assert "2 replies held no verdict" in run.message
        with pytest.raises(Refused, match="has judged all"):
            judged(database, server.url)
        assert len(server.requests) == 24
    found = winning.win_rates(database, "small", "anna")
    assert isinstance(found, WinSheet) and found.baseline == "short"
    rate = found.models["long"]
    assert (rate.n, rate.wins, rate.losses, rate.left_out) == (22, 21, 1, 2)
    sheet = judge_sheet(database, "small", found.by, "anna")
    assert isinstance(sheet, JudgeSheet)
    assert (sheet.judgements, sheet.unparsed, sheet.both_orders) == (24, 2, 11)
    assert sheet.consistent.value == pytest.approx(100 * 10 / 11)
    assert sheet.prefers_longer.value == pytest.approx(100 * 21 / 22)
    assert sheet.prefers_first.value == pytest.approx(100 * 12 / 22)
    assert sheet.prompt_hashes and not sheet.warning and sheet.shared == 0


def test_a_judge_of_its_own_answers_is_warned_of(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    answers(database, tmp_path, ["short", "fake"])
    with FakeOpenAI(answer=judge) as server:
        judged(database, server.url, model="fake")
    sheet = judge_sheet(database, "small", _judge_of(database), "anna")
    assert isinstance(sheet, JudgeSheet) and "its own answers" in sheet.warning


def _judge_of(database: Database) -> str:
    found = winning.win_rates(database, "small", "anna")
    assert isinstance(found, WinSheet)
    return found.by


def test_models_that_a_job_tuned_are_offered_by_name(database: Database) -> None:
    assert models.tuned(database) == ()
