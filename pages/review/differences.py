"""Adjudication: the items on which reviewers differ, everybody's answers side by side, and the last word."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from core.database import Database
from core.pool.judgement import Act, Judgement
from core.records import Grade, Pool, Rating, WinnowError
from core.review import differences, history, progress
from core.review.differences import Difference, Walk
from core.review.dwell import Dwell
from core.statistics.agreement import Agreement
from core.words import number_of
from pages.review.desk import ANSWERED, ASKED, GRADES, PANEL_HEIGHT
from pages.review.state import ROUND
from pages.shared import keys, marked, reader, reading, session
from pages.shared.plain import sendable
from pages.shared.running import ago

_AT_HAND = 1000  # differences that can be walked through; later ones follow as these are settled
_NAMED = 100  # characters of an instruction in the line of undo


def draw(pool: Pool) -> None:
    """One item that waits for a last word, with ways to the others; below it how far reviewers agree."""
    _walk(pool)
    # After the item: its libraries take a moment when they are first loaded.
    _agreement(progress.agreement_of(session.database(), pool.id))


@st.fragment
def _walk(pool: Pool) -> None:
    """The item in turn; a key runs this alone, as agreement does not change by a last word."""
    at = st.session_state.get(f"final-at-{pool.id}", 0)
    walk = differences.walk(session.database(), pool.id, session.reviewer(), at, _AT_HAND)
    if walk.shown is None:
        st.session_state.pop("final-shown", None)
        st.subheader("Nothing waits for a last word", anchor=False)
        st.text(
            "Items whose reviewers give different grades come here, once every queue that holds them has all the "
            "ratings it wants."
        )
        if st.button("On at the desk", type="primary", key="final-to-desk"):
            st.session_state["view-asked"] = "desk"
            st.rerun()
    else:
        _one(pool, walk.shown, walk.waiting, walk.place)
    _undo_line(pool, walk)
    if walk.settled:
        by_a_party = f", {walk.by_a_party:,} of them by somebody who had rated the item too" if walk.by_a_party else ""
        st.caption(f"{number_of(walk.settled, 'item')} of this pool are settled by a last word{by_a_party}.")


def _one(pool: Pool, shown: Difference, waiting: tuple[int, ...], place: int) -> None:
    item, key = shown.item, _suffix(shown.item.instance_id, shown.item.text_hash)
    with st.container(key="desk-item"):
        st.text(f"difference {item.instance_id} {item.text_hash}")
    if st.session_state.get("final-shown") != (item.instance_id, item.text_hash):
        st.session_state["final-shown"] = (item.instance_id, item.text_hash)
        st.session_state["final-dwell"] = Dwell(time.monotonic())
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        # The desk's keys for it, not arrows: those move between the views once one of them was clicked.
        for text, letter, other in (
            ("Back", keys.BACK.shortcut, place - 1),
            ("Next", keys.SKIP.shortcut, place + 1),
        ):
            there = 0 <= other < len(waiting)
            st.button(
                text,
                key=f"final-{text.lower()}-{key}",
                shortcut=letter,
                disabled=not there,
                on_click=_go,
                args=(pool.id, waiting[other] if there else 0),
            )
        st.text(f"{place + 1:,} of {len(waiting):,}" + (" or more" if len(waiting) == _AT_HAND else ""))
        reading.toggles(_switch)
        keys.help_button(keys.DIFFERENCES)
    # The desk's own shape: the texts as high as there, and beside them what each reviewer said.
    with st.container(horizontal=True, gap="small", key="desk-sides"):
        with st.container(key="desk-panel-mono" if reading.likes().monospace else "desk-panel-prose", gap=None):
            texts = (("Instruction", item.instruction), ("Input", item.input), ("Output", item.output))
            reader.draw(texts, PANEL_HEIGHT, key)
        with st.container(height=PANEL_HEIGHT, border=True, gap="medium", key="desk-context"):
            for rating in shown.ratings:
                _said(rating)
            if shown.is_party(session.reviewer()):
                st.caption("One of these answers is yours. A last word of yours counts, and is counted as a party's.")
            if item.edited:
                with st.expander("What was changed in it"):
                    for change in history.changes(session.database(), item.instance_id):
                        st.caption(f"{change.field}, {ago(change.at)}")
                        marked.change(str(change.before), str(change.after), monospace=reading.likes().monospace)
    with st.container(key="desk-keys", gap="small"):
        _answers_and_grades(shown, key)


def _answers_and_grades(shown: Difference, key: str) -> None:
    """The desk's own rows: the three questions, and the grades."""
    item, answers = shown.item, _answers(key)
    with st.container(horizontal=True, gap="small", key="desk-questions"):
        for its, (question, text) in zip(keys.QUESTIONS, ASKED.items(), strict=True):
            label = f"{text} {ANSWERED[answers.get(question)]}"
            name = f"final-{question}-{key}"
            st.button(label, key=name, shortcut=its.shortcut, on_click=_answer, args=(key, question), width=152)
        for text, its, yes in (("Yes", keys.YES, True), ("No", keys.NO, False)):
            name = f"final-{text.lower()}-{key}"
            st.button(text, key=name, shortcut=its.shortcut, on_click=_answer, args=(key, None, yes))
        st.button(
            "All yes, A",
            key=f"final-all-yes-{key}",
            shortcut=keys.ALL_YES.shortcut,
            on_click=_all_yes,
            args=(item.instance_id, item.text_hash, shown.seen),
        )
        st.text_input(
            "Note",
            key=f"final-note-{key}",
            on_change="ignore",
            placeholder=f"Why: {keys.NOTE.name} goes in, Esc out",
            label_visibility="collapsed",
        )
    with st.container(horizontal=True, gap="small", key="desk-grades"):
        for its, (grade, text) in zip(keys.GRADES, GRADES.items(), strict=True):
            st.button(
                text,
                key=f"final-{grade}-{key}",
                shortcut=its.shortcut,
                width="stretch",
                on_click=_settle,
                args=(item.instance_id, item.text_hash, grade, shown.seen),
            )


