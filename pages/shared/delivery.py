"""How a run's requests go: one by one, as batches for half the price, or by a file; and that file, out and in."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.llm.parcels.words import Delivery
from core.llm.target import Target
from core.records import Run, RunState
from core.runs import control, parcels
from pages.shared import downloads, running, session
from pages.shared.uploading import Sent, all_sent


def choose(target: Target, place: str) -> Target:
    """Draw the two boxes; return the target that sends its requests as they say."""
    server = target.resolved()
    if server.is_demo or server.is_in_process:
        return target
    with st.container(horizontal=True, vertical_alignment="center"):
        batch = st.checkbox(
            "Half price: in batches",
            key=f"{place}-batch-api",
            help="Independent requests go to the server together, each batch within 24 hours; more prompts or texts a "
            "batch make fewer and larger ones. Paused, closed or crashed, the run goes on from there.",
        )
        by_file = st.checkbox(
            "By a file for vllm run-batch",
            key=f"{place}-batch-file",
            disabled=batch,
            help="The run writes its requests to a file and waits until you bring the answers.",
        )
    if batch:
        return replace(target, delivery=Delivery.BATCH)
    return replace(target, delivery=Delivery.FILE) if by_file else target


def waiting_file(run: Run) -> None:
    """The file that a run waits for, and the place for its answers; nothing where it waits for none."""
    if run.state is not RunState.PAUSED or not run.counts.get("awaits_file"):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        downloads.button(
            "Requests as a file",
            lambda: parcels.file_of(session.database(), run.id),
            f"winnow-run-{run.id}.jsonl",
            "application/jsonl",
            key=f"file-out-{run.id}",
        )
        answers = all_sent(
            st.file_uploader(
                "Answers", ["jsonl"], accept_multiple_files=True, key=f"file-in-{run.id}", label_visibility="collapsed"
            )
        )
        st.button(
            "Bring the answers",
            key=f"bring-{run.id}",
            disabled=not answers,
            on_click=_bring,
            args=(run.id, answers),
        )
    if told := st.session_state.pop(f"brought-{run.id}", None):
        st.text(told)


def _bring(run_id: int, files: list[Sent]) -> None:
    with running.telling():
        database = session.database()
        returned = parcels.bring(database, [file.getvalue().decode("utf-8", "replace").splitlines() for file in files])
        st.session_state[f"brought-{run_id}"] = returned.told
        control.resume(database, returned.run_id)
        session.runner().wake()
