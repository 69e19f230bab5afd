"""Adjudication: the items on which reviewers differ, everybody's answers side by side, and the last word."""

from __future__ import annotations

import time

import streamlit as st

from core.records import Grade, Pool, Rating, WinnowError
from core.review import differences, progress
from core.review.agreement import Agreement
from core.review.dwell import Dwell
from core.store.reviews import Judgement
from pages.parts import session
from pages.parts.desk import GRADES
from pages.parts.plain import field


def draw(pool: Pool) -> None:
    """The first item that waits for a last word; beside it how far reviewers agree."""
    with session.database().read() as c:
        waiting = differences.waiting(c, pool.id, session.reviewer())
        shown = differences.get(c, waiting[0]) if waiting else None
        measured = progress.pool_agreement(c, pool.id)
    left, right = st.columns([2, 1], gap="large")
    with right:
        _agreement(measured)
    with left:
        if shown is None:
            st.subheader("Nobody differs", anchor=False)
            st.text("Items whose reviewers give different grades come here, once a queue wants two ratings or more.")
            return
        _one(pool, shown, len(waiting))


def _one(pool: Pool, shown: differences.Difference, n: int) -> None:
    item = shown.item
    with st.container(key="desk-item"):
        st.text(f"difference {item.instance_id} {item.text_hash}")
    if st.session_state.get("final-shown") != (item.instance_id, item.text_hash):
        st.session_state["final-shown"] = (item.instance_id, item.text_hash)
        st.session_state["final-dwell"] = Dwell(time.monotonic())
    st.caption(f"{n:,} wait for a last word" if n < 200 else "200 or more wait for a last word")
    with st.container(border=True, height=300, key="desk-panel-prose"):
        field("Instruction", item.instruction)
        field("Input", item.input)
        field("Output", item.output)
    for rating in shown.ratings:
        with st.container(horizontal=True, gap="medium"):
            st.text(f"{_said(rating):8}")
            st.text(f"{rating.reviewer}  {rating.note}")
    st.text_input("Note", key=f"final-note-{item.instance_id}", on_change="ignore", placeholder="Why, if you like")
    with st.container(horizontal=True, gap="small"):
        for number, (grade, text) in enumerate(GRADES.items(), 1):
            st.button(
                text,
                key=f"final-{grade}-{item.instance_id}",
                shortcut=str(number),
                width="stretch",
                on_click=_settle,
                args=(item.instance_id, item.text_hash, grade, f"final-note-{item.instance_id}"),
            )
    st.text(st.session_state.get("final-message", ""))


def _settle(instance_id: int, text_hash: str, grade: Grade, note_key: str) -> None:
    dwell: Dwell = st.session_state["final-dwell"]
    if st.session_state.get("final-shown") != (instance_id, text_hash) or not dwell.allows(time.monotonic()):
        return
    said = Judgement(grade, note=st.session_state.get(note_key) or "")
    try:
        differences.last_word(session.database(), instance_id, text_hash, said, session.reviewer())
        st.session_state["final-message"] = ""
    except WinnowError as error:
        st.session_state["final-message"] = str(error)


def _agreement(measured: Agreement) -> None:
    st.caption(f"Agreement, n={measured.n:,} items with two ratings or more")
    for figure in measured.figures:
        value = "undefined" if figure.value is None else f"{figure.value:.2f}"
        interval = "" if figure.low is None or figure.high is None else f"  [{figure.low:.2f}, {figure.high:.2f}]"
        paper = f"  paper {' or '.join(f'{value:.2f}' for value in figure.paper)}" if figure.paper else ""
        st.text(f"{figure.name}: {value}{interval}{paper}", help=figure.undefined_because or figure.meaning or None)


def _said(rating: Rating) -> str:
    return rating.grade.value if rating.grade else "valid" if rating.valid else "invalid"