def _said(rating: Rating) -> None:
    """One reviewer's whole answer; names, flags and notes are somebody's text."""
    grade = rating.grade.value if rating.grade else {True: "valid", False: "invalid", None: "–"}[rating.valid]
    answers = "\n".join(f"{text} {ANSWERED[getattr(rating, question)]}" for question, text in ASKED.items())
    with st.container(gap=None):
        st.text(sendable(f"{rating.reviewer}: {grade}"))
        st.text(answers)
        if rating.flags:
            st.text(sendable("flags: " + ", ".join(rating.flags)))
        if rating.note:
            st.text(sendable(rating.note))


def _undo_line(pool: Pool, walk: Walk) -> None:
    """What undo takes back and redo gives again, each named; nothing where there is nothing."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="desk-other"):
        if (last := walk.last) is not None:
            name, key = f"Undo {_word(last)}", f"final-undo-{last.id}"
            st.button(name, key=key, shortcut=keys.UNDO.shortcut, on_click=_undo, args=(pool.id, last))
        if (undone := walk.undone) is not None:
            name, key = f"Redo {_word(undone)}", f"final-redo-{undone.id}"
            st.button(name, key=key, shortcut=keys.REDO.shortcut, on_click=_redo, args=(pool.id, undone))
        named = f"your last word on “{' '.join(walk.about.split())[:_NAMED]}”" if walk.last is not None else ""
        st.text(sendable(st.session_state.get("final-message", "") or named))


def _word(act: Act) -> str:
    without = "" if act.said.valid is None else "valid" if act.said.valid else "invalid"
    return act.said.grade.value if act.said.grade else without


def _switch(name: str) -> None:
    st.session_state["final-message"] = reading.switch(name)


def _go(pool_id: int, instance_id: int) -> None:
    st.session_state[f"final-at-{pool_id}"] = instance_id
    st.session_state["final-message"] = ""


def _answer(key: str, question: str | None, yes: bool | None = None) -> None:
    """Answer a question, or the first open one; without `yes` the answer goes round: yes, no, none."""
    answers = _answers(key)
    question = question or next((each for each in ASKED if answers.get(each) is None), None)
    if question is None:
        st.session_state["final-message"] = "All three questions are answered; the key of each changes its answer."
        return
    said = ROUND[answers.get(question)] if yes is None else yes
    st.session_state[f"final-answers-{key}"] = {**answers, question: said}


def _all_yes(instance_id: int, text_hash: str, seen: tuple[int, ...]) -> None:
    """Yes to all three questions and grade A, by one key."""
    st.session_state[f"final-answers-{_suffix(instance_id, text_hash)}"] = dict.fromkeys(ASKED, True)
    _settle(instance_id, text_hash, Grade.A, seen)


def _settle(instance_id: int, text_hash: str, grade: Grade, seen: tuple[int, ...]) -> None:
    if st.session_state.get("final-shown") != (instance_id, text_hash) or not _has_been_seen():
        return
    key = _suffix(instance_id, text_hash)
    note = st.session_state.get(f"final-note-{key}") or ""
    said = Judgement(grade, note=note).with_answers(_answers(key))
    st.session_state["final-message"] = ""
    try:
        differences.last_word(session.database(), instance_id, text_hash, said, session.reviewer(), seen)
    except WinnowError as error:
        st.session_state["final-message"] = str(error)


def _undo(pool_id: int, last: Act) -> None:
    """Take the named last word back; its item is shown again, with what was said of it."""
    instance_id = _done(differences.take_back, pool_id, last)
    if instance_id is None:
        return
    key = _suffix(instance_id, last.text_hash)
    st.session_state[f"final-note-{key}"] = last.said.note
    st.session_state[f"final-answers-{key}"] = {question: getattr(last.said, question) for question in ASKED}
    _go(pool_id, instance_id)


def _redo(pool_id: int, undone: Act) -> None:
    """Give the named last word again; what comes next is shown."""
    instance_id = _done(differences.redo, pool_id, undone)
    if instance_id is not None:
        _go(pool_id, instance_id)


def _done(act: Callable[[Database, int, str, Act], int], pool_id: int, of: Act) -> int | None:
    """Undo or redo the named last word; the instance that it was on, or None where it came too soon or was refused."""
    if "final-shown" in st.session_state and not _has_been_seen():
        return None
    try:
        return act(session.database(), pool_id, session.reviewer(), of)
    except WinnowError as error:
        st.session_state["final-message"] = str(error)
        return None


def _has_been_seen() -> bool:
    dwell: Dwell = st.session_state["final-dwell"]
    return dwell.allows(time.monotonic())


def _answers(key: str) -> dict[str, bool | None]:
    found: dict[str, bool | None] = st.session_state.get(f"final-answers-{key}", {})
    return found


def _suffix(instance_id: int, text_hash: str) -> str:
    return f"{instance_id}-{text_hash[:8]}"


def _agreement(measured: Agreement) -> None:
    st.caption(f"Agreement, n={number_of(measured.n, 'item')} with two ratings or more")
    if not measured.n:
        st.text("No two people have rated the same item yet; figures of agreement come with the first that they share.")
        return
    for figure in measured.figures:
        value = "undefined" if figure.value is None else f"{figure.value:.2f}"
        interval = "" if figure.low is None or figure.high is None else f"  [{figure.low:.2f}, {figure.high:.2f}]"
        paper = f"  paper {' or '.join(f'{value:.2f}' for value in figure.paper)}" if figure.paper else ""
        st.text(f"{figure.name}: {value}{interval}{paper}", help=figure.undefined_because or figure.meaning or None)
