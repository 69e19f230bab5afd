"""What each key and button of the desk does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core.pool.judgement import Act
from core.records import Grade, WinnowError
from core.review import desk
from core.review.desk import Shown
from core.review.dwell import Dwell
from pages.review import state as desk_state
from pages.review.state import QUESTIONS, READ, ROUND
from pages.shared import keys, reading, session


def rate(shown: Shown, grade: Grade | None, valid: bool | None) -> None:
    """A grade key, or valid or invalid alone."""
    state = desk_state.here()
    if not desk_state.counts(state, shown):
        return
    seconds = round(time.monotonic() - state.dwell.since, 2)

    def judged() -> Shown | None:
        said = replace(desk_state.written(state), grade=grade, valid=valid, seconds=seconds)
        return desk.judge(session.database(), shown, state.reviewer, said)

    desk_state.do(state, judged, pressed=grade)


def skip(shown: Shown) -> None:
    state = desk_state.here()
    if desk_state.counts(state, shown):
        desk_state.write_down(shown)
        desk_state.do(state, lambda: desk.skip(session.database(), shown, state.reviewer))


def undo(shown: Shown | None) -> None:
    """Take back what the button names."""
    state = desk_state.here()
    if state.last is not None and desk_state.counts(state, shown):
        desk_state.leave(state)
        desk_state.do(state, lambda: desk.undo(session.database(), state.queue_id, state.reviewer, state.last))


def redo(shown: Shown | None, undone: Act) -> None:
    """Give what was taken back again."""
    state = desk_state.here()
    if desk_state.counts(state, shown):
        desk_state.leave(state)
        desk_state.do(state, lambda: desk.redo(session.database(), state.queue_id, state.reviewer, undone))


def all_yes(shown: Shown) -> None:
    """Yes to all three questions and grade A, by one key."""
    state = desk_state.here()
    if shown == state.shown:
        state.begun = state.begun.with_answers(dict.fromkeys(QUESTIONS, True))
        rate(shown, Grade.A, None)


def back(shown: Shown | None) -> None:
    """One item back in the reviewer's own history."""
    state = desk_state.here()
    if not desk_state.counts(state, shown):
        return
    desk_state.write_down_here()

    def one_back() -> Shown | None:
        earlier = desk.back(session.database(), state.queue_id, shown, state.reviewer)
        if earlier is None:
            state.message = "There is nothing before this one."
        return earlier or shown

    desk_state.do(state, one_back)


def open_item(instance_id: int) -> None:
    """Any item by its id."""
    state = desk_state.here()
    desk_state.leave(state)
    desk_state.do(state, lambda: desk.look_at(session.database(), state.queue_id, instance_id, state.reviewer))


def reopen() -> None:
    """Whatever comes next in the queue."""
    state = desk_state.here()
    desk_state.do(state, lambda: desk.open_queue(session.database(), state.queue_id, state.reviewer))


def answer(shown: Shown, key: str | None, yes: bool | None = None) -> None:
    """Answer a question, or the first open one; without `yes` the answer goes round: yes, no, none."""
    state = desk_state.here()
    if shown != state.shown:
        return
    now = desk_state.written(state)
    key = key or next((each for each in QUESTIONS if getattr(now, each) is None), None)
    if key is None:
        names = [its.name for its in keys.QUESTIONS]
        state.message = f"All three questions are answered; {names[0]}, {names[1]} and {names[2]} change an answer."
        return
    if yes is None:
        yes = ROUND[getattr(now, key)]
    desk_state.keep(state, shown, now.with_answers({key: yes}))


def new_flag(shown: Shown, raise_flag: Callable[[str], str]) -> None:
    """A flag that was typed: the pool knows it from now on, and this item carries it."""
    state = desk_state.here()
    field_key = f"new-flag-{desk_state.suffix(shown)}"
    if shown != state.shown or not st.session_state.get(field_key, "").strip():
        return
    try:
        name = raise_flag(st.session_state[field_key])
    except WinnowError as error:
        state.message = str(error)
        return
    now = desk_state.written(state)
    raised = tuple(dict.fromkeys((*now.flags, name)))
    st.session_state[f"flags-{desk_state.suffix(shown)}"] = list(raised)
    st.session_state[field_key] = ""
    desk_state.keep(state, shown, replace(now, flags=raised))


def turn(mode: str) -> None:
    """Show another side of the item, or the item again."""
    state = desk_state.here()
    desk_state.leave(state)
    state.message = ""
    state.mode = READ if state.mode == mode else mode
    state.dwell = Dwell(time.monotonic())


def toggle(name: str) -> None:
    """Switch the guidelines or a way to read on or off, for this reviewer from now on."""
    state = desk_state.here()
    desk_state.leave(state)
    state.message = reading.switch(name)
