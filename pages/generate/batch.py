"""A batch's candidates with what became of them, side by side with the nearest neighbour."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.database import Database
from core.gate import rescue
from core.gate.rules import TOO_CLOSE, sentence
from core.records import Discard, Run, RunState, State
from core.runs import control
from core.selfinstruct.looking import Candidate, candidates
from pages.shared.plain import cells
from pages.shared.tables import pick, unpick


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
    settled = run.state not in (RunState.QUEUED, RunState.RUNNING)  # a table that is redrawn keeps no selection
    shape: dict[str, Any] = {
        "height": 420,
        "column_config": {
            "": st.column_config.TextColumn(width=30),
            "candidate": st.column_config.TextColumn(width="large"),
            "why": st.column_config.TextColumn(width="medium"),
            "ROUGE-L": st.column_config.NumberColumn(format="%.2f", width=70),
            "instances": st.column_config.NumberColumn(width=70),
            "nearest": st.column_config.TextColumn(width="large"),
        },
    }
    if not settled:
        st.dataframe(cells(_row(one) for one in found), hide_index=True, key=f"batch-table-{run.id}-{number}", **shape)
        return
    picked = pick((_row(one) for one in found), [one.task.id for one in found], f"batch-table-{run.id}", **shape)
    dropped = {one.task.id for one in found if one.task.state is State.DISCARDED}
    _keep_anyway(database, [task_id for task_id in picked if task_id in dropped], actor, f"batch-table-{run.id}")


def _keep_anyway(database: Database, chosen: list[int], actor: str, table: str) -> None:
    """A filter's rule is a guess: what is chosen is accepted after all, by an event that Discards can take back."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(f"Keep {len(chosen) or ''} anyway", disabled=not chosen, key="keep-anyway"):
            unpick(table)
            rescue.rescue(database, [(task_id, None) for task_id in chosen], actor)
            st.rerun()
        st.caption("Choose discarded rows. The next run asks for their instances; Discards takes it back.")


def _row(one: Candidate) -> dict[str, object]:
    task = one.task
    accepted = task.state is State.ACCEPTED
    return {
        "": "✓" if accepted else "✗",
        "candidate": task.instruction,
        "why": "" if accepted else _reason(one.discard),
        "ROUGE-L": task.nearest_score,
        "nearest": one.nearest,
        "instances": sum(i.state is State.ACCEPTED for i in task.instances) if accepted else None,
        "kind": "" if task.is_classification is None else "classification" if task.is_classification else "other",
    }


def _reason(why: Discard | None) -> str:
    if why is None:
        return "taken out by hand"
    reason = sentence(why.rule)
    if why.rule == TOO_CLOSE:
        return f"{reason}: {why.evidence['score']:.2f} > {why.evidence['threshold']:.2f}"
    shown = next(
        (str(value) for key, value in why.evidence.items() if key in ("word", "words", "character", "opening")), ""
    )
    return f"{reason}: {shown}" if shown else reason
