"""History: who did what, when, to which text in this pool, newest first; and the way back."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import streamlit as st

from core.history import history
from core.history.happened import UNKNOWN, Happened, Kind, Wanted
from core.moments import local
from core.records import WinnowError
from core.words import brief, number_of
from pages.shared import session, tables
from pages.shared.links import go
from pages.shared.plain import sendable

AT_ONCE = 50
WHAT = 190  # pixels: the longest kind of act is not cut, at 820 there is room for the text, at 1280 for all columns
database, pool = session.database(), session.pool()
st.title("History", anchor=False)


def _restart() -> None:
    st.session_state["history-before"] = []


def _undo(key: str) -> None:
    try:
        n = history.undo(database, pool.id, key, session.reviewer())
        st.session_state["history-told"] = f"Taken back: {n:,} {'instance' if n == 1 else 'instances'} changed."
    except WinnowError as error:
        st.session_state["history-refused"] = str(error)


def _wanted() -> Wanted:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        people = ["", *history.people(database, pool.id)]
        who = st.selectbox(
            "Person", people, format_func=lambda one: sendable(one) or "anybody", key="history-who",
            on_change=_restart, width=170,
        )  # fmt: skip
        kind = st.selectbox(
            "What", [None, *Kind], format_func=lambda one: one.value if one else "anything", key="history-kind",
            on_change=_restart, width=WHAT + 60,
        )  # fmt: skip
        day = st.date_input("Day", None, key="history-day", on_change=_restart, width=170)
        item = st.number_input(
            "Instance", min_value=1, value=None, step=1, key="history-item", on_change=_restart,
            help="Its number, as the desk and the tables show it.", width=150,
        )  # fmt: skip
    since = until = None
    if day is not None:
        begins = datetime.combine(day, time.min)
        since, until = begins.astimezone().timestamp(), (begins + timedelta(days=1)).astimezone().timestamp()
    return Wanted(who, kind, None, int(item) if item else None, since, until)


def _row(one: Happened) -> dict[str, object]:
    return {
        "when": local(one.at),
        "who": one.who or UNKNOWN,
        "what": one.kind.value + (" (undone)" if one.undone else ""),
        "detail": ": ".join(part for part in (one.told, one.text) if part),
        "about": f"instance {one.instance_id}" if one.instance_id else number_of(one.n, "instance") if one.n else "",
    }


for mark, show in (("history-told", st.success), ("history-refused", st.error)):
    if said := st.session_state.pop(mark, None):
        show("Done." if mark == "history-told" else "Not done.")
        st.text(said)

wanted = _wanted()
places: list[str] = st.session_state.setdefault("history-before", [])
viewer = session.reviewer()
found = history.page(database, pool.id, wanted, before=places[-1] if places else None, limit=AT_ONCE, viewer=viewer)
if not found.acts:
    if wanted == Wanted():
        st.info("Nobody has done anything in this pool yet. Generate grows it; Pools and import fills it from a file.")
    else:
        st.info("Nothing that happened fits. Clear a filter above to see more.")
else:
    picked = tables.pick(
        (_row(one) for one in found.acts),
        [one.key for one in found.acts],
        "history-table",
        one=True,
        at_most=640,
        column_config={
            "who": st.column_config.TextColumn(width=75),
            "what": st.column_config.TextColumn(width=WHAT),
            "detail": st.column_config.TextColumn(width=395),
            "about": st.column_config.TextColumn(width=105),
        },
    )
    with st.container(horizontal=True):
        if places and st.button("Newer", key="history-newer"):
            places.pop()
            st.rerun()
        if found.following and st.button("Older", key="history-older"):
            places.append(found.following)
            st.rerun()
    for act in (one for one in found.acts if one.key in picked):
        with st.container(border=True):
            st.text(f"{local(act.at, seconds=True)}  {act.who or UNKNOWN}  {act.kind.value}  {act.told}")
            if act.text:
                st.text(act.text)
            if act.instance_id is not None and st.button("Open it at the desk", key="history-open"):
                st.session_state["item-asked"] = act.instance_id
                go("pages/review/review.py", "Review")
            if act.can_undo:
                try:
                    st.text(history.way_back(database, pool.id, act.key).sentence)
                    st.button("Take it back", key=f"undo-{act.key}", on_click=_undo, args=(act.key,))
                except WinnowError as error:
                    st.text(brief(str(error)))
st.caption(
    "What filters dropped is on the page Discards. What others said of a text stands here once it can colour no "
    "answer of yours; until then, that they did."
)
