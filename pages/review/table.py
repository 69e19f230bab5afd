"""Bulk acts on a filtered table: the rows, the count, then one event that one button takes back."""

from __future__ import annotations

import streamlit as st

from core.pool.filters import Filter
from core.records import Decided, Pool, WinnowError
from core.review import bulk, editing
from core.review.bulk import Event, Fitting, TableRow
from core.words import brief
from pages.review.queues import filter_form
from pages.shared import reader, session, tables
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
        st.text(brief(str(error)))
        return
    head = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    everything = not wanted.as_saved()
    if not found.rows:
        st.text("Nothing fits this filter.")
        ticked: list[int] = []
    else:
        ticked = tables.pick(
            (_row(row) for row in found.rows), [row.instance_id for row in found.rows], "bulk-rows", at_most=300
        )
        st.caption(
            f"The first {len(found.rows):,} of {found.fitting.n:,}. Ticks choose for the buttons above; without any "
            "they mean everything that fits. One that is ticked alone stands whole below."
        )
    seen, which = found.fitting, "" if ticked else " all"
    if ticked:
        seen = bulk.fitting(session.database(), pool.id, Filter(instance_ids=tuple(ticked)))
    with head:
        st.metric("instances fit", f"{found.fitting.n:,}", width=130)
        reason = st.text_input("Reason or flag", key="bulk-reason", max_chars=200, width=300)
        off = not reason.strip() or not seen.n
        st.button(
            f"Reject{which} {seen.n:,}",
            type="primary",
            disabled=off or (everything and not ticked),
            on_click=_reject,
            args=(seen, reason),
            key="bulk-reject",
        )
        st.button(f"Flag{which} {seen.n:,}", disabled=off, on_click=_flag, args=(seen, reason, True), key="bulk-flag")
        st.button("Take the flag off", disabled=off, on_click=_flag, args=(seen, reason, False), key="bulk-unflag")
        st.text(st.session_state.get("bulk-message", ""))
    if everything and not ticked:
        st.caption("Set a filter or tick rows first: without either, rejecting would mean the whole pool.")
    if len(ticked) == 1:
        _whole(next(row for row in found.rows if row.instance_id == ticked[0]))
    _events(found.events)


def _row(row: TableRow) -> dict[str, object]:
    return {
        "instance": row.instance_id,
        "instruction": row.instruction,
        "input": row.input,
        "output": row.output,
        "ratings": row.rated,
        "yours": row.mine or "",
    }


def _whole(row: TableRow) -> None:
    """The row's texts whole, and the way to judge them."""
    with st.container(border=True, key="bulk-whole"):
        if st.button("Open it at the desk", key="bulk-open"):
            st.session_state["item-asked"] = row.instance_id
            st.rerun()
        texts = (("Instruction", row.instruction), ("Input", row.input), ("Output", row.output))
        reader.in_place(texts, f"bulk-{row.instance_id}", highest=360)


def _events(done: tuple[Event, ...]) -> None:
    for event in done:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            off = event.undone and event.ended
            label = "Undone" if off else "Undo the rest" if event.undone else "Undo"
            st.button(label, key=f"event-{event.id}", disabled=off, on_click=_undo, args=(event.id,))
            st.text(f"{event.n:,} {_DONE[event.kind]}: {event.reason}  ({event.actor}, {ago(event.at)}){_half(event)}")


def _half(event: Event) -> str:
    """What is to be known of an act on many that is not all done: it goes on elsewhere, or was cut off."""
    if event.ended:
        return ""
    what = "taking it back" if event.undone else f"of {event.told['meant']:,}"
    return f"  {what}: still going on, or cut off before its end"


def _reject(seen: Fitting, reason: str) -> None:
    _told(lambda: f"{bulk.reject(session.database(), seen, reason, session.reviewer()).n:,} rejected.")


def _flag(seen: Fitting, name: str, raised: bool) -> None:
    word = "flagged" if raised else "unflagged"
    _told(lambda: f"{bulk.flag(session.database(), seen, name, session.reviewer(), raised).n:,} {word}.")


def _undo(event_id: int) -> None:
    _told(lambda: f"{editing.undo(session.database(), event_id, session.reviewer()):,} as before.")


def _told(act: object) -> None:
    tables.unpick("bulk-rows")
    try:
        st.session_state["bulk-message"] = act()  # type: ignore[operator]
    except WinnowError as error:
        st.session_state["bulk-message"] = str(error)
