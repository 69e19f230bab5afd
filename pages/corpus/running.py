"""Runs of the corpus room on screen: the newest of a method, and its pause, stop and resume."""

from __future__ import annotations

import streamlit as st

from core.records import Budget, Run, RunState, WinnowError
from core.runs import runner as runs
from core.runs.rows import runs as store
from pages.shared import session

AT_WORK = (RunState.QUEUED, RunState.RUNNING)


def newest(method: str) -> Run | None:
    """The pool's newest run of a method."""
    with session.database().read() as c:
        return next((run for run in store.of_pool(c, session.pool().id) if run.method == method), None)


def start(pool_id: int, method: str, plan: dict[str, object], budget: Budget | None = None) -> None:
    """Queue a run of the pool that the screen showed; a refusal is told by `refusal`."""
    try:
        runs.start(session.database(), pool_id, method, plan, budget)
        session.runner().wake()
    except WinnowError as error:
        refuse(error)


def refuse(error: WinnowError) -> None:
    st.session_state["corpus-refusal"] = str(error)


def refusal() -> None:
    """Tell why the last button did nothing, once."""
    if told := st.session_state.pop("corpus-refusal", None):
        st.error("Not done.")
        st.text(told)


def control(run: Run) -> None:
    """Pause, stop, resume: from any session, after a restart too."""
    if run.state in AT_WORK:
        off = bool(run.asked)
        st.button("Pause", key=f"pause-{run.id}", on_click=_ask, args=(run.id, "pause"), disabled=off)
        st.button("Stop", key=f"stop-{run.id}", on_click=_ask, args=(run.id, "stop"), disabled=off)
    elif run.state.is_resumable:
        st.button("Resume", key=f"resume-{run.id}", on_click=_resume, args=(run.id,))


def _ask(run_id: int, what: str) -> None:
    with session.database().write() as c:
        store.ask(c, run_id, what)


def _resume(run_id: int) -> None:
    with session.database().write() as c:
        store.resume(c, run_id)
    session.runner().wake()
