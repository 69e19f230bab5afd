"""Rating blind by keyboard: one to four answers side by side in one's own order; no model is named anywhere.

Items are known by their place in the reviewer's order, answers by their place on screen: neither keys of widgets, nor
the address, nor the order of elements say more.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from core.evaluation import rating
from core.evaluation.rating import RatingTurn, RoundView
from core.evaluation.words import Choice, RoundKind, Said, places
from core.pool.claims import CLAIM_S
from core.records import Grade, Refused, WinnowError
from core.review.dwell import Dwell
from pages.evaluate import rounds
from pages.review import desk
from pages.shared import session
from pages.shared.plain import field as text_field
from pages.shared.plain import label

_TASK_HEIGHT, _ANSWER_HEIGHT = 150, 300
_FLAGS = ("unsafe", "made up", "cut off", "unclear")
_GRADES = {Grade.A: "A satisfying", Grade.B: "B minor faults", Grade.C: "C major faults", Grade.D: "D invalid"}
_OF_TWO = {
    Choice.LEFT: ("Left is better", "left"),
    Choice.RIGHT: ("Right is better", "right"),
    Choice.TIE: ("Equal", "e"),
    Choice.BOTH_BAD: ("Both bad", "b"),
}


@dataclass(slots=True)
class _Sitting:
    """A reviewer in a round. `asked`: the place they went to, None for what is next; `focus`: the answer in focus."""

    set_name: str
    round_id: int
    reviewer: str
    asked: int | None = None
    turn: RatingTurn | None = None
    said: Said = field(default_factory=Said)
    focus: int = 0
    shows_reference: bool = False
    dwell: Dwell = field(default_factory=lambda: Dwell(time.monotonic()))
    touched: bool = False
    complaint: str = ""


def draw(set_name: str, reviewer: str) -> None:
    """The rounds of the set, and the item that is next for the reviewer."""
    views = [view for view in rating.of_set(session.database(), set_name, reviewer) if not view.round.imported]
    chosen = rounds.choose(set_name, views, reviewer)
    if chosen is None:
        return
    if not chosen.joined or (chosen.round.closed_at is not None):
        rounds.invite(chosen, reviewer)
        return
    with st.container(key="evaluate-style"):
        desk.style()  # the browser's half of the dwell guard, and what scrolls
    sitting = st.session_state.get("evaluate-sitting")
    if sitting is None or (sitting.round_id, sitting.reviewer) != (chosen.round.id, reviewer):
        sitting = _Sitting(set_name, chosen.round.id, reviewer)
        st.session_state["evaluate-sitting"] = sitting
    if sitting.turn is not None and not sitting.touched:
        sitting.asked, sitting.turn = sitting.turn.position if sitting.asked else None, None  # another window may be on
    _seat(chosen)


@st.fragment
def _seat(view: RoundView) -> None:
    sitting: _Sitting = st.session_state["evaluate-sitting"]
    if sitting.touched and sitting.turn is not None:
        _store(sitting, sitting.turn)
    if sitting.turn is None:
        _look(sitting)
    turn = sitting.turn
    if turn is None:
        _done(view)
        return
    _head(sitting, turn)
    left, right = st.columns([3, 1], gap="small")
    with left:
        _task(sitting, turn)
    with right:
        _aside(turn)
    _answers(sitting, turn)
    _keys(sitting, turn)
    with st.container(key="desk-item"):  # by it the browser knows what is on screen
        st.text(f"evaluate item {turn.position}")


def _store(sitting: _Sitting, turn: RatingTurn) -> None:
    """Commit what was said before anything is drawn: whole judgements for good, begun ones over a reload."""
    sitting.touched = False
    database = session.database()
    try:
        if turn.state != "rate" and sitting.said.is_complete(turn.kind, len(turn.answers)):
            rating.hand_in(database, turn, sitting.reviewer, sitting.said, time.monotonic() - sitting.dwell.since)
        else:
            rating.begin(database, turn, sitting.reviewer, sitting.said)
            if turn.state != "rate":
                return
    except Refused as error:
        sitting.complaint = str(error)
    sitting.asked = turn.position if turn.state == "rate" else None
    sitting.turn = None


def _look(sitting: _Sitting) -> None:
    sitting.turn = rating.turn(session.database(), sitting.round_id, sitting.reviewer, sitting.asked)
    sitting.said = sitting.turn.said if sitting.turn else Said()
    if sitting.turn is not None and sitting.turn.state != "rate":
        sitting.focus = _next_ungraded(sitting, 0)
    else:
        sitting.focus = 0
    sitting.dwell = Dwell(time.monotonic())


def _head(sitting: _Sitting, turn: RatingTurn) -> None:
    total = turn.judged + turn.owed
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{turn.judged} of {total} judged", width=150)
        st.progress(turn.judged / total if total else 1.0, width=260)
        again = ", judged by you already" if turn.state == "rate" else ""
        st.text(f"item {turn.position} of your order{again}   ·   no names until you are done", width="stretch")
        kind: Any = "secondary" if sitting.shows_reference else "tertiary"
        st.button("Expert answer", key="evaluate-reference", shortcut="v", on_click=_reference, type=kind)


def _task(sitting: _Sitting, turn: RatingTurn) -> None:
    with st.container(height=_TASK_HEIGHT, border=True, gap="xsmall", key="evaluate-task"):
        text_field("Instruction", turn.instruction)
        if turn.input:
            text_field("Input", turn.input)
        if sitting.shows_reference:
            for reference in turn.references:
                text_field("Expert answer", reference, "empty")
            if not turn.references:
                st.caption("this task has no expert answer")


def _aside(turn: RatingTurn) -> None:
    place = turn.position
    note, flags = f"evaluate-note-{place}", f"audit-flags-evaluate-{place}"  # F and T of the desk go to these
    with st.container(key="desk-note"):
        st.text_area(
            "Note",
            turn.said.note,
            height=68,
            key=note,
            on_change=_note,
            args=(place, note),
            placeholder="Note: T goes in, Esc out",
            label_visibility="collapsed",
        )
    with st.container(height=_TASK_HEIGHT - 82, border=False, key="evaluate-flags"):
        st.pills(
            "Flags",
            list(dict.fromkeys((*_FLAGS, *turn.said.flags))),
            selection_mode="multi",
            wrap=True,
            default=list(turn.said.flags),
            key=flags,
            on_change=_flags,
            args=(place, flags),
            label_visibility="collapsed",
        )


def _answers(sitting: _Sitting, turn: RatingTurn) -> None:
    columns = st.columns(len(turn.answers), gap="small")
    for slot, (column, text) in enumerate(zip(columns, turn.answers, strict=True)):
        focused = turn.kind is RoundKind.GRADE and slot == sitting.focus
        name = f"desk-panel-{'focus' if focused else 'answer'}-{turn.position}-{slot}"
        with column, st.container(height=_ANSWER_HEIGHT, border=True, gap="xsmall", key=name):
            text_field(_label(sitting, turn, slot), text, "(empty)")


def _choices(side: int) -> dict[Choice, tuple[str, str]]:
    """What can be said of so many answers, each with its word and key: arrows for two, places by number for more."""
    if side == 2:
        return _OF_TWO
    best = {place: (f"Answer {at} is best", str(at)) for at, place in enumerate(places(side), 1)}
    return {**best, Choice.TIE: ("No one is best", "e"), Choice.BOTH_BAD: ("All bad", "b")}


def _label(sitting: _Sitting, turn: RatingTurn, slot: int) -> str:
    by_side = turn.kind is RoundKind.CHOOSE and len(turn.answers) == 2
    place = ("Left", "Right")[slot] if by_side else f"Answer {slot + 1}"
    given = sitting.said.grades[slot] if slot < len(sitting.said.grades) else None
    return place + (f"  ·  **{given.value}**" if given else "")


def _keys(sitting: _Sitting, turn: RatingTurn) -> None:
    place, its = turn.position, f"{turn.position}-{turn.judged}"
    with st.container(horizontal=True, gap="small", key="evaluate-keys"):
        if turn.kind is RoundKind.CHOOSE:
            for choice, (word, key) in _choices(len(turn.answers)).items():
                chosen = sitting.said.choice is choice
                _button(word, f"evaluate-choice-{choice.value}-{its}", key, (_choose, place, choice), chosen=chosen)
        else:
            given = sitting.said.grades[sitting.focus] if sitting.focus < len(sitting.said.grades) else None
            for number, (grade, word) in enumerate(_GRADES.items(), 1):
                name = f"evaluate-grade-{grade.value}-{its}-{sitting.focus}"
                _button(word, name, str(number), (_grade, place, grade), chosen=given is grade)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if turn.kind is RoundKind.GRADE and len(turn.answers) > 1:
            _button("Focus left", f"evaluate-left-{place}", "left", (_focus, -1), width="content")
            _button("Focus right", f"evaluate-right-{place}", "right", (_focus, 1), width="content")
        _button("Later", f"evaluate-later-{its}", "l", (_later, place), width="content", off=turn.state == "rate")
        _button("Back", f"evaluate-back-{its}", "p", (_go, place - 1), width="content", off=place == 1)
        _button("Next", f"evaluate-next-{its}", "n", (_go, None), width="content", off=turn.state != "rate")
        _button(_undo_label(turn), f"evaluate-undo-{its}", "u", (_undo,), width="content", off=turn.last is None)
    if sitting.complaint:
        st.text(sitting.complaint)
        sitting.complaint = ""


def _button(
    text: str,
    key: str,
    shortcut: str,
    act: tuple[Any, ...],
    *,
    width: Any = "stretch",
    off: bool = False,
    chosen: bool = False,
) -> None:
    kind: Any = "primary" if chosen else "secondary"
    st.button(text, key=key, shortcut=shortcut, on_click=act[0], args=act[1:], disabled=off, width=width, type=kind)


def _undo_label(turn: RatingTurn) -> str:
    return "Undo" if turn.last is None else f"Undo: {turn.last.said} on item {turn.last.position}"


def _done(view: RoundView) -> None:
    owed = rating.still_owed(session.database(), view.round.id, st.session_state["evaluate-sitting"].reviewer)
    if owed:
        st.info(
            f"Others have the last {'item' if owed == 1 else f'{owed:,} items'} before them. What they put off or "
            f"leave for {CLAIM_S / 60:.0f} minutes comes to you."
        )
        with st.container(horizontal=True):
            st.button("Look again", type="primary", shortcut="enter", on_click=_go, args=(None,))
            st.button("Undo the last judgement", shortcut="u", on_click=_undo)
        return
    st.success(f"You have judged everything that {label(view.round.name)} wants of you.")

    def result() -> None:
        st.session_state["evaluate-view"] = "Results"

    with st.container(horizontal=True):
        if st.button("See the results", type="primary", on_click=result, shortcut="enter"):
            st.rerun()
        st.button("Undo the last judgement", shortcut="u", on_click=_undo)
    st.caption("Once you have seen results, what you change afterwards is counted apart.")


# What keys and buttons do. Nothing is drawn here; the fragment runs afterwards and stores what was said.


def _at(position: int) -> _Sitting | None:
    """The sitting, where that item is still on screen and has been long enough to be read."""
    sitting: _Sitting = st.session_state["evaluate-sitting"]
    if sitting.turn is None or sitting.turn.position != position or not sitting.dwell.allows(time.monotonic()):
        return None
    return sitting


def _grade(position: int, grade: Grade) -> None:
    sitting = _at(position)
    if sitting is None or sitting.turn is None:
        return
    count = len(sitting.turn.answers)
    grades = [*sitting.said.grades, *[None] * (count - len(sitting.said.grades))]
    grades[sitting.focus] = grade
    sitting.said = replace(sitting.said, grades=tuple(grades))
    sitting.focus = _next_ungraded(sitting, sitting.focus)
    sitting.touched = True


def _next_ungraded(sitting: _Sitting, since: int) -> int:
    """The next answer without a grade, from the one in focus on to the right and round; the same where all have one."""
    count = len(sitting.turn.answers) if sitting.turn else 1
    given = sitting.said.grades
    order = [(since + step) % count for step in range(count)]
    return next((slot for slot in order if slot >= len(given) or given[slot] is None), since)


def _choose(position: int, choice: Choice) -> None:
    sitting = _at(position)
    if sitting is not None:
        sitting.said, sitting.touched = replace(sitting.said, choice=choice), True


def _focus(step: int) -> None:
    sitting: _Sitting = st.session_state["evaluate-sitting"]
    if sitting.turn is not None:
        sitting.focus = (sitting.focus + step) % len(sitting.turn.answers)


def _note(position: int, key: str) -> None:
    _write_down(position, note=st.session_state[key])


def _flags(position: int, key: str) -> None:
    _write_down(position, flags=tuple(st.session_state[key]))


def _write_down(position: int, **said: Any) -> None:
    sitting: _Sitting = st.session_state["evaluate-sitting"]
    if sitting.turn is not None and sitting.turn.position == position:
        sitting.said, sitting.touched = replace(sitting.said, **said), True


def _reference() -> None:
    sitting: _Sitting = st.session_state["evaluate-sitting"]
    sitting.shows_reference = not sitting.shows_reference


def _later(position: int) -> None:
    sitting = _at(position)
    if sitting is None or sitting.turn is None:
        return
    try:
        rating.put_off(session.database(), sitting.turn, sitting.reviewer)
    except Refused as error:
        sitting.complaint = str(error)
    sitting.asked, sitting.turn = None, None


def _go(position: int | None) -> None:
    sitting: _Sitting = st.session_state["evaluate-sitting"]
    sitting.asked, sitting.turn = position, None


def _undo() -> None:
    sitting: _Sitting = st.session_state["evaluate-sitting"]
    try:
        sitting.asked = rating.undo(session.database(), sitting.round_id, sitting.reviewer)
    except WinnowError as error:
        sitting.complaint = str(error)
    sitting.turn = None
