"""Judging an audit by the desk's keys: three questions and a grade; the item is handed in once all four are there."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.audit import audit as audits
from core.audit import judging
from core.audit.frozen import Audit
from core.audit.judging import AuditTurn
from core.pool.guidelines import Guidelines
from core.pool.judgement import Act, Judgement
from core.records import Grade, Refused
from core.words import number_of
from pages.review import desk
from pages.review import state as desk_state
from pages.shared import keys, reader, reading, rules, session
from pages.shared import sitting as sitting_of
from pages.shared.sitting import Sitting, button

_TEXT_HEIGHT = 430
_NOTE_HEIGHT = 84
_FLAGS_HEIGHT = 50


@dataclass(slots=True, kw_only=True)
class _AuditSitting(Sitting[AuditTurn, Judgement]):
    """A reviewer at an audit, with its guidelines and the flags to choose from."""

    audit: Audit
    rules: Guidelines
    flags: tuple[str, ...]

    @property
    def place(self) -> int | None:
        return self.turn.item.position if self.turn is not None else None


def _here() -> _AuditSitting:
    found: _AuditSitting = st.session_state["audit-sitting"]
    return found


def draw(audit: Audit, reviewer: str) -> None:
    """The item that is next for the reviewer, or the one they went back to."""
    desk.style()  # the browser's half of the dwell guard
    sitting = st.session_state.get("audit-sitting")
    if sitting is None or (sitting.audit.id, sitting.reviewer) != (audit.id, reviewer):
        sitting = st.session_state["audit-sitting"] = _AuditSitting(
            reviewer=reviewer,
            said=Judgement(),
            audit=audit,
            rules=audits.guidelines_of(session.database(), audit),
            flags=desk_state.flags_of(session.pool()),
        )
    if sitting.turn is not None and not sitting.touched:
        _refresh(sitting, sitting.turn)
    _seat()


@st.fragment
def _seat() -> None:
    sitting = _here()
    if not sitting_of.at_rest(sitting, _step):
        return
    turn = sitting.turn
    if turn is None:
        _done(sitting)
        return
    _head(sitting, turn)
    left, right = st.columns([2.4, 1], gap="medium")
    with left, st.container(key="audit-texts", gap=None):
        _texts(sitting, turn)
    with right:
        _aside(sitting, turn)
    _answers(sitting, turn)
    desk.has_run()


def _step() -> None:
    sitting = _here()
    if sitting.touched and sitting.turn is not None:
        _store(sitting, sitting.turn)
    _look(sitting)


def _store(sitting: _AuditSitting, turn: AuditTurn) -> None:
    """Commit what was said before anything is drawn: whole judgements for good, begun ones over a reload."""
    database = session.database()
    try:
        if not judging.is_complete(sitting.said):
            judging.begin(database, sitting.audit, turn, sitting.reviewer, sitting.said)
            sitting.touched = False
            return
        judging.hand_in(database, sitting.audit, turn, sitting.reviewer, sitting.said)
    except Refused as error:
        sitting.complaint = str(error)
    if not turn.is_judged:
        sitting.asked = None
    sitting.touched, sitting.turn = False, None


def _look(sitting: _AuditSitting) -> None:
    if sitting.turn is not None:
        return
    turn = judging.turn(session.database(), sitting.audit, sitting.reviewer, sitting.asked)
    sitting.show(turn, turn.said if turn else Judgement())


def _refresh(sitting: _AuditSitting, old: AuditTurn) -> None:
    """Read the item again, for another window may have gone on; what was said here stays unless it was said there."""
    fresh = judging.turn(session.database(), sitting.audit, sitting.reviewer, old.item.position)
    sitting.turn = fresh if fresh is not None and fresh.seen == old.seen else None


def _head(sitting: _AuditSitting, turn: AuditTurn) -> None:
    item = turn.item
    with st.container(key="desk-item"):
        st.text(f"audit item {item.position} {item.instance_id} {turn.seen}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="audit-head"):
        st.text(f"Item {item.position} of {turn.size}", width=130)
        st.progress(turn.judged / turn.size)
        st.text(f"{turn.judged} judged by you" + (", this one too" if turn.is_judged else ""))
        if item.changed:
            st.badge("edited since it was drawn: judge it as shown", icon=":material/history:", color="orange")
        reading.toggles(sitting.switch)
        keys.help_button(keys.AUDIT)


def _texts(sitting: _AuditSitting, turn: AuditTurn) -> None:
    item = turn.item
    texts = (("Instruction", item.instruction), ("Input", item.input), ("Output", item.output))
    key = f"audit-{item.position}-{item.instance_id}"
    reader.draw(texts, _TEXT_HEIGHT, key)


def _aside(sitting: _AuditSitting, turn: AuditTurn) -> None:
    with st.container(
        height=_TEXT_HEIGHT - _NOTE_HEIGHT - _FLAGS_HEIGHT - 45, border=False, gap="xsmall", key="audit-rules"
    ):
        rules.draw(sitting.rules)
    its = f"{sitting.audit.id}-{turn.item.position}-{turn.seen}"
    sitting_of.flags(sitting, turn.said.flags, sitting.flags, turn.item.position, its)
    sitting_of.note(sitting, turn.said.note, turn.item.position, f"audit-note-{its}", _NOTE_HEIGHT)


def _answers(sitting: _AuditSitting, turn: AuditTurn) -> None:
    place, said, its = turn.item.position, sitting.said, turn.item.instance_id
    waits_for = judging.missing(said) if said.grade is not None else ()
    with st.container(key="desk-keys", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="audit-questions"):
            for key, question in zip(keys.QUESTIONS, desk_state.QUESTIONS, strict=True):
                given = getattr(said, question)
                # A grade that came first hands nothing in: what it still waits for is marked.
                mark = "▸ " if question in waits_for else ""
                text = f"{mark}{desk.ASKED[question]} {desk.ANSWERED[given]}"
                with st.container(key=f"audit-{'missing' if mark else 'asked'}-{question}", width=168):
                    button(text, f"audit-{question}-{its}", key.shortcut, _answer, place, question, width="stretch")
            for text, key, args in (("Yes", keys.YES, (None, True)), ("No", keys.NO, (None, False))):
                button(text, f"audit-{text.lower()}-{its}", key.shortcut, _answer, place, *args)
            button("All yes, A", f"audit-all-yes-{its}", keys.ALL_YES.shortcut, _all_yes, place)
        with st.container(horizontal=True, gap="small", key="audit-grades"):
            for key, (grade, word) in zip(keys.GRADES, desk.GRADES.items(), strict=True):
                name, chosen = f"audit-grade-{grade.value}-{its}", said.grade is grade
                button(word, name, key.shortcut, _grade, place, grade, width="stretch", chosen=chosen)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if turn.is_judged:
                onward = place + 1 if place < turn.size else None
                button("Next", f"on-{place}", keys.SKIP.shortcut, sitting.go, onward)
            else:
                button("Later", f"later-{place}", keys.SKIP.shortcut, _later, place)
            button("Back", f"back-{place}", keys.BACK.shortcut, sitting.go, place - 1, off=place == 1)
            undo = _undo_label(turn)
            button(undo, f"undo-{place}", keys.UNDO.shortcut, _undo, off=turn.last is None, width=220)
            if turn.undone is not None:
                button(_redo_label(turn.undone), f"redo-{place}", keys.REDO.shortcut, _redo, turn.undone)
            with st.container(key="desk-undo-line", width="stretch"):
                sitting.tell(_waiting(said))


def _waiting(said: Judgement) -> str:
    """What a grade still waits for before the item is handed in."""
    missing = judging.missing(said) if said.grade is not None else ()
    names = ", ".join(desk.ASKED[key].rstrip("?").lower() for key in missing)
    return f"Grade {said.grade} waits for: {names}." if missing else ""


def _undo_label(turn: AuditTurn) -> str:
    if turn.last is None:
        return "Undo"
    what = turn.last.said.grade.value if turn.last.said.grade else "later" if turn.last.kind == "skip" else "rating"
    return f"Undo: {what} on item {turn.last_position}"


def _redo_label(undone: Act) -> str:
    return f"Redo {undone.said.grade.value if undone.said.grade else 'later' if undone.kind == 'skip' else 'rating'}"


def _done(sitting: _AuditSitting) -> None:
    size = sitting.audit.drawn
    st.success(f"You have judged all {number_of(size, 'item')} of this audit.")
    st.caption("An audit measures the pool and approves nothing; what is released is rated at the desk, under Review.")

    def result() -> None:
        st.session_state["audit-view"] = "Result"

    with st.container(horizontal=True):
        if st.button("See the result", type="primary", on_click=result, shortcut="enter"):
            st.rerun()
        st.button("Back to the last item", shortcut=keys.BACK.shortcut, on_click=sitting.go, args=(size,))
        st.button("Undo the last rating", shortcut=keys.UNDO.shortcut, on_click=_undo)


# What keys and buttons do. Nothing is drawn here; the fragment runs afterwards and stores what was said.


def _answer(position: int, question: str | None, yes: bool | None = None) -> None:
    """Answer a question, or the first open one; without `yes` the answer goes round: yes, no, none."""
    sitting = _here()
    if not sitting.counts(position):
        return
    said = sitting.said
    question = question or next((each for each in desk_state.QUESTIONS if getattr(said, each) is None), None)
    if question is None:
        sitting.complaint = "All three questions are answered; the key of each changes its answer."
        return
    sitting.say(**{question: desk_state.ROUND[getattr(said, question)] if yes is None else yes})


def _grade(position: int, grade: Grade) -> None:
    if _here().counts(position):
        _here().say(grade=grade)


def _all_yes(position: int) -> None:
    """Yes to all three questions and grade A, by one key."""
    if _here().counts(position):
        _here().say(grade=Grade.A, **dict.fromkeys(desk_state.QUESTIONS, True))


def _later(position: int) -> None:
    sitting = _here()
    turn = sitting.turn
    if turn is not None and sitting.counts(position):
        sitting.act(lambda: judging.pass_on(session.database(), sitting.audit, turn, sitting.reviewer))


def _undo() -> None:
    sitting = _here()
    last = sitting.turn.last if sitting.turn is not None else None
    sitting.act(lambda: judging.take_back(session.database(), sitting.audit, sitting.reviewer, last))


def _redo(undone: Act) -> None:
    sitting = _here()
    sitting.act(lambda: judging.redo(session.database(), sitting.audit, sitting.reviewer, undone))
