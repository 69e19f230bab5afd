"""Rating blind by keyboard: one to four answers side by side in one's own order; no model is named anywhere.

Items are known by their place in the reviewer's order, answers by their place on screen: neither keys of widgets, nor
the address, nor the order of elements say more.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.evaluation import rating
from core.evaluation.rating import RatingTurn, RoundView
from core.evaluation.winning import PEOPLE
from core.evaluation.words import Choice, RoundKind, Said, places
from core.pool.claims import CLAIM_S
from core.records import Grade, Refused
from core.words import number_of
from pages.evaluate import rounds, sheets
from pages.review import desk
from pages.shared import keys, reader, reading, session
from pages.shared import sitting as sitting_of
from pages.shared.plain import label
from pages.shared.sitting import Sitting, button

_BOTH, _LEAST, _MOST = 450, 160, 230  # pixels: the task and the answers, and of them the task
_ACROSS = 110  # letters in a line of one answer alone; several share them
_FLAGS = ("unsafe", "made up", "cut off", "unclear")
_OF_TWO = {Choice.LEFT: ("Left is better", "left"), Choice.RIGHT: ("Right is better", "right")}


@dataclass(slots=True, kw_only=True)
class _RatingSitting(Sitting[RatingTurn, Said]):
    """A reviewer in a round. `focus`: the answer in focus."""

    set_name: str
    round_id: int
    focus: int = 0
    shows_reference: bool = False

    @property
    def place(self) -> int | None:
        return self.turn.position if self.turn is not None else None


def _here() -> _RatingSitting:
    found: _RatingSitting = st.session_state["evaluate-sitting"]
    return found


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
        sitting = _RatingSitting(reviewer=reviewer, said=Said(), set_name=set_name, round_id=chosen.round.id)
        st.session_state["evaluate-sitting"] = sitting
    if sitting.turn is not None and not sitting.touched:
        sitting.asked, sitting.turn = sitting.turn.position if sitting.asked else None, None  # another window may be on
    _seat(chosen)


@st.fragment
def _seat(view: RoundView) -> None:
    sitting = _here()
    if not sitting_of.at_rest(sitting, _step):
        return
    turn = sitting.turn
    if turn is None:
        _done(view)
        return
    _head(sitting, turn)
    left, right = st.columns([3, 1], gap="small")
    with left:
        _task(sitting, turn)
    with right:
        _aside(sitting, turn)
    _answers(sitting, turn)
    _keys(sitting, turn)
    with st.container(key="desk-item"):  # by it the browser knows what is on screen
        st.text(f"evaluate item {turn.position}")


def _step() -> None:
    sitting = _here()
    if sitting.touched and sitting.turn is not None:
        _store(sitting, sitting.turn)
    if sitting.turn is None:
        _look(sitting)


def _store(sitting: _RatingSitting, turn: RatingTurn) -> None:
    """Commit what was said before anything is drawn: whole judgements for good, begun ones over a reload."""
    database = session.database()
    try:
        if turn.state != "rate" and sitting.said.is_complete(turn.kind, len(turn.answers)):
            rating.hand_in(database, turn, sitting.reviewer, sitting.said, time.monotonic() - sitting.dwell.since)
        else:
            rating.begin(database, turn, sitting.reviewer, sitting.said)
            sitting.touched = False
            if turn.state != "rate":
                return
    except Refused as error:
        sitting.complaint = str(error)
    sitting.asked = turn.position if turn.state == "rate" else None
    sitting.touched, sitting.turn = False, None


def _look(sitting: _RatingSitting) -> None:
    turn = rating.turn(session.database(), sitting.round_id, sitting.reviewer, sitting.asked)
    sitting.show(turn, turn.said if turn else Said())
    sitting.focus = _next_ungraded(sitting, 0) if turn is not None and turn.state != "rate" else 0


def _head(sitting: _RatingSitting, turn: RatingTurn) -> None:
    total = turn.judged + turn.owed
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="evaluate-head"):
        again = ", judged by you already" if turn.state == "rate" else ""
        told = f"{turn.judged} of {total} judged  ·  item {turn.position} of your order{again}"
        with st.container(key="desk-line", width="stretch"):
            st.text(f"{told}  ·  no names until you are done")
        st.progress(turn.judged / total if total else 1.0, width=70)
        kind: Any = "secondary" if sitting.shows_reference else "tertiary"
        shortcut = keys.EXPERT.shortcut
        st.button("Expert answer", key="evaluate-reference", shortcut=shortcut, on_click=_reference, type=kind)
        reading.toggles(sitting.switch)
        keys.help_button(keys.EVALUATE)


def _texts(turn: RatingTurn) -> list[tuple[str, str]]:
    return [("Instruction", turn.instruction), *([("Input", turn.input)] if turn.input else [])]


def _task_height(turn: RatingTurn) -> int:
    """What the task needs, as far as the answers leave it: they have the rest, and the keys below stay in place."""
    answers = max(reader.wanted([text], _ACROSS // len(turn.answers)) for text in turn.answers)
    most = max(_MOST, _BOTH - max(_LEAST, answers))
    return max(_LEAST, min(most, reader.wanted([text for _, text in _texts(turn)])))


def _task(sitting: _RatingSitting, turn: RatingTurn) -> None:
    texts, high = _texts(turn), _task_height(turn)
    if not sitting.shows_reference:
        with st.container(key="evaluate-task", gap=None):
            reader.draw(texts, high, f"evaluate-{turn.position}")
        return
    left, right = st.columns(2, gap="small")
    with left, st.container(key="evaluate-task", gap=None):
        reader.draw(texts, high, f"evaluate-{turn.position}")
    expert = [(f"Expert answer {n}" if n > 1 else "Expert answer", text) for n, text in enumerate(turn.references, 1)]
    with right, st.container(key="evaluate-expert", gap=None):
        reader.draw(expert or [("Expert answer", "")], high, f"evaluate-expert-{turn.position}")


def _aside(sitting: _RatingSitting, turn: RatingTurn) -> None:
    place = turn.position
    sitting_of.note(sitting, turn.said.note, place, f"evaluate-note-{place}", 68)
    with st.container(height=_task_height(turn) - 82, border=False, key="evaluate-flags"):
        sitting_of.flags(sitting, turn.said.flags, _FLAGS, place, f"evaluate-{place}")


def _answers(sitting: _RatingSitting, turn: RatingTurn) -> None:
    columns = st.columns(len(turn.answers), gap="small")
    for slot, (column, text) in enumerate(zip(columns, turn.answers, strict=True)):
        focused = turn.kind is RoundKind.GRADE and slot == sitting.focus
        name = f"desk-panel-{'focus' if focused else 'answer'}-{turn.position}-{slot}"
        with column, st.container(gap=None, key=name):
            reader.draw([(_label(sitting, turn, slot), text)], _BOTH - _task_height(turn), f"{turn.position}-{slot}")


def _choices(side: int) -> dict[Choice, tuple[str, str]]:
    """What can be said of so many answers, each with its word and key: arrows for two, places by number for more."""
    equal, bad = keys.EQUAL.shortcut, keys.BOTH_BAD.shortcut
    if side == 2:
        return {**_OF_TWO, Choice.TIE: ("Equal", equal), Choice.BOTH_BAD: ("Both bad", bad)}
    numbered = zip(places(side), keys.GRADES, strict=False)
    best = {place: (f"Answer {at} is best", its.shortcut) for at, (place, its) in enumerate(numbered, 1)}
    return {**best, Choice.TIE: ("No one is best", equal), Choice.BOTH_BAD: ("All bad", bad)}


def _label(sitting: _RatingSitting, turn: RatingTurn, slot: int) -> str:
    by_side = turn.kind is RoundKind.CHOOSE and len(turn.answers) == 2
    place = ("Left", "Right")[slot] if by_side else f"Answer {slot + 1}"
    given = sitting.said.grades[slot] if slot < len(sitting.said.grades) else None
    return place + (f"  ·  **{given.value}**" if given else "")


def _keys(sitting: _RatingSitting, turn: RatingTurn) -> None:
    place, its = turn.position, f"{turn.position}-{turn.judged}"
    with st.container(horizontal=True, gap="small", key="evaluate-keys"):
        if turn.kind is RoundKind.CHOOSE:
            for choice, (word, key) in _choices(len(turn.answers)).items():
                chosen = sitting.said.choice is choice
                button(
                    word,
                    f"evaluate-choice-{choice.value}-{its}",
                    key,
                    _choose,
                    place,
                    choice,
                    width="stretch",
                    chosen=chosen,
                )
        else:
            given = sitting.said.grades[sitting.focus] if sitting.focus < len(sitting.said.grades) else None
            for its_key, (grade, word) in zip(keys.GRADES, desk.GRADES.items(), strict=True):
                name = f"evaluate-grade-{grade.value}-{its}-{sitting.focus}"
                button(word, name, its_key.shortcut, _grade, place, grade, width="stretch", chosen=given is grade)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if turn.kind is RoundKind.GRADE and len(turn.answers) > 1:
            button("Focus left", f"evaluate-left-{place}", "left", _focus, -1)
            button("Focus right", f"evaluate-right-{place}", "right", _focus, 1)
        onward = keys.SKIP.shortcut
        if turn.state == "rate":
            button("Next", f"evaluate-next-{its}", onward, sitting.go, None)
        else:
            button("Later", f"evaluate-later-{its}", onward, _later, place)
        button("Back", f"evaluate-back-{its}", keys.BACK.shortcut, sitting.go, place - 1, off=place == 1)
        undo, off = keys.UNDO.shortcut, turn.last is None
        button(_undo_label(turn), f"evaluate-undo-{its}", undo, _undo, place, off=off)
    if sitting.complaint or sitting.waits:
        sitting.tell()


def _undo_label(turn: RatingTurn) -> str:
    return "Undo" if turn.last is None else f"Undo: {turn.last.said} on item {turn.last.position}"


def _done(view: RoundView) -> None:
    owed = rating.still_owed(session.database(), view.round.id, st.session_state["evaluate-sitting"].reviewer)
    if owed:
        last = "item" if owed == 1 else number_of(owed, "item")
        st.info(
            f"Others have the last {last} before them. What they put off or "
            f"leave for {CLAIM_S / 60:.0f} minutes comes to you."
        )
        with st.container(horizontal=True):
            st.button("Look again", type="primary", shortcut="enter", on_click=_here().go, args=(None,))
            st.button("Undo the last judgement", shortcut=keys.UNDO.shortcut, on_click=_undo, args=(None,))
        return
    st.success(f"You have judged everything that {label(view.round.name)} wants of you.")

    def result() -> None:
        if view.round.kind is RoundKind.CHOOSE:  # what was preferred stands among the win rates
            sheets.go_to_wins(PEOPLE)
        else:
            st.session_state["evaluate-view"] = "Results"

    with st.container(horizontal=True):
        if st.button("See the results", type="primary", on_click=result, shortcut="enter"):
            st.rerun()
        st.button("Undo the last judgement", shortcut=keys.UNDO.shortcut, on_click=_undo, args=(None,))
    st.caption("Once you have seen results, what you change afterwards is counted apart.")


# What keys and buttons do. Nothing is drawn here; the fragment runs afterwards and stores what was said.


def _grade(position: int, grade: Grade) -> None:
    sitting = _here()
    if sitting.turn is None or not sitting.counts(position):
        return
    count = len(sitting.turn.answers)
    grades = [*sitting.said.grades, *[None] * (count - len(sitting.said.grades))]
    grades[sitting.focus] = grade
    sitting.say(grades=tuple(grades))
    sitting.focus = _next_ungraded(sitting, sitting.focus)


def _next_ungraded(sitting: _RatingSitting, since: int) -> int:
    """The next answer without a grade, from the one in focus on to the right and round; the same where all have one."""
    count = len(sitting.turn.answers) if sitting.turn else 1
    given = sitting.said.grades
    order = [(since + step) % count for step in range(count)]
    return next((slot for slot in order if slot >= len(given) or given[slot] is None), since)


def _choose(position: int, choice: Choice) -> None:
    if _here().counts(position):
        _here().say(choice=choice)


def _focus(step: int) -> None:
    sitting = _here()
    if sitting.turn is not None:
        sitting.focus = (sitting.focus + step) % len(sitting.turn.answers)


def _reference() -> None:
    sitting = _here()
    sitting.shows_reference = not sitting.shows_reference


def _later(position: int) -> None:
    sitting = _here()
    turn = sitting.turn
    if turn is not None and sitting.counts(position):
        sitting.act(lambda: rating.put_off(session.database(), turn, sitting.reviewer))


def _undo(position: int | None) -> None:
    """Take the last judgement back; a press that comes again, when that has been done, takes back no more."""
    sitting = _here()
    if sitting.counts(position):
        sitting.act(lambda: rating.undo(session.database(), sitting.round_id, sitting.reviewer))
