"""Verbs that ask a model about a pool's corpus: reverse, rewrite, and both in turn."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.cli import connection
from core.cli.console import Console, Subparsers, database, verb
from core.database import Database
from core.knobs import named
from core.records import Endpoint, Refused, Run, RunState

if TYPE_CHECKING:
    from core.reinstruct.plan import Plan
    from core.reinstruct.settings import ReinstructSettings

STEPS = {
    "reverse": "write the instruction that each selected text answers",
    "rewrite": "write the answers of accepted instructions that wait for one",
    "run": "reverse and rewrite in turn",
}


def register(room: Subparsers) -> None:
    """Add the verbs to those of the corpus."""
    for name, help_ in STEPS.items():
        _register(room, name, help_)


def _register(room: Subparsers, name: str, help: str) -> None:
    parser = verb(room, name, _ask, f"{help}; an interrupted run of the same kind goes on")
    parser.add_argument("pool")
    parser.add_argument("--target", type=int, help="tasks (for rewrite, answers) that this run should bring")
    parser.add_argument("--batches", type=int, help="batches to run (by default one; for rewrite all that wait)")
    connection.add_options(parser)
    parser.add_argument(
        "--preset", choices=("mended", "paper_exact"), default="mended", help="paper_exact has no novelty gate"
    )
    parser.add_argument("--seed", type=int, help="of the draw of examples")
    parser.add_argument("--drop-refusals", action="store_true", help="also drop answers that refuse or apologise")
    connection.add_budget(parser)
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="another setting (filters.most_dashes=20)"
    )
    parser.add_argument("--new-run", action="store_true", help="leave an interrupted run of the same kind where it is")


def _ask(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.pool import pools
    from core.reinstruct.plan import METHOD
    from core.runs import runner as runs

    db = database()
    with db.read() as c:
        pool = pools.get(c, chosen.pool)
    plan, budget = _plan(chosen, db), connection.budget(chosen)
    connection.say_first(console, chosen, db, plan.target, budget)
    run = None if chosen.new_run else runs.resume_same(db, pool.id, METHOD, plan.as_mapping(), budget, here=True)
    if run is not None:
        console.note(f"Going on with run {run.id} of this pool. {run.message}")
    else:
        run = runs.start(db, pool.id, METHOD, plan.as_mapping(), budget, here=True)
    console.note(plan.settings.label)
    last = [0.0]

    def tell(counts: Mapping[str, Any]) -> None:
        if time.monotonic() - last[0] >= 1:
            last[0] = time.monotonic()
            console.progress(_progress(counts))

    run = runs.work_here(db, run.id, tell)
    found = _outcome(db, pool.name, run)
    console.result(found, lambda: [f"Run {run.id} {run.state}: {run.message}", *_outcome_lines(found)])
    return 0 if run.state is RunState.DONE else 1


def _plan(chosen: argparse.Namespace, db: Database) -> Plan:
    from core.reinstruct.plan import Plan, Steps
    from core.reinstruct.settings import from_mapping, preset
    from core.runs.until import Until

    # The demo's recordings answer on either endpoint; they are a chat model's.
    target = connection.target(chosen, db, usual=Endpoint.CHAT)
    begun = preset(target.endpoint.wording, chosen.preset)
    given = {
        "endpoint": target.endpoint.wording.value,
        "novelty_gate": begun.novelty_gate,
        **named(chosen.set),
    }
    if chosen.seed is not None:
        given["seed"] = chosen.seed
    if chosen.drop_refusals:
        given["filters"] = {**given.get("filters", {}), "drop_refusals": True}
    settings: ReinstructSettings = from_mapping(given)
    for name in ("target", "batches"):
        if getattr(chosen, name) is not None and getattr(chosen, name) < 1:
            raise Refused(f"The option --{name} is at least 1.")
    steps = Steps.BOTH if chosen.step == "run" else Steps(chosen.step)
    batches = chosen.batches or (None if chosen.target or steps is Steps.REWRITE else 1)
    return Plan(settings, target, Until(chosen.target, batches), steps)


def _outcome(db: Database, pool: str, run: Run) -> dict[str, Any]:
    from core import pools
    from core.corpus.rows import corpus
    from core.pool import tasks
    from core.reinstruct.rows import groundings

    with db.read() as c:
        rules = tasks.discards_by_rule(c, run.pool_id, run.id)
        dropped = tasks.instance_discards_by_rule(c, run.pool_id)
        left = {state.value: n for state, n in corpus.counts(c, run.pool_id).items()}
        supports = groundings.supports(c, run.pool_id)
        unanswered = corpus.unanswered_count(c, run.pool_id)
    usage = pools.funnel(db, run.pool_id).usage
    return {
        "pool": pool,
        "run": run.id,
        "state": run.state.value,
        "message": run.message,
        "label": run.settings["settings"]["label"],
        **run.counts,
        "discards": rules,
        "pool_answer_discards": dropped,
        "pool_texts": left,
        "pool_unanswered": unanswered,
        "pool_support_median": supports[len(supports) // 2] if supports else None,
        "usage": {**asdict(usage), "tokens": usage.tokens},
    }


def _outcome_lines(found: Mapping[str, Any]) -> list[str]:
    lines = [_progress(found)]
    lines += [f"  instructions discarded {n:,}: {rule}" for rule, n in found["discards"].items()]
    lines += [f"  answers discarded in this pool {n:,}: {rule}" for rule, n in found["pool_answer_discards"].items()]
    waiting, unanswered = found["pool_texts"]["waiting"], found["pool_unanswered"]
    return [*lines, f"  {waiting:,} texts wait, {unanswered:,} instructions wait for an answer"]


def _progress(counts: Mapping[str, Any]) -> str:
    usd = counts.get("usd")
    goal = f" of {counts['target']:,}" if counts.get("target") else ""
    return (
        f"{counts.get('texts', 0):,} texts asked, {counts.get('accepted', 0):,}{goal} accepted of "
        f"{counts.get('candidates', 0):,} instructions, {counts.get('instances', 0):,} answers of "
        f"{counts.get('completed', 0):,}, {counts.get('requests', 0):,} requests, "
        f"{'price unknown' if usd is None else f'${usd:.4f}'}"
    )
