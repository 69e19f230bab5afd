"""Long work at the command line: go on with the interrupted run of the same kind or begin one, do it, say how far."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Any

from core.cli.bar import bar
from core.cli.console import Console, throttled
from core.database import Database
from core.records import Budget, Refused, Run, RunState

Counts = Mapping[str, Any]


def carry_out(
    db: Database,
    pool_id: int,
    method: str,
    plan: Mapping[str, Any],
    console: Console,
    line: Callable[[Counts], str],
    *,
    budget: Budget | None = None,
    new_run: bool = False,
) -> Run:
    """Do a run of this plan here and now, and return it as it ended."""
    from core.runs import control, runner

    run = None if new_run else control.resume_same(db, pool_id, method, plan, budget, here=True)
    if run is None:
        run = control.start(db, pool_id, method, plan, budget, here=True)
    else:
        console.note(f"Going on with run {run.id} of this pool.")
    return runner.work_here(db, run.id, _telling(console, line))


def carry_on(db: Database, run_id: int, console: Console) -> Run:
    """Resume a run that was put down, here and now, and return it as it ended."""
    from core.runs import control, runner

    run = control.resume(db, run_id, here=True)
    return runner.work_here(db, run.id, _telling(console, _in_a_line))


def ended_well(run: Run) -> bool:
    """Whether a run did what was asked: it is done, or has come to the file that it was to wait for."""
    return run.state is RunState.DONE or (run.state is RunState.PAUSED and bool(run.counts.get("awaits_file")))


def _in_a_line(counts: Counts) -> str:
    """The figures of a run of whatever method."""
    return ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counts.items() if type(n) is int)


def _telling(console: Console, line: Callable[[Counts], str]) -> Callable[[Counts], None]:
    """Say how far a run is: a bar with its rate and the time left where it has a goal, and its own line behind."""
    began: list[tuple[float, int]] = []

    def told(counts: Counts, _: int) -> str:
        there, goal = counts.get("accepted", 0), counts.get("target")
        if counts.get("pool_target"):
            there, goal = counts.get("in_pool", 0), counts["pool_target"]
        if not goal:
            return line(counts)
        began[:] = began or [(time.monotonic(), there)]
        since, before = began[0]
        return f"{bar(there, goal, time.monotonic() - since, before)}; {line(counts)}"

    tell = throttled(console, told)
    return lambda counts: tell(counts, 0)


def ends(chosen: argparse.Namespace, *, by_itself: bool = False) -> Any:
    """When the run is done, as --target, --more and --batches say it: one batch unless said, or `by_itself`."""
    from core.runs.until import Until

    for name in ("target", "more", "batches"):
        if getattr(chosen, name) is not None and getattr(chosen, name) < 1:
            raise Refused(f"The option --{name} is at least 1.")
    said = chosen.target or chosen.more or chosen.batches
    return Until(chosen.more, chosen.batches if said or by_itself else 1, chosen.target)
