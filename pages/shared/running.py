"""Runs on screen, the same on every page: one line, and the one start, pause, stop and resume."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import methods
from core.llm import target as models
from core.llm.target import Target
from core.records import Budget, Control, Run, RunState, WinnowError
from core.runs import control
from core.words import money
from pages.shared import session

AT_WORK = (RunState.QUEUED, RunState.RUNNING)
REFUSED = "run-refused"

MARKS = {
    RunState.QUEUED: "waiting",
    RunState.RUNNING: "running",
    RunState.PAUSED: "paused",
    RunState.INTERRUPTED: "interrupted",
    RunState.DONE: "done",
    RunState.STOPPED: "stopped",
    RunState.FAILED: "failed",
}


def mark(run: Run) -> str:
    """A run's state in a word or two; one that waits for a file of answers says so."""
    waits = run.state is RunState.PAUSED and run.counts.get("awaits_file")
    return "waits for a file" if waits else MARKS[run.state]


def may_spend(target: Target, budget: Budget, key: str) -> bool:
    """Whether a run may begin: where nobody knows its price and nothing limits it, a box asks first."""
    if budget != Budget() or not models.cost_unknown(session.database(), target):
        return True
    return st.checkbox("Without a limit, though the price isn't known", key=key)


def progress_line(run: Run) -> str:
    """Run number, state, and how far it is."""
    far = ""
    if "to_parse" in run.counts and run.state in AT_WORK:
        far = f", {run.counts['parsed']:,} of {run.counts['to_parse']:,} parsed"
    elif "accepted" in run.counts:
        there, goal = control.progress(run)
        where = " in the pool" if run.counts.get("pool_target") else ""
        far = f", {there:,}" + (f" of {goal:,}" if goal else "") + f" {methods.counts(run.method)}{where}"
    return f"run {run.id} {mark(run)}{far}"


def figures(run: Run, brought: Mapping[str, str], unit: str = "") -> None:
    """How far a run is, what it `brought` by name, and what every run has: requests, tokens, dollars, pace."""
    counts, (rate, left) = run.counts, control.pace(run)
    reached, goal = control.progress(run)
    if goal:
        st.progress(min(1.0, reached / goal), f"{reached:,} of {goal:,} {unit}".rstrip())
    of_every_run = {
        "requests": f"{counts.get('requests', 0):,}",
        "tokens": f"{counts.get('prompt_tokens', 0) + counts.get('completion_tokens', 0):,}",
        "spent": money(counts.get("usd", 0.0)),
        **({"pace": f"{rate:.0f}/min"} if rate else {}),
        **({"time left": minutes(left)} if left is not None else {}),
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in {**brought, **of_every_run}.items():
            st.metric(name, value)


def minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def ago(at: float | None) -> str:
    return "" if at is None else f"{minutes(max(0.0, time.time() - at))} ago"


def told_by(bar: DeltaGenerator, text: str = "") -> Callable[[int, int], None]:
    """What draws how much is done, of how much, in a bar on screen; the whole may not be known (0)."""

    def tell(done: int, of: int) -> None:
        bar.progress(done / of if of else 0.0, text or None)

    return tell


def is_at_work(run: Run | None) -> bool:
    """Whether a run waits for somebody to take it up, or somebody works on it."""
    return run is not None and run.state in AT_WORK


def start(pool_id: int, method: str, plan: Mapping[str, Any], budget: Budget | None = None) -> Run | None:
    """Queue a run of the pool that the screen showed; None where that is refused, which `refusal` tells."""
    run = None
    with telling():
        run = control.start(session.database(), pool_id, method, plan, budget)
        session.runner().wake()
    return run


def controls(run: Run, place: str = "") -> None:
    """Pause, stop, resume: from any session, after a restart too. `place` tells one screen's two of a run apart."""
    key = f"{place}{run.id}"
    if run.state in AT_WORK:
        for one in Control:
            _button(run, one, f"{one}-{key}")
        if run.asked and not place:
            st.caption("What is on its way comes home first.")
    elif run.state.is_resumable:
        st.button("Resume", key=f"resume-{key}", on_click=_act, args=(control.resume, run.id))


def stop_button(run: Run, key: str) -> None:
    """A stop alone, for work that is begun again rather than resumed."""
    _button(run, Control.STOP, key)


def _button(run: Run, one: Control, key: str) -> None:
    args = (control.ask, run.id, one)
    st.button(one.value.capitalize(), key=key, on_click=_act, args=args, disabled=bool(run.asked))


@contextmanager
def telling() -> Iterator[None]:
    """What is refused inside is told by `refusal`, on the redraw that follows."""
    try:
        yield
    except WinnowError as error:
        st.session_state[REFUSED] = str(error)


def refusal() -> None:
    """Tell why the last button did nothing, once."""
    if told := st.session_state.pop(REFUSED, None):
        st.error("Not done.")
        st.text(told)


def _act(act: Callable[..., Run], run_id: int, *asked: Control) -> None:
    with telling():
        act(session.database(), run_id, *asked)
        session.runner().wake()
