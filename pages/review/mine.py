"""What a reviewer has rated, latest first: a click takes any of it back to the desk."""

from __future__ import annotations

import streamlit as st

from core.records import Pool
from core.review import history
from core.review.history import Remembered
from pages.shared import clicked, session, tables
from pages.shared.plain import cells
from pages.shared.running import ago

ROWS = 300


def draw(pool: Pool) -> None:
    """The reviewer's latest ratings and skips."""
    found = history.of_reviewer(session.database(), pool.id, session.reviewer(), limit=ROWS)
    if not found:
        st.text("You have rated nothing in this pool yet. The desk is where that happens.")
        if st.button("To the desk", type="primary", key="mine-to-desk"):
            st.session_state["view-asked"] = "desk"
            st.rerun()
        return
    st.session_state["mine-ids"] = [one.act.instance_id for one in found]
    tables.show(
        cells(_row(one) for one in found),
        at_most=560,
        on_select=_open,
        selection_mode="single-row",
        key="mine",
    )
    st.caption(f"Your latest {len(found):,}, newest first. A click on a row opens it at the desk.")


def _row(one: Remembered) -> dict[str, object]:
    said = one.act.said
    verdict = said.grade.value if said.grade else {True: "valid", False: "invalid", None: one.act.kind}[said.valid]
    return {
        "said": verdict,
        "instruction": one.instruction,
        "flags": ", ".join(said.flags),
        "note": said.note,
        "text": "edited since" if one.is_stale else "",
        "when": ago(one.act.at),
    }


def _open() -> None:
    ids = st.session_state.get("mine-ids", [])
    for row in clicked.rows(st.session_state["mine"], len(ids))[:1]:
        st.session_state["item-asked"] = ids[row]
