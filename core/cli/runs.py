"""Verbs about runs, of whatever method: which there are, and pause, stop, resume."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.cli.bar import bar, duration, table
from core.cli.console import Console, Subparsers, database, verb
from core.cli.working import carry_on, ended_well
from core.moments import local, moment
from core.records import Control, Run
from core.words import number_of, spent

if TYPE_CHECKING:
    from core.database import Database

MOMENTS = ("created_at", "started_at", "ended_at")


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    listed = verb(verbs, "runs", _runs, "list the runs that wait or work, or a pool's runs")
    listed.add_argument("pool", nargs="?", help="its runs, newest first; without it what is at work in all pools")
    run = verb(verbs, "run", _run, "show a run, pause or stop one that any program works on, or resume one here")
    run.add_argument("action", choices=(*Control, "resume", "show"))
    run.add_argument("number", type=int, help="the run's number")


def _runs(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools
    from core.runs import control

    db = database()
    if chosen.pool:
        pool = pools.named(db, chosen.pool)
        found = [(run, pool.name) for run in control.of_pool(db, pool.id)]
    else:
        found = [(one.run, one.pool) for one in control.at_work(db)]
    console.result(
        {"runs": [_summary(run, name) for run, name in found]},
        lambda: _table(found) if found else [_none(chosen.pool)],
    )
    return 0


def _run(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools
    from core.runs import control

    db = database()
    if chosen.action == "show":
        return _show(db, chosen.number, console)
    if chosen.action == "resume":
        run = carry_on(db, chosen.number, console)
    else:
        run = control.ask(db, chosen.number, Control(chosen.action))
    found = _summary(run, pools.with_id(db, run.pool_id).name)
    asked = "; what is on its way comes home first" if run.asked else ""
    console.result(found, lambda: [_line(found) + asked])
    return 0 if chosen.action != "resume" or ended_well(run) else 1


def _show(db: Database, number: int, console: Console) -> int:
    from core import pools
    from core.gate import ledger
    from core.gate.rules import sentence
    from core.runs import control

    run = control.get(db, number)
    dropped = dict(ledger.of_run(db, run))
    batches = [{"number": one.number, "counts": dict(one.counts or {})} for one in control.batches(db, number)]
    name = pools.with_id(db, run.pool_id).name
    told = {
        **_summary(run, name),
        "settings": dict(run.settings),
        "budget": asdict(run.budget),
        "discards": dropped,
        "batches": batches,
    }
    there, goal = control.progress(run)
    console.result(
        told,
        lambda: [
            _line(told),
            *([f"  {run.counts['speaks_to']}"] if run.counts.get("speaks_to") else []),
            *([bar(there, goal, 0)] if goal else []),
            f"  {number_of(len(batches), 'batch')} admitted; begun {local(run.started_at)}, ended "
            f"{local(run.ended_at)}",
            *(f"  dropped {n:,}: {sentence(rule)} ({rule})" for rule, n in dropped.items()),
            *([f"  spent: {_spent(run)}"] if run.counts.get("requests") else []),
        ],
    )
    return 0


def _summary(run: Run, pool: str) -> dict[str, Any]:
    return {
        "run": run.id,
        "pool": pool,
        "method": run.method,
        "state": run.state.value,
        "asked": run.asked,
        "message": run.message,
        **{at: moment(getattr(run, at)) for at in MOMENTS},
        **run.counts,
    }


def _spent(run: Run) -> str:
    tokens = sum(run.counts.get(name, 0) for name in ("prompt_tokens", "completion_tokens"))
    return spent(run.counts["requests"], tokens, run.counts.get("usd"))


def _table(runs: list[tuple[Run, str]]) -> list[str]:
    rows = [
        (
            run.id,
            name,
            run.method,
            f"{run.state.value}, asked to {run.asked}" if run.asked else run.state.value,
            run.counts.get("accepted"),
            local(run.started_at),
            duration(run.ended_at - run.started_at) if run.ended_at and run.started_at else "",
            run.message or run.counts.get("note", ""),
        )
        for run, name in runs
    ]
    return table(("run", "pool", "method", "state", "accepted", "begun", "took", "what it says"), rows, 70)


def _none(pool: str | None) -> str:
    if pool:
        return f"No run has worked in {pool}; `winnow run start` grows it."
    return "Nothing is at work; `winnow run start POOL` begins a run, `winnow run list POOL` lists a pool's past ones."


def _line(one: dict[str, Any]) -> str:
    asked = f", asked to {one['asked']}" if one["asked"] else ""
    accepted = f", {one['accepted']:,} accepted" if "accepted" in one else ""
    told = one["message"] or one.get("note", "")
    return f"Run {one['run']} of {one['pool']}: {one['method']}, {one['state']}{asked}{accepted}. {told}"
