"""A batch's candidates with what became of them, side by side with the nearest neighbour."""

from __future__ import annotations

import streamlit as st

from core.database import Database
from core.gate import rescue
from core.records import Run, RunState, State
from core.review import queues
from core.runs import control
from core.selfinstruct.looking import Candidate, candidates
from pages.shared import links, marked, opened
from pages.shared.candidates import pair
from pages.shared.opened import ListedRow

PAGE = 50  # candidates drawn at once


def batch_table(database: Database, run: Run, actor: str) -> None:
    """The latest batch of a run, or the one that is asked for."""
    admitted = control.batches(database, run.id)
    if not admitted:
        st.caption("The first batch is on its way.")
        return
    last = admitted[-1].number
    number = last
    if last:
        asked = st.number_input(
            f"Batch (1 to {last + 1})",
            1,
            last + 1,
            None,
            key=f"batch-{run.id}",
            placeholder=f"latest: {last + 1}",
            width=170,
        )
        number = last if asked is None else asked - 1
    found = candidates(database, run, number)
    if run.state in (RunState.QUEUED, RunState.RUNNING):  # what is redrawn every second keeps no ticks
        with st.container(height=480, key="candidates"):
            marked.pairs([pair(one) for one in found])
        return
    _settled(database, run.pool_id, f"{run.id}, batch {number + 1}", found, actor)


def _settled(database: Database, pool_id: int, place: str, found: list[Candidate], actor: str) -> None:
    """The candidates with a tick and a way in each, a page of them at a time."""
    pages = -(-len(found) // PAGE)
    page = 1
    with st.container(horizontal=True, vertical_alignment="center", key="acts-beside-candidates"):
        acts = st.container(horizontal=True, vertical_alignment="center")
        if pages > 1:
            page = st.pagination(pages, key=f"candidates-page-{place}")
    some = found[PAGE * (page - 1) : PAGE * page]
    st.caption(
        "Tick discarded ones to keep them, accepted ones to judge them. The next run asks for the instances of what is "
        "kept; Discards takes it back. Marked: words shared with the task that is nearest."
    )
    with st.container(key="candidates", gap=None):
        ticked = set(opened.choose([ListedRow(one.task.id, pair(one)) for one in some]))
    chosen = [one.task for one in some if one.task.id in ticked]
    dropped = [task.id for task in chosen if task.state is State.DISCARDED]
    kept = [task.id for task in chosen if task.state is State.ACCEPTED and task.instances]
    with acts:
        if st.button(f"Keep {len(dropped) or ''} anyway", disabled=not dropped, key="keep-anyway"):
            # A filter's rule is a guess: what is chosen is accepted after all, by an event that can be taken back.
            rescue.rescue(database, [(task_id, None) for task_id in dropped], actor)
            st.rerun()
        if st.button(f"Review {len(kept) or ''}", disabled=not kept, key="review-ticked"):
            links.review(queues.over_tasks(database, pool_id, f"of run {place}", kept, actor))
            st.rerun()
        opened.tick_all([one.task.id for one in some])
