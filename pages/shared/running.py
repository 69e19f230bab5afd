"""How a run reads in one line, the same on every page."""

from __future__ import annotations

import time

from core.records import Run, RunState, Usage

MARKS = {
    RunState.QUEUED: "waiting",
    RunState.RUNNING: "running",
    RunState.PAUSED: "paused",
    RunState.INTERRUPTED: "interrupted",
    RunState.DONE: "done",
    RunState.STOPPED: "stopped",
    RunState.FAILED: "failed",
}


def money(usd: float | None) -> str:
    """Dollars; an unknown price says so and never reads as nothing."""
    if usd is None:
        return "price unknown"
    return f"${usd:.2f}" if usd >= 1 or usd == 0 else f"${usd:.4f}"


def spent(usage: Usage) -> str:
    return f"{usage.requests:,} requests, {usage.tokens:,} tokens, {money(usage.usd)}"


def progress_line(run: Run) -> str:
    """Run number, state, and how far it is."""
    accepted, target = run.counts.get("accepted"), run.counts.get("target")
    far = "" if accepted is None else f" {accepted:,}" + (f" of {target:,}" if target else "") + " tasks"
    if "to_parse" in run.counts:
        far = f" {run.counts['parsed']:,} of {run.counts['to_parse']:,} parsed"
    return f"run {run.id} {MARKS[run.state]}{far}"


def minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def ago(at: float | None) -> str:
    return "" if at is None else f"{minutes(max(0.0, time.time() - at))} ago"
