"""What a session remembers of its desk (ids, never texts), and what each key does."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import streamlit as st

from core.pool.reviews import Act, Judgement
from core.records import Grade, Pool, StorageFailed, WinnowError
from core.review import choices, desk, differences, editing
from core.review.choices import Choices
from core.review.desk import LastAct, Screen, Shown
from core.review.dwell import Dwell
from core.review.editing import Text
from core.review.flags import USUAL_FLAGS
from core.review.flags import flags_of as flags_of
from core.seeds import promotion
from pages.shared import keys, session

QUESTIONS = ("instruction_valid", "input_appropriate", "output_correct")
ROUND = {None: True, True: False, False: None}  # where an answer goes by its key
_COUNTED_S = 10.0  # 20,000 ratings of one's own take 70 ms to look through, and a key should not
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
    choices: Choices = field(default_factory=Choices)
    task_id: int = 0
    typed: dict[str, str] = field(default_factory=dict)  # in forms that were left, by the field's key
    flags: tuple[str, ...] = USUAL_FLAGS


def at(pool: Pool, queue_id: int, reviewer: str, instance_id: int | None = None) -> Desk:
    """This session's desk, opened where it is another queue or another reviewer than before."""
    found = st.session_state.get("desk")
    if isinstance(found, Desk) and (found.queue_id, found.reviewer) == (queue_id, reviewer) and instance_id is None:
        return found
    likes = choices.of_reviewer(session.database(), reviewer)
    new = Desk(pool.id, queue_id, reviewer, choices=likes, flags=flags_of(pool))
    st.session_state["desk"] = new
    if instance_id is None:
        _do(new, lambda: desk.open_queue(session.database(), queue_id, reviewer))
    else:
        _do(new, lambda: desk.look_at(session.database(), queue_id, instance_id, reviewer))
    return new


def here() -> Desk:
    """The desk of this session."""
    found: Desk = st.session_state["desk"]
    return found


def rate(shown: Shown, grade: Grade | None, valid: bool | None) -> None:
    """A grade key, or valid or invalid alone."""
    state = here()
    if not _counts(state, shown):
        return
    seconds = round(time.monotonic() - state.dwell.since, 2)

    def judged() -> Shown | None:
        said = replace(written(state), grade=grade, valid=valid, seconds=seconds)
        return desk.judge(session.database(), shown, state.reviewer, said)

    _do(state, judged, pressed=grade)


def skip(shown: Shown) -> None:
    state = here()
    if _counts(state, shown):
        write_down(shown)
        _do(state, lambda: desk.skip(session.database(), shown, state.reviewer))


def undo(shown: Shown | None) -> None:
    """Take back what the button names."""
    state = here()
    if state.last is not None and _counts(state, shown):
        _leave(state)
        _do(state, lambda: desk.undo(session.database(), state.queue_id, state.reviewer, state.last))


def redo(shown: Shown | None, undone: Act) -> None:
    """Give what was taken back again."""
    state = here()
    if _counts(state, shown):
        _leave(state)
        _do(state, lambda: desk.redo(session.database(), state.queue_id, state.reviewer, undone))


def all_yes(shown: Shown) -> None:
    """Yes to all three questions and grade A, by one key."""
    state = here()
    if shown == state.shown:
        state.begun = replace(state.begun, **dict.fromkeys(QUESTIONS, True))
        rate(shown, Grade.A, None)


def back(shown: Shown | None) -> None:
    """One item back in the reviewer's own history."""
    state = here()
    if not _counts(state, shown):
        return
    write_down_here()

    def one_back() -> Shown | None:
        earlier = desk.back(session.database(), state.queue_id, shown, state.reviewer)
        if earlier is None:
            state.message = "There is nothing before this one."
        return earlier or shown

    _do(state, one_back)


def open_item(instance_id: int) -> None:
    """Any item by its id."""
    state = here()
    _leave(state)
    _do(state, lambda: desk.look_at(session.database(), state.queue_id, instance_id, state.reviewer))


def reopen() -> None:
    """Whatever comes next in the queue."""
    state = here()
    _do(state, lambda: desk.open_queue(session.database(), state.queue_id, state.reviewer))


def answer(shown: Shown, key: str | None, yes: bool | None = None) -> None:
    """Answer a question, or the first open one; without `yes` the answer goes round: yes, no, none."""
    state = here()
    if shown != state.shown:
        return
    now = written(state)
    key = key or next((each for each in QUESTIONS if getattr(now, each) is None), None)
    if key is None:
        names = [its.name for its in keys.QUESTIONS]
        state.message = f"All three questions are answered; {names[0]}, {names[1]} and {names[2]} change an answer."
        return
    if yes is None:
        yes = ROUND[getattr(now, key)]
    _keep(state, shown, replace(now, **{key: yes}))


