"""Verbs that ask a model about a pool's corpus: reverse, rewrite, and both in turn."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core import knobs
from core.cli import connection
from core.cli.console import Console, Subparsers, database, verb
from core.cli.working import carry_out, ended_well, ends
from core.database import Database
from core.gate.rules import sentence
from core.records import Endpoint, Run
from core.reinstruct.plan import METHOD, ReinstructPlan, Steps
from core.reinstruct.settings import ReinstructSettings, from_mapping, preset
from core.words import money, number_of

CHOSEN_BY_HAND = ("endpoint",)  # an option of its own
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
    parser.set_defaults(step=name)  # also where `winnow` reads this declaration alone, without the noun's
    parser.add_argument("pool")
    if name == Steps.REWRITE.value:
        parser.add_argument("--more", "--target", type=int, help="answers that this run should ask for")
        parser.set_defaults(target=None)
    else:
        parser.add_argument("--target", type=int, help="go on until the pool has so many tasks")
        parser.add_argument("--more", type=int, help="go on until this run has brought so many tasks")
    parser.add_argument("--batches", type=int, help="batches to run (by default one; for rewrite all that wait)")
    connection.add_options(parser)
    connection.add_delivery(parser)
    parser.add_argument(
        "--preset", choices=("mended", "paper_exact"), default="mended", help="paper_exact has no novelty gate"
    )
    parser.add_argument("--drop-refusals", action="store_true", help="also drop answers that refuse or apologise")
    connection.add_budget(parser)
    parser.add_argument("--new-run", action="store_true", help="leave an interrupted run of the same kind where it is")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting (filters.most_dashes=20)"
    )
    paper = preset(Endpoint.COMPLETIONS, "paper_exact")
    knobs.add_flags(parser, ReinstructSettings, leave_out=CHOSEN_BY_HAND, paper=paper)


def _ask(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools

    db = database()
    pool = pools.named(db, chosen.pool)
    plan, budget = _plan(chosen, db), connection.budget(chosen)
    connection.say_first(console, chosen, db, plan.target, budget)
    console.note(plan.settings.label)
    stored = plan.as_mapping()
    run = carry_out(db, pool.id, METHOD, stored, console, _progress, budget=budget, new_run=chosen.new_run)
    found = _outcome(db, pool.name, run)
    console.result(found, lambda: [f"Run {run.id} {run.state}: {run.message}", *_outcome_lines(found)])
    return 0 if ended_well(run) else 1


def _plan(chosen: argparse.Namespace, db: Database) -> ReinstructPlan:
    # The demo's recordings answer on either endpoint; they are a chat model's.
    target = connection.target(chosen, db, usual=Endpoint.CHAT)
    begun = preset(target.endpoint.wording, chosen.preset)
    given = {
        "endpoint": target.endpoint.wording.value,
        "novelty_gate": begun.novelty_gate,
        **knobs.given_flags(chosen, ReinstructSettings, leave_out=CHOSEN_BY_HAND),
        **knobs.named(chosen.set),
    }
    if chosen.drop_refusals:
        given["filters"] = {**given.get("filters", {}), "drop_refusals": True}
    steps = Steps.BOTH if chosen.step == "run" else Steps(chosen.step)
    until = ends(chosen, by_itself=steps is Steps.REWRITE)
    return ReinstructPlan(from_mapping(given), target, until, steps)


def _outcome(db: Database, pool: str, run: Run) -> dict[str, Any]:
    from core import pools
    from core.corpus import shelf
    from core.gate import ledger
    from core.reinstruct import looking

    supports = looking.supports(db, run.pool_id)
    usage = pools.funnel(db, run.pool_id).usage
    return {
        "pool": pool,
        "run": run.id,
        "state": run.state.value,
        "message": run.message,
        "label": run.settings["settings"]["label"],
        **run.counts,
        "discards": dict(ledger.of_run(db, run)),
        "pool_answer_discards": dict(ledger.answers_dropped(db, run.pool_id)),
        "pool_texts": {state.value: n for state, n in shelf.counts(db, run.pool_id).items()},
        "pool_unanswered": looking.unanswered(db, run.pool_id),
        "pool_support_median": supports[len(supports) // 2] if supports else None,
        "usage": {**asdict(usage), "tokens": usage.tokens},
    }


def _outcome_lines(found: Mapping[str, Any]) -> list[str]:
    lines = [_progress(found)]
    lines += [f"  instructions discarded {n:,}: {sentence(rule)}" for rule, n in found["discards"].items()]
    lines += [
        f"  answers discarded in this pool {n:,}: {sentence(rule)}" for rule, n in found["pool_answer_discards"].items()
    ]
    waiting, unanswered = found["pool_texts"]["waiting"], found["pool_unanswered"]
    return [
        *lines,
        f"  {number_of(waiting, 'text', 'wait')}, {number_of(unanswered, 'instruction', 'wait')} for an answer",
    ]


def _progress(counts: Mapping[str, Any]) -> str:
    goal = f" of {counts['target']:,}" if counts.get("target") else ""
    wanted = counts.get("pool_target")
    pool = f"{counts.get('in_pool', 0):,} of {wanted:,} in the pool, " if wanted else ""
    return (
        f"{number_of(counts.get('texts', 0), 'text')} asked, {counts.get('accepted', 0):,}{goal} accepted of "
        f"{number_of(counts.get('candidates', 0), 'instruction')}, "
        f"{pool}{number_of(counts.get('instances', 0), 'answer')} of "
        f"{counts.get('completed', 0):,}, {number_of(counts.get('requests', 0), 'request')}, "
        f"{money(counts.get('usd', 0.0))}"
    )
