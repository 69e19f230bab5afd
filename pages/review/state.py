"""What a session remembers of its desk (ids, never texts)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import streamlit as st

from core.pool.judgement import Judgement
from core.pool.pool_settings import USUAL_FLAGS
from core.records import Grade, Pool, StorageFailed, WinnowError
from core.review import desk
from core.review.desk import LastAct, Screen, Shown
from core.review.dwell import Dwell
from core.review.flags import flags_of as flags_of
from pages.review import turns
from pages.shared import session
from pages.shared.plain import label as label

QUESTIONS = ("instruction_valid", "input_appropriate", "output_correct")
ROUND = {None: True, True: False, False: None}  # where an answer goes by its key
_COUNTED_S = 10.0  # 20,000 ratings of one's own take 70 ms to look through, and a key should not
_COUNTED_AT_ONCE = 5_000  # items of a queue that are counted anew at every key
_BUTTON_SETS = 8  # a press can be late by one item, or by two
TOO_SOON = "Too soon: that key did nothing. Look at the text first."
READ = "read"  # the panel shows the item; in any other mode nothing can be rated


@dataclass(frozen=True, slots=True)
class Unsaved:
    """An act that the database could not take. `pressed`: the grade that it gives; `by_itself`: it is tried again."""

    act: Callable[[], Shown | None]
    stay: bool
    pressed: Grade | None
    by_itself: bool


@dataclass(slots=True)
class Desk:
    """One session at one queue. `begun` is what the reviewer has begun to say, as it is on disk.

    `screen` is the last that could be read, `unsaved` what could not be stored since.
    """

    pool_id: int
    queue_id: int
    reviewer: str
    shown: Shown | None = None
    dwell: Dwell = field(default_factory=lambda: Dwell(time.monotonic()))
    begun: Judgement = field(default_factory=Judgement)
    last: LastAct | None = None
    screen: Screen | None = None
    screen_of: Shown | None = None
    unsaved: Unsaved | None = None
    tried: float = 0.0  # when, by the clock that nobody sets
    mode: str = READ
    message: str = ""
    task_id: int = 0
    typed: dict[str, str] = field(default_factory=dict)  # in forms that were left, by the field's key
    flags: tuple[str, ...] = USUAL_FLAGS


def at(pool: Pool, queue_id: int, reviewer: str, instance_id: int | None = None) -> Desk:
    """This session's desk, opened where it is another queue or another reviewer than before."""
    found = st.session_state.get("desk")
    if isinstance(found, Desk) and (found.queue_id, found.reviewer) == (queue_id, reviewer) and instance_id is None:
        return found
    new = Desk(pool.id, queue_id, reviewer, flags=flags_of(pool))
    st.session_state["desk"] = new
    if instance_id is None:
        do(new, lambda: desk.open_queue(session.database(), queue_id, reviewer))
    else:
        do(new, lambda: desk.look_at(session.database(), queue_id, instance_id, reviewer))
    return new


def here() -> Desk:
    """The desk of this session."""
    found: Desk = st.session_state["desk"]
    return found


def look() -> Screen | None:
    """What the desk shows: read now, else as it was read before; None where that was not of the same item."""
    state = here()
    whose, at, counted = st.session_state.get("desk-answered", (None, 0.0, None))
    fresh = whose == (state.queue_id, state.reviewer) and time.monotonic() - at < _COUNTED_S
    before = state.screen.queue if state.screen is not None else None
    known = counted if fresh and before and before.wanted > 1 and before.total > _COUNTED_AT_ONCE else None
    try:
        state.screen = desk.screen(session.database(), state.queue_id, state.shown, state.reviewer, known)
    except StorageFailed as error:
        if state.unsaved is None:
            _could_not(state, lambda: state.shown, True, None, error)
            state.message = f"The database cannot be read; it is tried again. {error}"
        return state.screen if state.screen_of == state.shown else None
    else:
        state.last, state.screen_of = state.screen.last, state.shown
        if known is None:
            now = (time.monotonic(), state.screen.counted)
            st.session_state["desk-answered"] = ((state.queue_id, state.reviewer), *now)
    return state.screen


