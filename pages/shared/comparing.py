"""What large pools' pages Near duplicates and What if share: the run that compares the tasks, and what it has found."""

from __future__ import annotations

import streamlit as st

from core.importing.pace import Pace
from core.near import job, kept
from core.near.kept import ComparedPool
from core.records import Pool, Run
from core.words import number_of
from pages.shared import running, session


@st.cache_resource(show_spinner=False, max_entries=2)
def _kept(pool_id: int, nearness_id: int) -> ComparedPool | None:
    """What a run has found; its arrays are read once for all sessions."""
    return kept.newest(session.database(), pool_id)


def compared(pool: Pool) -> ComparedPool | None:
    """What is known of a large pool's tasks; draws how to come by it, and what has changed since. None before that."""
    database = session.database()
    run = job.latest(database, pool.id)
    found = _kept(pool.id, kept.newest_id(database, pool.id))
    told = kept.since(database, pool).sentence if found else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        if told:
            st.caption(told)
        elif found is None:
            st.info(
                f"A pool of more than {number_of(job.LARGE, 'candidate')} is compared once, beside the page. A "
                "million take from some minutes to an hour, the longer the more alike they are, and about "
                "1,000 MB of memory, more where texts are long; stopped, it goes on from a minute before."
            )
        if (found is None or told) and not running.is_at_work(run):
            again = run is not None and run.state.is_resumable
            st.button(
                "Go on comparing" if again else "Compare anew" if found else "Compare the tasks",
                type="primary" if found is None else "secondary",
                key="near-begin",
                on_click=_begin,
                args=(pool,),
            )
    running.refusal()
    if run is not None and running.is_at_work(run):
        _progress(pool, run)
    elif run is not None and run.message and (found is None or run.id != found.run_id):
        st.text(run.message)
    return found


def _begin(pool: Pool) -> None:
    with running.telling():
        job.begin(session.database(), pool.id)
        session.runner().wake()


def _progress(pool: Pool, drawn_run: Run) -> None:
    """How far the run is, each second; the page comes anew when it has ended."""

    pace: Pace = st.session_state.setdefault(f"near-pace-{drawn_run.id}", Pace())

    @st.fragment(run_every=1)
    def live() -> None:
        run = job.latest(session.database(), pool.id)
        if run is None or not running.is_at_work(run):
            st.rerun()
        done, of = run.counts.get("done", 0), run.counts.get("of", 0)
        stage = job.SAID.get(run.counts.get("stage", ""), "waiting")
        far = pace.told(stage, done, of) if of else stage
        with st.container(horizontal=True, vertical_alignment="center", key="near-progress"):
            st.progress(done / of if of else 0.0, far)
            running.controls(run, "near-")

    live()
