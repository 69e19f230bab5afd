"""Bulk acts on a filtered table: the rows, the count, then one event that one button takes back."""

from __future__ import annotations

import streamlit as st

from core.records import Decided, Pool, WinnowError
from core.review import bulk, editing
from core.review.bulk import Event, Fitting
from pages.review.queues import filter_form
from pages.shared import session
from pages.shared.plain import cells
from pages.shared.running import ago

ROWS = 200
_DONE = {Decided.REJECT: "rejected", Decided.FLAG: "flagged", Decided.UNFLAG: "unflagged"}


@st.fragment(key="bulk")
def draw(pool: Pool) -> None:
    """Filter, look, act, undo."""
    wanted = filter_form("bulk-where", pool)
    try:
        found = bulk.table(session.database(), pool.id, wanted, session.reviewer(), ROWS)
    except WinnowError as error:
        st.text(str(error))
        return
    seen, rows = found.fitting, found.rows
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.metric("instances fit", f"{seen.n:,}", width=130)
        reason = st.text_input("Reason or flag", key="bulk-reason", max_chars=200, width=300)
        everything = not wanted.as_saved()
        off = not reason.strip() or not seen.n
        unsafe = off or everything
        st.button(
            f"Reject {seen.n:,}",
            type="primary",
            disabled=unsafe,
            on_click=_reject,
            args=(seen, reason),
            key="bulk-reject",
        )
        st.button(f"Flag {seen.n:,}", disabled=off, on_click=_flag, args=(seen, reason, True), key="bulk-flag")
        st.button("Take the flag off", disabled=off, on_click=_flag, args=(seen, reason, False), key="bulk-unflag")
        st.text(st.session_state.get("bulk-message", ""))
    if everything:
        st.caption("Set a filter first: without one, rejecting would mean the whole pool.")
    if not rows:
        st.text("Nothing fits this filter.")
    else:
        st.dataframe(
            cells(
                {
                    "instance": row.instance_id,
                    "instruction": row.instruction,
                    "input": row.input,
                    "output": row.output,
                    "ratings": row.rated,
                    "yours": row.mine or "",
                }
                for row in rows
            ),
            hide_index=True,
            height=300,
            on_select=_open,
            selection_mode="single-row",
            key="bulk-rows",
        )
        st.session_state["bulk-ids"] = [row.instance_id for row in rows]
        st.caption(f"The first {len(rows):,} of {seen.n:,}. A click on a row opens it at the desk.")
    _events(found.events)


def _events(done: tuple[Event, ...]) -> None:
    for event in done:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            off = event.undone
            st.button(
                "Undone" if off else "Undo", key=f"event-{event.id}", disabled=off, on_click=_undo, args=(event.id,)
            )
            st.text(f"{event.n:,} {_DONE[event.kind]}: {event.reason}  ({event.actor}, {ago(event.at)})")


def _reject(seen: Fitting, reason: str) -> None:
    _told(lambda: f"{bulk.reject(session.database(), seen, reason, session.reviewer()).n:,} rejected.")


def _flag(seen: Fitting, name: str, raised: bool) -> None:
    word = "flagged" if raised else "unflagged"
    _told(lambda: f"{bulk.flag(session.database(), seen, name, session.reviewer(), raised).n:,} {word}.")


def _undo(event_id: int) -> None:
    _told(lambda: f"{editing.undo(session.database(), event_id, session.reviewer()):,} as before.")


def _told(act: object) -> None:
    try:
        st.session_state["bulk-message"] = act()  # type: ignore[operator]
    except WinnowError as error:
        st.session_state["bulk-message"] = str(error)


def _open() -> None:
    chosen = st.session_state["bulk-rows"]["selection"]["rows"]
    ids = st.session_state.get("bulk-ids", [])
    if chosen and chosen[0] < len(ids):
        st.session_state["item-asked"] = ids[chosen[0]]
