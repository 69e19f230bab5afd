"""A batch's candidates with what became of them, side by side with the nearest neighbour."""

from __future__ import annotations

import streamlit as st

from core.database import Database
from core.gate import rescue
from core.llm import book
from core.records import Run, RunState, State
from core.runs import control
from core.selfinstruct.looking import Candidate, candidates
from pages.shared import marked, reader
from pages.shared.candidates import pair
from pages.shared.plain import block

PAGE = 50  # candidates drawn at once
OPEN = "open-candidate"


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
            f"batch (1 to {last + 1})",
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
    _settled(database, run, number, found, actor)


def _settled(database: Database, run: Run, number: int, found: list[Candidate], actor: str) -> None:
    """The candidates with a tick and a way in each, a page of them at a time."""
    pages = -(-len(found) // PAGE)
    place = f"{run.id}-{number}"
    page = 1
    with st.container(horizontal=True, vertical_alignment="center", key="candidates-head"):
        acts = st.container(horizontal=True, vertical_alignment="center")
        if pages > 1:
            page = st.pagination(pages, key=f"candidates-page-{place}")
    chosen = []
    with st.container(key="candidates", gap=None):
        for one in found[PAGE * (page - 1) : PAGE * page]:
            task_id, is_open = one.task.id, st.session_state.get(OPEN) == one.task.id
            with st.container(horizontal=True, vertical_alignment="top", gap="small"):
                ticked = st.checkbox(
                    f"Choose candidate {task_id}",
                    key=f"choose-{task_id}",
                    disabled=one.task.state is not State.DISCARDED,
                    label_visibility="collapsed",
                )
                with st.container():
                    marked.pairs([pair(one)])
                st.button(
                    "Close" if is_open else "Open",
                    key=f"open-{task_id}",
                    type="tertiary",
                    on_click=_open,
                    args=(None if is_open else task_id,),
                    help="Its instances, and the reply that it came from",
                )
            chosen += [task_id] if ticked else []
            if is_open:
                _whole(database, one)
    with acts:
        if st.button(f"Keep {len(chosen) or ''} anyway", disabled=not chosen, key="keep-anyway"):
            # A filter's rule is a guess: what is chosen is accepted after all, by an event that can be taken back.
            rescue.rescue(database, [(task_id, None) for task_id in chosen], actor)
            st.rerun()
        st.caption(
            "Tick discarded ones to keep them. The next run asks for their instances; Discards takes it back. "
            "Marked: the words that a candidate shares with the task nearest to it."
        )


def _whole(database: Database, one: Candidate) -> None:
    """A candidate's instances, and the reply that it was read from, in place."""
    with st.container(border=True, key=f"whole-{one.task.id}"):
        for number, instance in enumerate(one.task.instances, 1):
            of = f"instance {number} of {len(one.task.instances)}"
            of += "" if instance.state is State.ACCEPTED else f", {instance.state.value}"
            texts = ((f"Input, {of}", instance.input), ("Output", instance.output))
            reader.in_place(texts, f"{one.task.id}-{instance.id}", highest=300)
        if not one.task.instances:
            st.caption("No instance has been asked for yet.")
        if one.task.request_id is not None:
            asked = book.exchange(database, one.task.request_id)
            st.caption(f"The reply that it came from: request {asked.id}")
            block(asked.reply.text if asked.reply else "No reply is stored.", 260)


def _open(task_id: int | None) -> None:
    st.session_state[OPEN] = task_id
