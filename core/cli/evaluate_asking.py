"""The verbs of evaluation that ask a model: answers to a set, and a judge's comparisons."""

from __future__ import annotations

import argparse
from typing import Any

from core.bounded_file import WRITTEN, text
from core.cli import connection
from core.cli.console import Console, database, reads, verb
from core.cli.working import ended_well
from core.words import money, number_of


def register(actions: Any) -> None:
    """Add the verbs."""
    respond = verb(actions, "respond", _respond, "ask a model for what it has not answered yet")
    respond.add_argument("name")
    respond.add_argument("--as", dest="label", default="", help="the name it has here (default: the model's)")
    respond.add_argument("--system", default="", help="a system message")
    respond.add_argument("--with-input", default="", help="template of tasks with an input: {instruction}, {input}")
    respond.add_argument("--without-input", default="", help="template of the others: {instruction}")
    respond.add_argument("--temperature", type=float, default=0.0)
    respond.add_argument("--max-tokens", type=int, default=1024)
    respond.add_argument("--release", help="the release that it learned from: its number, or its folder")
    respond.add_argument("--size", type=int, help="how many training instances")
    respond.add_argument("--quality", help="the line that it belongs to on a curve")
    respond.add_argument("--data", help="in words, what it learned from")
    _asked_of(respond)
    judge = verb(actions, "judge", _judge, "let a model compare two models' answers, in both orders")
    judge.add_argument("name")
    judge.add_argument("compared", help="the model that is judged")
    judge.add_argument("against", help="the baseline")
    reads(judge, "--prompt", help="a file with {instruction}, {input}, {first} and {second}")
    judge.add_argument("--max-tokens", type=int, default=256)
    _asked_of(judge)


def _asked_of(parser: argparse.ArgumentParser) -> None:
    """Which model is asked, where, and for how much at most."""
    parser.add_argument("--model", default="", help="the model that is asked")
    parser.add_argument("--provider", default="")
    parser.add_argument("--base-url", default="")
    parser.add_argument("--endpoint", choices=("completions", "chat"))
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--timeout", type=float, default=120.0)
    connection.add_delivery(parser)
    parser.add_argument("--budget-usd", type=float)
    parser.add_argument("--budget-tokens", type=int)
    parser.add_argument("--budget-requests", type=int)
    parser.add_argument("--budget-seconds", type=float)
    parser.add_argument("--pool", default="", help="the pool whose book of requests it goes into (default: the first)")
    parser.add_argument("--estimate", action="store_true", help="say what it would take, and send nothing")


def _respond(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import asking, models
    from core.evaluation.plans import ReplySampling, RespondPlan

    opened = database()
    target = _target(chosen, opened)
    plan = RespondPlan(
        chosen.name,
        chosen.label or target.model,
        target,
        chosen.system,
        chosen.with_input,
        chosen.without_input,
        ReplySampling(temperature=chosen.temperature, max_tokens=chosen.max_tokens),
    )
    release_id = models.release_number(opened, chosen.release) if chosen.release else None
    models.check(plan.name, chosen.size)
    ahead = asking.respond_ahead(opened, plan)
    if chosen.estimate:
        return _estimated(console, ahead)
    pool_id = _pool(chosen, opened)
    run = asking.start_respond(opened, pool_id, plan, connection.budget(chosen), here=True)
    described = (release_id, chosen.data, chosen.size, chosen.quality)
    if any(value is not None for value in described):
        models.register(
            opened, plan.name, release_id=release_id, data=chosen.data, size=chosen.size, quality=chosen.quality
        )
    return _worked(console, opened, run.id, {"set": chosen.name, "model": plan.name})


def _judge(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import asking
    from core.evaluation.plans import JUDGE_PROMPT, JudgePlan, ReplySampling

    opened = database()
    prompt = text(chosen.prompt, WRITTEN, "a judge's prompt") if chosen.prompt else JUDGE_PROMPT
    target = _target(chosen, opened)
    sampling = ReplySampling(max_tokens=chosen.max_tokens)
    plan = JudgePlan(chosen.name, chosen.compared, chosen.against, target, prompt, sampling=sampling)
    if plan.warning:
        console.note(plan.warning)
    ahead = asking.judge_ahead(opened, plan)
    if chosen.estimate:
        return _estimated(console, ahead)
    run = asking.start_judge(opened, _pool(chosen, opened), plan, connection.budget(chosen), here=True)
    told = {"set": chosen.name, "judge": plan.annotator, "warning": plan.warning or None}
    return _worked(console, opened, run.id, told)


def _target(chosen: argparse.Namespace, opened: Any) -> Any:
    from dataclasses import replace

    from core.llm import target as targets
    from core.llm.parcels.words import Delivery
    from core.llm.providers import provider
    from core.records import Endpoint

    target = targets.environment_target() or targets.default_target(opened)
    if chosen.base_url or chosen.provider:
        server = provider(chosen.provider, chosen.base_url)
        target = targets.Target(
            server.name, server.base_url, "demo" if server.is_demo else target.model, server.endpoint
        )
        targets.use_key_of_environment(server)
    endpoint = Endpoint(chosen.endpoint) if chosen.endpoint else target.endpoint
    return targets.checked_target(
        replace(
            target,
            model=chosen.model or target.model,
            endpoint=endpoint,
            concurrency=chosen.concurrency,
            timeout=chosen.timeout,
            delivery=Delivery(chosen.delivery or Delivery.DIRECT),
        )
    )


def _pool(chosen: argparse.Namespace, opened: Any) -> int:
    from core import pools
    from core.records import Refused

    if chosen.pool:
        return pools.named(opened, chosen.pool).id
    there = pools.every(opened)
    if not there:
        raise Refused("There is no pool yet to keep the book of requests in; name one with --pool after making it.")
    return there[0].id


def _estimated(console: Console, ahead: Any) -> int:
    cost = ahead.cost
    found = {
        "requests": ahead.requests,
        "tokens": cost.tokens if cost else 0,
        "most_tokens": cost.most_tokens if cost else 0,
        "usd": cost.usd if cost else 0.0,
        "most_usd": cost.most_usd if cost else 0.0,
    }
    usd = money(found["usd"]) if found["usd"] is None else f"{money(found['usd'])}, at most {money(found['most_usd'])}"
    console.result(
        found,
        lambda: [f"{number_of(found['requests'], 'request')}, about {number_of(found['tokens'], 'token')}, {usd}"],
    )
    return 0


def _worked(console: Console, opened: Any, run_id: int, told: dict[str, Any]) -> int:
    from core.runs import runner

    def line(counts: Any) -> str:
        return (
            f"{counts.get('accepted', 0):,} of {counts.get('target') or 0:,}, "
            f"{number_of(counts.get('requests', 0), 'request')}"
        )

    run = runner.work_here(opened, run_id, lambda counts: console.progress(line(counts)))
    found = {**told, "run": run.id, "state": run.state.value, "message": run.message, **run.counts}
    console.result(found, lambda: [f"Run {run.id} {run.state}: {run.message}", line(run.counts)])
    return 0 if ended_well(run) else 1