def try_again() -> bool:
    """Do what could not be stored before; whether it is stored now."""
    state = here()
    if state.unsaved is not None:
        do(state, state.unsaved.act, stay=state.unsaved.stay, pressed=state.unsaved.pressed)
    return state.unsaved is None


def suffix(shown: Shown) -> str:
    """What makes a widget's key belong to this item and text alone."""
    return f"{shown.instance_id}-{shown.round or 'desk'}-{shown.text_hash[:8]}"


def button_set(shown: Shown | None) -> int:
    """Which of a few sets of buttons an item's acts stand on: never the set of the item before it.

    Buttons change with the item, so that a press that comes late does not mean the next one. But Streamlit keeps what
    it knows of a button as long as a session lasts: a set for each item would never be let go.
    """
    last: Shown | None
    number: int
    last, number = st.session_state.get("desk-button-set", (None, 0))
    if last != shown:
        st.session_state["desk-button-set"] = (shown, number := (number + 1) % _BUTTON_SETS)
    return number


def written(state: Desk) -> Judgement:
    """What the reviewer has said so far, the note and flags as they stand in the fields."""
    if state.shown is None:
        return Judgement()
    key = suffix(state.shown)
    note = st.session_state.get(f"note-{key}", state.begun.note)
    flags = st.session_state.get(f"flags-{key}", state.begun.flags)
    return replace(state.begun, note=note or "", flags=tuple(flags or ()))


def write_down(shown: Shown) -> None:
    """Keep flags and note as they are on screen."""
    state = here()
    if shown == state.shown and written(state) != state.begun:
        keep(state, shown, written(state))


def write_down_here() -> None:
    """Keep what stands in the fields on screen."""
    leave(here())


def counts(state: Desk, shown: Shown | None) -> bool:
    if shown != state.shown or state.mode != READ:
        return False
    is_seen = state.dwell.allows(time.monotonic())
    state.message = state.message if is_seen else TOO_SOON
    return is_seen


def keep(state: Desk, shown: Shown, said: Judgement) -> None:
    state.message = ""
    try:
        desk.begin(session.database(), shown, state.reviewer, said)
        state.begun = said
    except WinnowError as error:
        state.message = str(error)


def leave(state: Desk) -> None:
    """Keep what stands in the fields on screen: some of them are about to go."""
    if state.shown is None:
        return
    write_down(state.shown)
    its = suffix(state.shown)
    for key, value in st.session_state.items():
        if isinstance(key, str) and key.endswith(its) and key.startswith(("edit-", "split-", "why-")):
            state.typed[key] = value


def forget(state: Desk, shown: Shown) -> None:
    """What was typed has been saved."""
    its = suffix(shown)
    state.typed = {key: value for key, value in state.typed.items() if not key.endswith(its)}


def do(state: Desk, act: Callable[[], Shown | None], *, stay: bool = False, pressed: Grade | None = None) -> None:
    """Act, and show what the act gives, or `stay` where one is; a refusal is told, and what is on disk shown again.

    What cannot be stored now leaves everything on screen as it is, and is tried again.
    """
    state.message, state.unsaved = "", None
    try:
        with turns.text_first():
            after = act()
    except StorageFailed as error:
        _could_not(state, act, stay, pressed, error)
        return
    except WinnowError as error:
        state.message = str(error)
        try:
            after = _again(state)
        except StorageFailed:
            return
        if after != state.shown:
            state.mode = READ
    else:
        state.mode = state.mode if stay else READ
    state.shown = after
    state.dwell = Dwell(time.monotonic())


def _could_not(
    state: Desk, act: Callable[[], Shown | None], stay: bool, pressed: Grade | None, error: StorageFailed
) -> None:
    by_itself = state.mode == READ  # in a form somebody may go on typing
    state.unsaved, state.tried = Unsaved(act, stay, pressed, by_itself), time.monotonic()
    state.message = f"Not saved, press again{' (it is tried again by itself)' if by_itself else ''}. {error}"


def _again(state: Desk) -> Shown | None:
    if state.shown is not None and state.mode != READ:
        return state.shown  # what was typed stays, to be corrected
    return desk.open_queue(session.database(), state.queue_id, state.reviewer)
