"""What the forms beside the desk do: an item's text changed, split, merged or rejected, made a seed or a gold item."""

from __future__ import annotations

import streamlit as st

from core.pool.judgement import Act, Judgement
from core.records import Grade
from core.review import desk, differences, editing
from core.review.desk import Shown
from core.review.editing import Text
from core.seeds import promotion
from pages.review import state as desk_state
from pages.shared import session


def save_edit(shown: Shown) -> None:
    """What was typed becomes the item's text."""
    _edit(shown, _typed(shown), st.session_state.get(f"why-{desk_state.suffix(shown)}", ""))


def bring_back(shown: Shown, text: Text) -> None:
    """A text of the history becomes the item's again."""
    _edit(shown, text, "former text brought back")


def _edit(shown: Shown, text: Text, reason: str) -> None:
    state = desk_state.here()
    said = desk_state.written(state)

    def saved() -> Shown | None:
        editing.edit(session.database(), shown.instance_id, shown.text_hash, text, state.reviewer, reason)
        desk_state.forget(state, shown)
        after = desk.look_at(session.database(), state.queue_id, shown.instance_id, state.reviewer)
        if said.note or said.flags:  # they go on with the new text; answers were about the old one
            desk.begin(session.database(), after, state.reviewer, Judgement(flags=said.flags, note=said.note))
        return after

    desk_state.do(state, saved)


def save_split(shown: Shown) -> None:
    state, parts = desk_state.here(), []
    for number in (1, 2):
        both = (
            st.session_state.get(f"split-{side}-{number}-{desk_state.suffix(shown)}", "")
            for side in ("input", "output")
        )
        parts.append(tuple(both))
    reason = st.session_state.get(f"why-{desk_state.suffix(shown)}", "")

    def done() -> Shown | None:
        editing.split(session.database(), shown.instance_id, shown.text_hash, parts, state.reviewer, reason)
        desk_state.forget(state, shown)
        return desk.open_queue(session.database(), state.queue_id, state.reviewer)

    desk_state.do(state, done)


def save_merge(shown: Shown, others: list[int]) -> None:
    state, typed = desk_state.here(), _typed(shown)
    chosen = [one for one in others if st.session_state.get(f"merge-{one}-{desk_state.suffix(shown)}")]
    reason = st.session_state.get(f"why-{desk_state.suffix(shown)}", "")

    def done() -> Shown | None:
        editing.merge(session.database(), shown.instance_id, shown.text_hash, chosen, typed, state.reviewer, reason)
        desk_state.forget(state, shown)
        return desk.look_at(session.database(), state.queue_id, shown.instance_id, state.reviewer)

    desk_state.do(state, done)


def reject(shown: Shown, whole_task: bool) -> None:
    state = desk_state.here()
    reason = st.session_state.get(f"why-{desk_state.suffix(shown)}", "")

    def done() -> Shown | None:
        editing.reject(session.database(), shown.instance_id, shown.text_hash, reason, state.reviewer, whole_task)
        desk_state.forget(state, shown)
        return desk.open_queue(session.database(), state.queue_id, state.reviewer)

    desk_state.do(state, done)


def promote(shown: Shown) -> None:
    state = desk_state.here()

    def done() -> Shown | None:
        seed = promotion.promote(session.database(), state.task_id, state.reviewer)
        state.message = f"Task {state.task_id} is now also seed {seed}; the copy keeps where it came from."
        return shown

    desk_state.do(state, done, stay=True)


def mark_gold(shown: Shown, grade: Grade, seen: int | None) -> None:
    """Make that grade the known answer of this very text, in place of the one that was seen."""
    state = desk_state.here()

    def done() -> Shown | None:
        differences.known_answer(session.database(), shown.instance_id, shown.text_hash, grade, state.reviewer, seen)
        state.message = f"Known answer {grade.value}: the item is now mixed into queues that use gold items."
        return shown

    desk_state.do(state, done, stay=True)


def unmark_gold(shown: Shown, known: Act) -> None:
    """Take back the reviewer's known answer to this text."""
    state = desk_state.here()

    def done() -> Shown | None:
        differences.take_back(session.database(), state.pool_id, state.reviewer, known)
        state.message = "The known answer is taken back; it stays on record."
        return shown

    desk_state.do(state, done, stay=True)


def _typed(shown: Shown) -> Text:
    fields = (
        st.session_state.get(f"edit-{name}-{desk_state.suffix(shown)}", "")
        for name in ("instruction", "input", "output")
    )
    return Text(*fields)
