"""Asking models: answers to a set's tasks, and judgements of two answers in both orders.

Both are runs like any other: each request is in the book before it is sent, each reply before it is read; a budget ends
them, and a resume goes on without paying twice, for what is stored is not asked again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa

from core.database import Database
from core.evaluation.plans import JUDGE, RESPOND, JudgePlan, RespondPlan, judge_plan_of, respond_plan_of
from core.evaluation.rows import preferences, responses, sets
from core.evaluation.rows.preferences import NewPreference
from core.evaluation.rows.responses import NewResponse
from core.evaluation.words import EvaluationTask
from core.llm import target as models
from core.llm.errors import ContentFiltered
from core.llm.eventloop import finished
from core.llm.fates import WITHOUT_ANSWER
from core.llm.prices import Estimate, estimate
from core.records import Budget, Refused, Request, Run, RunState
from core.runs import control
from core.runs.campaign import Campaign
from core.runs.runner import Job, Outcome
from core.runs.until import Until
from core.words import number_of

EMPTY = "empty"
# Not a part of 1.5, of 2/10 or of 2%: those are scores, and say nothing of which answer is better.
_VERDICT = re.compile(r"(?<![\w/])(?<!\d[.,])(1|2|tie)(?![\w/%]|[.,]\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a run would ask: how many requests, the first of them as it will be sent, and what all will cost."""

    requests: int
    first: Request | None
    cost: Estimate | None


def respond_ahead(database: Database, plan: RespondPlan) -> Ahead:
    """Return what asking this model would take; nothing is sent."""
    with database.read() as c:
        waiting = _unanswered(c, plan)
    return _ahead(database, plan, [plan.request(task) for task in waiting])


def judge_ahead(database: Database, plan: JudgePlan) -> Ahead:
    """Return what asking this judge would take; nothing is sent."""
    with database.read() as c:
        waiting = _unjudged(c, plan)
    return _ahead(database, plan, [plan.request(*each[:3], each[3]) for each in waiting])


def start_respond(
    database: Database, pool_id: int, plan: RespondPlan, budget: Budget | None = None, *, here: bool = False
) -> Run:
    """Queue a run that asks a model for what it has not answered yet, or go on with the same one that was put down."""
    models.checked_target(plan.target)
    if not respond_ahead(database, plan).requests:
        raise Refused(f"{plan.name} has answered every task of {plan.set_name} already.")
    return _start(database, pool_id, RESPOND, plan, budget, here)


def start_judge(
    database: Database, pool_id: int, plan: JudgePlan, budget: Budget | None = None, *, here: bool = False
) -> Run:
    """Queue a run that asks a judge for what it has not judged yet, or go on with the same one that was put down."""
    models.checked_target(plan.target)
    if not judge_ahead(database, plan).requests:
        raise Refused(
            f"{plan.annotator} has judged all that {plan.model} and {plan.baseline} both answered in {plan.set_name}."
        )
    return _start(database, pool_id, JUDGE, plan, budget, here)


def work(job: Job) -> Outcome:
    """Ask until everything is answered, or judged, or something ends the run."""
    return finished((_Respond if job.run.method == RESPOND else _Judge)(job).go())


class _Respond:
    def __init__(self, job: Job) -> None:
        self._job, self._plan = job, respond_plan_of(job.run.settings)
        with job.database.write() as c:
            self._set = sets.get(c, self._plan.set_name)
            self._model_id = responses.ensure(c, [self._plan.name])[self._plan.name]
            self._waiting = _unanswered(c, self._plan)
            done = len(responses.answered_tasks(c, self._set.id, self._model_id))
        until = Until(tasks=done + len(self._waiting))
        self._campaign = Campaign(job, self._plan.target, until, {"candidates": 0, "completed": 0})
        self._campaign.counts |= {"accepted": done, "began_with": done}

    async def go(self) -> Outcome:
        ending = await self._campaign.carry_out(self._ask())
        told = self._campaign.left("task", "got no answer")
        empty = self._campaign.counts.get(EMPTY, 0)
        told += (
            f" {number_of(empty, 'response', 'are')} empty; the page Evaluate says why under Responses."
            if empty
            else ""
        )
        return Outcome(ending.state, (ending.message + told).strip())

    async def _ask(self) -> Outcome | None:
        for task in self._waiting:
            await self._campaign.room()
            if self._campaign.is_over:
                return None
            self._campaign.follow(self._answer(task))
        return Outcome(RunState.DONE, f"Every task of {self._plan.set_name} was asked.")

    async def _answer(self, task: EvaluationTask) -> None:
        try:
            reply = await self._campaign.client.ask(self._plan.request(task))
        except ContentFiltered as filtered:
            reply = filtered.reply
        # A refusal or thoughts alone are no answer to be graded: the response is empty, and its reason says why. The
        # reply stays whole in the book of requests.
        text = "" if reply.fate in WITHOUT_ANSWER else reply.text.strip()
        new = NewResponse(task.id, text, reply.finish_reason, self._job.run.id, reply.request_id)
        with self._job.write() as c:
            if not responses.has_answered(c, task.id, self._model_id):  # an import may have come in between
                responses.add(c, self._set.id, self._model_id, [new])
            self._campaign.counts["completed"] += 1
            self._campaign.counts["accepted"] += 1
            if not text:
                self._campaign.counts[EMPTY] = self._campaign.counts.get(EMPTY, 0) + 1
            self._campaign.report(c)


