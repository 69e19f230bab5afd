"""Verbs that fill a pool: generate, novelty, statistics."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core import knobs
from core.cli import connection
from core.cli.comparing import compared
from core.cli.console import Console, Subparsers, by_name, database, throttled, verb
from core.cli.empty import no_tasks
from core.cli.working import carry_out, ended_well, ends
from core.database import Database
from core.gate.rules import THRESHOLD
from core.records import Endpoint, Pool, Refused, Run
from core.selfinstruct.settings import PRESETS, SelfInstructSettings, from_mapping
from core.words import money, number_of

if TYPE_CHECKING:
    from core.selfinstruct.loop import SelfInstructPlan

CHOSEN_BY_HAND = ("preset", "endpoint")  # options of their own


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    _register_generate(verbs)
    novelty = verb(verbs, "novelty", _novelty, "replay the novelty gate over a pool's stored candidates")
    novelty.add_argument("pool")
    novelty.add_argument(
        "--threshold",
        type=float,
        default=THRESHOLD,
        help="ROUGE-L F1 above which one is dropped (default %(default)s, paper 0.7)",
    )
    novelty.add_argument("--curve", action="store_true", help="kept and dropped at many thresholds, from stored pairs")
    novelty.add_argument("--items", action="store_true", help="list every dropped candidate with its neighbour")
    statistics = verb(verbs, "statistics", _statistics, "the numbers of the paper's Table 1 for a pool")
    statistics.add_argument("pool")


def _register_generate(verbs: Subparsers) -> None:
    parser = verb(
        verbs, "generate", _generate, "grow a pool by Self-Instruct; an interrupted run of the same kind goes on"
    )
    parser.add_argument("pool", help="made with the built-in seeds where there is none")
    parser.add_argument("--target", type=int, help="grow until the pool has so many tasks (by default one batch)")
    parser.add_argument("--more", type=int, help="grow until this run has brought so many tasks")
    parser.add_argument("--batches", type=int, help="batches to run")
    connection.add_options(parser)
    connection.add_delivery(parser)
    parser.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        help="by default the one that fits the endpoint; paper_prompts: the released program's own, by --templates",
    )
    by_name(
        parser, "--templates", only="it is a folder", metavar="FOLDER", help="a copy of the released program's files"
    )
    connection.add_budget(parser)
    parser.add_argument("--new-run", action="store_true", help="leave an interrupted run of the same kind where it is")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting (instructions.temperature=0.9)"
    )
    knobs.add_flags(parser, SelfInstructSettings, leave_out=CHOSEN_BY_HAND, paper=PRESETS["paper"])


def _generate(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools
    from core.selfinstruct.loop import METHOD

    db = database()
    plan, budget = _plan(chosen, db), connection.budget(chosen)
    connection.say_first(console, chosen, db, plan.target, budget)
    pool, _ = pools.get_or_make(db, chosen.pool)
    started = time.monotonic()
    run = carry_out(
        db,
        pool.id,
        METHOD,
        plan.as_mapping(),
        console,
        lambda counts: _progress_line(counts, started),
        budget=budget,
        new_run=chosen.new_run,
    )
    found = _outcome(db, pool.name, run)
    blindness = pools.blindness(db, pool)
    if blindness:
        console.note(blindness)
        found["warning"] = blindness
    console.result(found, lambda: [f"Run {run.id} {run.state}: {run.message}", _progress_line(run.counts, started)])
    return 0 if ended_well(run) else 1


def _plan(chosen: argparse.Namespace, db: Database) -> SelfInstructPlan:
    from core.selfinstruct.loop import SelfInstructPlan
    from core.selfinstruct.released import read_folder

    if chosen.endpoint is None and chosen.preset:
        chosen.endpoint = "chat" if chosen.preset == "chat" else "completions"
    target = connection.target(chosen, db)
    endpoint = target.endpoint
    preset = chosen.preset or ("chat" if endpoint.wording is Endpoint.CHAT else "paper")
    if chosen.templates and preset != "paper_prompts":
        raise Refused("--templates belongs to --preset paper_prompts; leave one out or add the other.")
    given = {
        **(read_folder(chosen.templates) if chosen.templates else {}),
        **knobs.given_flags(chosen, SelfInstructSettings, leave_out=CHOSEN_BY_HAND),
        **knobs.named(chosen.set),
    }
    settings = from_mapping({"preset": preset, "endpoint": endpoint.wording.value, **given})
    return SelfInstructPlan(settings, target, ends(chosen))


def _outcome(db: Database, pool: str, run: Run) -> dict[str, Any]:
    from core import pools
    from core.gate import ledger

    funnel = pools.funnel(db, run.pool_id)
    return {
        "pool": pool,
        "run": run.id,
        "state": run.state.value,
        "message": run.message,
        **run.counts,
        "discards": dict(ledger.of_run(db, run)),
        "pool_accepted": funnel.candidates.accepted,
        "pool_instances": funnel.instances,
        "usage": {**asdict(funnel.usage), "tokens": funnel.usage.tokens},
    }


def _progress_line(counts: Mapping[str, Any], started: float) -> str:
    accepted, target, goal = counts.get("accepted", 0), counts.get("target"), counts.get("pool_target")
    pool = f"{counts.get('in_pool', 0):,} of {goal:,} in the pool, " if goal else ""
    minutes = max(time.monotonic() - started, 1e-9) / 60
    return (
        f"{f'{accepted:,} of ' if target else ''}{number_of(target or accepted, 'task')} accepted of "
        f"{counts.get('candidates', 0):,}, "
        f"{pool}{number_of(counts.get('instances', 0), 'instance')}, "
        f"{number_of(counts.get('requests', 0), 'request')}, "
        f"{money(counts.get('usd', 0.0))}, {minutes * 60:.0f} s"
    )


def _novelty(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools
    from core.gate.admission import tokeniser_of
    from core.gate.replay import replay

    db = database()
    pool = pools.named(db, chosen.pool)
    tell = throttled(console, lambda what, n: f"{n:,} compared")
    if chosen.curve:
        return _curve(db, pool, console, tell)
    found = replay(db, pool, chosen.threshold, lambda n, of: tell("", n))
    summary: dict[str, Any] = {
        "pool": pool.name,
        "threshold": chosen.threshold,
        "tokeniser": tokeniser_of(pool).value,
        "seeds": found.seeds,
        "candidates": found.candidates,
        "kept": len(found.kept),
        "dropped": len(found.dropped),
    }
    if chosen.items:
        summary["kept_ids"] = found.kept
        summary["dropped_items"] = [asdict(one) for one in found.dropped]
    console.result(
        summary,
        lambda: [
            *([] if found.candidates else [no_tasks(pool.name)]),
            f"At {chosen.threshold:g}, {len(found.kept):,} of {number_of(found.candidates, 'candidate', 'are')} "
            f"kept and "
            f"{len(found.dropped):,} dropped ({number_of(found.seeds, 'seed')}, tokeniser {summary['tokeniser']}).",
            *(f"  {one.score:.2f}  {one.instruction}  ~  {one.nearest}" for one in found.dropped if chosen.items),
        ],
    )
    return 0


def _curve(db: Database, pool: Pool, console: Console, tell: Any) -> int:
    from core.gate.whatif import Replayable, load
    from core.near.large import LargeCandidates

    its = compared(db, pool, console, again=False)
    found: Replayable = LargeCandidates(its) if its else load(db, pool, lambda n, of: tell("", n))
    points = [asdict(point) for point in found.curve()]
    summary = {"pool": pool.name, "seeds": found.seeds, "candidates": len(found.ids) - found.seeds, "curve": points}
    summary["pairs"] = found.n_pairs
    console.result(
        summary,
        lambda: [f"{p['threshold']:.2f}  {p['kept']:>9,} kept  {p['dropped']:>9,} dropped" for p in points],
    )
    return 0


def _statistics(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools
    from core.diversity.table1 import PAPER, of_pool

    db = database()
    pool = pools.named(db, chosen.pool)
    found = of_pool(db, pool.id)
    summary = {"pool": pool.name, **asdict(found), "paper": asdict(PAPER)}
    papers = dict(PAPER.rows())

    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"

    console.result(
        summary,
        lambda: (
            ([] if found.instructions else [no_tasks(pool.name)])
            + [f"{'':42}{'this pool':>12}{'paper':>12}"]
            + [f"{label:42}{shown(value):>12}{shown(papers.get(label)):>12}" for label, value in found.rows()]
        ),
    )
    return 0