def write_down(shown: Shown) -> None:
    """Keep flags and note as they are on screen."""
    state = here()
    if shown == state.shown and written(state) != state.begun:
        _keep(state, shown, written(state))


def new_flag(shown: Shown, raise_flag: Callable[[str], str]) -> None:
    """A flag that was typed: the pool knows it from now on, and this item carries it."""
    state = here()
    field_key = f"new-flag-{suffix(shown)}"
    if shown != state.shown or not st.session_state.get(field_key, "").strip():
        return
    try:
        name = raise_flag(st.session_state[field_key])
    except WinnowError as error:
        state.message = str(error)
        return
    now = written(state)
    raised = tuple(dict.fromkeys((*now.flags, name)))
    st.session_state[f"flags-{suffix(shown)}"] = list(raised)
    st.session_state[field_key] = ""
    _keep(state, shown, replace(now, flags=raised))


def turn(mode: str) -> None:
    """Show another side of the item, or the item again."""
    state = here()
    _leave(state)
    state.message = ""
    state.mode = READ if state.mode == mode else mode
    state.dwell = Dwell(time.monotonic())


def toggle(name: str) -> None:
    """Switch the guidelines, monospace or the wrapping of code on or off, for this reviewer from now on."""
    state = here()
    _leave(state)
    state.choices = replace(state.choices, **{name: not getattr(state.choices, name)})
    try:
        choices.keep(session.database(), state.reviewer, state.choices)
    except StorageFailed as error:
        state.message = f"It is so on this screen alone: {error}"


def save_edit(shown: Shown) -> None:
    """What was typed becomes the item's text."""
    _edit(shown, _typed(shown), st.session_state.get(f"why-{suffix(shown)}", ""))


def bring_back(shown: Shown, text: Text) -> None:
    """A text of the history becomes the item's again."""
    _edit(shown, text, "former text brought back")


def _edit(shown: Shown, text: Text, reason: str) -> None:
    state = here()
    said = written(state)

    def saved() -> Shown | None:
        editing.edit(session.database(), shown.instance_id, shown.text_hash, text, state.reviewer, reason)
        _forget(state, shown)
        after = desk.look_at(session.database(), state.queue_id, shown.instance_id, state.reviewer)
        if said.note or said.flags:  # they go on with the new text; answers were about the old one
            desk.begin(session.database(), after, state.reviewer, Judgement(flags=said.flags, note=said.note))
        return after

    _do(state, saved)


def save_split(shown: Shown) -> None:
    state, parts = here(), []
    for number in (1, 2):
        both = (st.session_state.get(f"split-{side}-{number}-{suffix(shown)}", "") for side in ("input", "output"))
        parts.append(tuple(both))
    reason = st.session_state.get(f"why-{suffix(shown)}", "")

    def done() -> Shown | None:
        editing.split(session.database(), shown.instance_id, shown.text_hash, parts, state.reviewer, reason)
        _forget(state, shown)
        return desk.open_queue(session.database(), state.queue_id, state.reviewer)

    _do(state, done)


def save_merge(shown: Shown, others: list[int]) -> None:
    state, typed = here(), _typed(shown)
    chosen = [one for one in others if st.session_state.get(f"merge-{one}-{suffix(shown)}")]
    reason = st.session_state.get(f"why-{suffix(shown)}", "")

    def done() -> Shown | None:
        editing.merge(session.database(), shown.instance_id, shown.text_hash, chosen, typed, state.reviewer, reason)
        _forget(state, shown)
        return desk.look_at(session.database(), state.queue_id, shown.instance_id, state.reviewer)

    _do(state, done)


def reject(shown: Shown, whole_task: bool) -> None:
    state = here()
    reason = st.session_state.get(f"why-{suffix(shown)}", "")

    def done() -> Shown | None:
        editing.reject(session.database(), shown.instance_id, shown.text_hash, reason, state.reviewer, whole_task)
        _forget(state, shown)
        return desk.open_queue(session.database(), state.queue_id, state.reviewer)

    _do(state, done)


def promote(shown: Shown) -> None:
    state = here()

    def done() -> Shown | None:
        seed = promotion.promote(session.database(), state.task_id, state.reviewer)
        state.message = f"Task {state.task_id} is now also seed {seed}; the copy keeps where it came from."
        return shown

    _do(state, done, stay=True)