class _Judge:
    def __init__(self, job: Job) -> None:
        self._job, self._plan = job, judge_plan_of(job.run.settings)
        with job.database.read() as c:
            self._set = sets.get(c, self._plan.set_name)
            self._ids = {name: responses.model(c, name).id for name in (self._plan.model, self._plan.baseline)}
            self._waiting = _unjudged(c, self._plan)
        until = Until(tasks=len(self._waiting))
        self._campaign = Campaign(job, self._plan.target, until, {"candidates": 0, "completed": 0, "unparsed": 0})
        self._campaign.counts |= {"accepted": 0, "began_with": 0}

    async def go(self) -> Outcome:
        ending = await self._campaign.carry_out(self._ask())
        unparsed = self._campaign.counts["unparsed"]
        told = f" {number_of(unparsed, 'reply')} held no verdict." if unparsed else ""
        told += self._campaign.left("request", "got no reply")
        return Outcome(ending.state, (ending.message + told).strip())

    async def _ask(self) -> Outcome | None:
        for task, model_text, baseline_text, model_first in self._waiting:
            await self._campaign.room()
            if self._campaign.is_over:
                return None
            self._campaign.follow(self._judge(task, model_text, baseline_text, model_first))
        return Outcome(RunState.DONE, "Every pair was judged in both orders.")

    async def _judge(self, task: EvaluationTask, model_text: str, baseline_text: str, model_first: bool) -> None:
        reply = await self._campaign.client.ask(self._plan.request(task, model_text, baseline_text, model_first))
        value = preference_of(reply.text, model_first)
        new = NewPreference(
            task.id,
            self._ids[self._plan.baseline],
            self._ids[self._plan.model],
            self._plan.annotator,
            value,
            len(baseline_text),
            len(model_text),
            model_first,
            self._job.run.id,
            reply.request_id,
            self._plan.prompt_hash,
        )
        with self._job.write() as c:
            preferences.add(c, self._set.id, [new])
            self._campaign.counts["completed"] += 1
            self._campaign.counts["accepted"] += 1
            self._campaign.counts["unparsed"] += value is None
            self._campaign.report(c)


def preference_of(text: str, model_first: bool) -> float | None:
    """Return what a judge's reply says: 2 the model, 1 the baseline, 1.5 a tie; None where it names none or several."""
    said = {found.lower() for found in _VERDICT.findall(text)}
    if len(said) != 1:
        return None
    word = said.pop()
    if word == "tie":
        return 1.5
    return 2.0 if (word == "1") == model_first else 1.0


_Pair = tuple[EvaluationTask, str, str, bool]


def _unanswered(c: sa.Connection, plan: RespondPlan) -> list[EvaluationTask]:
    of = sets.get(c, plan.set_name)
    known = {model.name: model.id for model in responses.models(c)}
    done = responses.answered_tasks(c, of.id, known[plan.name]) if plan.name in known else set()
    return [task for task in sets.tasks_of(c, of.id) if task.id not in done]


def _unjudged(c: sa.Connection, plan: JudgePlan) -> list[_Pair]:
    of = sets.get(c, plan.set_name)
    mine, theirs = (responses.stored(c, of.id, responses.model(c, name).id) for name in (plan.model, plan.baseline))
    done = {
        (each.task_id, each.model_first)
        for each in preferences.of_set(c, of.id)
        if (each.model, each.baseline, each.annotator) == (plan.model, plan.baseline, plan.annotator)
        and each.prompt_hash == plan.prompt_hash
    }
    return [
        (task, mine[task.id], theirs[task.id], model_first)
        for task in sets.tasks_of(c, of.id)
        if task.id in mine and task.id in theirs
        for model_first in (False, True)
        if (task.id, model_first) not in done
    ]


def _ahead(database: Database, plan: RespondPlan | JudgePlan, requests: list[Request]) -> Ahead:
    if not requests:
        return Ahead(0, None, None)
    prices = models.prices_at(database, plan.target)
    whole = estimate(requests[0], prices)
    for request in requests[1:]:
        whole = _sum(whole, estimate(request, prices))
    return Ahead(len(requests), requests[0], whole)


def _sum(one: Estimate, other: Estimate) -> Estimate:
    def both(mine: float | None, theirs: float | None) -> float | None:
        return None if mine is None or theirs is None else mine + theirs

    return Estimate(
        one.prompt_tokens + other.prompt_tokens,
        one.completion_tokens + other.completion_tokens,
        both(one.usd, other.usd),
        one.most_prompt_tokens + other.most_prompt_tokens,
        one.most_completion_tokens + other.most_completion_tokens,
        both(one.most_usd, other.most_usd),
    )


def _start(
    database: Database, pool_id: int, method: str, plan: RespondPlan | JudgePlan, budget: Budget | None, here: bool
) -> Run:
    settings = plan.as_mapping()
    again = control.resume_same(database, pool_id, method, settings, budget, here=here)
    return again or control.start(database, pool_id, method, settings, budget, here=here)