def mark_gold(shown: Shown, grade: Grade, seen: int | None) -> None:
    """Make that grade the known answer of this very text, in place of the one that was seen."""
    state = here()

    def done() -> Shown | None:
        differences.known_answer(session.database(), shown.instance_id, shown.text_hash, grade, state.reviewer, seen)
        state.message = f"Known answer {grade.value}: the item is now mixed into queues that use gold items."
        return shown

    _do(state, done, stay=True)


def unmark_gold(shown: Shown, known: Act) -> None:
    """Take back the reviewer's known answer to this text."""
    state = here()

    def done() -> Shown | None:
        differences.take_back(session.database(), state.pool_id, state.reviewer, known)
        state.message = "The known answer is taken back; it stays on record."
        return shown

    _do(state, done, stay=True)


def suffix(shown: Shown) -> str:
    """What makes a widget's key belong to this item and text alone."""
    return f"{shown.instance_id}-{shown.round or 'desk'}-{shown.text_hash[:8]}"


def label(text: str) -> str:
    """Somebody's text as a widget's label, where markdown would be read: every sign stands for itself."""
    return re.sub(r"([^\w\s])", r"\\\1", " ".join(text.split()))


def written(state: Desk) -> Judgement:
    """What the reviewer has said so far, the note and flags as they stand in the fields."""
    if state.shown is None:
        return Judgement()
    key = suffix(state.shown)
    note = st.session_state.get(f"note-{key}", state.begun.note)
    flags = st.session_state.get(f"flags-{key}", state.begun.flags)
    return replace(state.begun, note=note or "", flags=tuple(flags or ()))


def _typed(shown: Shown) -> Text:
    fields = (st.session_state.get(f"edit-{name}-{suffix(shown)}", "") for name in ("instruction", "input", "output"))
    return Text(*fields)


def _counts(state: Desk, shown: Shown | None) -> bool:
    if shown != state.shown or state.mode != READ:
        return False
    is_seen = state.dwell.allows(time.monotonic())
    state.message = state.message if is_seen else TOO_SOON
    return is_seen


def _keep(state: Desk, shown: Shown, said: Judgement) -> None:
    state.message = ""
    try:
        desk.begin(session.database(), shown, state.reviewer, said)
        state.begun = said
    except WinnowError as error:
        state.message = str(error)


def write_down_here() -> None:
    """Keep what stands in the fields on screen."""
    _leave(here())


def try_again() -> bool:
    """Do what could not be stored before; whether it is stored now."""
    state = here()
    if state.unsaved is not None:
        _do(state, state.unsaved.act, stay=state.unsaved.stay, pressed=state.unsaved.pressed)
    return state.unsaved is None


def look() -> Screen | None:
    """What the desk shows: read now, else as it was read before; None where that was not of the same item."""
    state = here()
    counted = st.session_state.get("desk-answered")
    fresh = counted and counted[0] == (state.queue_id, state.reviewer) and time.monotonic() - counted[1] < _COUNTED_S
    answered = counted[2] if fresh and state.screen is not None and state.screen.queue.wanted > 1 else None
    try:
        state.screen = desk.screen(session.database(), state.queue_id, state.shown, state.reviewer, answered)
    except StorageFailed as error:
        if state.unsaved is None:
            _could_not(state, lambda: state.shown, True, None, error)
            state.message = f"The database cannot be read; it is tried again. {error}"
        return state.screen if state.screen_of == state.shown else None
    else:
        state.last, state.screen_of = state.screen.last, state.shown
        if answered is None:
            now = (time.monotonic(), state.screen.answered)
            st.session_state["desk-answered"] = ((state.queue_id, state.reviewer), *now)
    return state.screen


def _leave(state: Desk) -> None:
    """Keep what stands in the fields on screen: some of them are about to go."""
    if state.shown is None:
        return
    write_down(state.shown)
    its = suffix(state.shown)
    for key, value in st.session_state.items():
        if isinstance(key, str) and key.endswith(its) and key.startswith(("edit-", "split-", "why-")):
            state.typed[key] = value


def _forget(state: Desk, shown: Shown) -> None:
    """What was typed has been saved."""
    its = suffix(shown)
    state.typed = {key: value for key, value in state.typed.items() if not key.endswith(its)}


def _do(state: Desk, act: Callable[[], Shown | None], *, stay: bool = False, pressed: Grade | None = None) -> None:
    """Act, and show what the act gives, or `stay` where one is; a refusal is told, and what is on disk shown again.

    What cannot be stored now leaves everything on screen as it is, and is tried again.
    """
    state.message, state.unsaved = "", None
    try:
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
