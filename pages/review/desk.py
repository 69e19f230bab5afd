"""The desk on screen. A key reruns this fragment alone: the texts come first, since somebody waits for them, then the
buttons, and the browser's half takes no key before the item's own buttons have come."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.pool.judgement import Act
from core.records import Grade, Origin
from core.review import queues
from core.review.desk import LastAct, Screen, Shown, View
from core.review.dwell import Dwell
from core.words import number_of
from pages.review import acts as desk_acts
from pages.review import panels as desk_panels
from pages.review import state as desk_state
from pages.review import turns
from pages.review.state import QUESTIONS, READ, Desk
from pages.shared import contents, heap, links, reading, scripts, session
from pages.shared import keys as keys_of_desk
from pages.shared.running import minutes

PANEL_HEIGHT = 452
RETRY_S = 2.0
GRADES = {Grade.A: "A satisfying", Grade.B: "B minor faults", Grade.C: "C major faults", Grade.D: "D invalid"}
ASKED = {"instruction_valid": "Valid task?", "input_appropriate": "Input fits?", "output_correct": "Output right?"}
_ACTS = {"split": "split", "merged": "merge"}
ANSWERED = {None: "–", True: "yes", False: "no"}


def style() -> None:
    """Load what the browser needs, once a page."""
    here = Path(__file__).parent
    with st.container(key="scripts"):  # takes no room
        keys_of_desk.tell_browser()
        st.html(here / "desk.css")
        scripts.load(here / "desk.js")


def has_run(item: str = "") -> None:
    """Tell the browser that what was pressed has been taken (a key that came again meanwhile waits for it), and whose
    buttons stand now."""
    st.session_state["desk-runs"] = st.session_state.get("desk-runs", 0) + 1
    with st.container(key="desk-taken"):
        st.text(f"{st.session_state['desk-runs']} {item}")


@st.fragment(key="desk")
def draw() -> None:
    """The whole desk, for the session's own `Desk`."""
    if st.session_state.pop("leave-desk", False):
        st.rerun()
    state = desk_state.here()
    aside: DeltaGenerator | None = None
    with turns.text_first():
        screen = desk_state.look()
        if state.unsaved is not None and state.unsaved.by_itself:
            st.fragment(_until_saved, run_every=RETRY_S)()
        if screen is None or (state.shown is None and state.unsaved is not None):
            _not_reached(state)
            return
        view = screen.view
        state.begun = view.begun if view and state.unsaved is None else state.begun
        state.task_id = view.item.task_id if view else 0
        top = st.container(horizontal=True, vertical_alignment="center", gap="small", key="desk-switches")
        if view is None or state.shown is None:
            _nothing_left(state, screen.queue.total)
        else:
            aside = _item(state, state.shown, view)
    with turns.after_texts(head_start=aside is not None and _is_new(state)):
        with st.container(key="desk-keys", gap="small"):
            _buttons(state, view)
        if aside is not None and view is not None and state.shown is not None:
            with aside:
                desk_panels.context(state, state.shown, view)
        with top:
            _how_far(screen)
        has_run(desk_state.suffix(state.shown) if state.shown else "")
        heap.forget_widgets("note-", "flags-")  # of items long gone: 2.4 KB each
    if state.shown is not None and _is_new(state):  # the text leaves for the browser now: its time on screen begins
        st.session_state["desk-painted"] = _on_screen(state)
        state.dwell = Dwell(time.monotonic())


def _how_far(screen: Screen) -> None:
    left, queue = screen.seconds_left, screen.queue
    done, total = screen.counted.given, queue.total * queue.wanted  # ratings
    told = f"{done:,} of {total:,} {'ratings' if queue.wanted > 1 else 'done'}"
    told += f"  ·  {screen.per_hour:,.0f} an hour  ·  {minutes(left)} left" if left is not None else ""
    st.text(told, width=330)
    st.progress(min(1.0, done / total) if total else 0.0)
    reading.toggles(desk_acts.toggle, first=(reading.GUIDELINES,))
    keys_of_desk.help_button(keys_of_desk.DESK)


def _until_saved() -> None:
    """Try what could not be stored again, again and again; then the desk goes on by itself."""
    state = desk_state.here()
    if state.unsaved is not None and time.monotonic() - state.tried >= RETRY_S / 2 and desk_state.try_again():
        st.rerun()


def _try_again() -> None:
    desk_state.try_again()


def _not_reached(state: Desk) -> None:
    """In place of a desk that could not be read yet."""
    with st.container(border=True, height=PANEL_HEIGHT, vertical_alignment="center", horizontal_alignment="center"):
        st.subheader("The queue cannot be read now", anchor=False)
        st.text(state.message)
        st.button("Try again", type="primary", key="try-again", on_click=_try_again)


def _is_new(state: Desk) -> bool:
    """Whether another text than this was on screen, or this in another form."""
    return bool(st.session_state.get("desk-painted") != _on_screen(state))


def _on_screen(state: Desk) -> tuple[str, str]:
    return desk_state.suffix(state.shown) if state.shown else "", state.mode


def _item(state: Desk, shown: Shown, view: View) -> DeltaGenerator:
    """The item's texts, sent first of all; the place for what stands beside them."""
    with st.container(key="desk-item"):
        st.text(f"item {desk_state.suffix(shown)} {state.mode}")
    # No columns: each element that a key draws again costs the browser a millisecond, and these would be three more.
    with st.container(horizontal=True, gap="small", key="desk-sides"):
        panel = st.container(key="desk-panel-mono" if reading.likes().monospace else "desk-panel-prose", gap=None)
        aside = st.container(key="desk-context", border=True, height=PANEL_HEIGHT, gap="small")
    with panel:
        desk_panels.draw(state, shown, view, PANEL_HEIGHT)
    return aside


def _buttons(state: Desk, view: View | None) -> None:
    shown = state.shown
    key = desk_state.button_set(shown)
    off = shown is None or state.mode != READ
    by = keys_of_desk.mine()
    args: tuple[Any, ...]
    with st.container(horizontal=True, key="desk-questions", gap="small"):
        for its, question in zip(keys_of_desk.QUESTIONS, QUESTIONS, strict=True):
            said = ANSWERED[getattr(state.begun, question)] if shown else "–"
            text = f"{ASKED[question]} {said}"
            _button(text, f"q-{question}-{key}", by[its.act], desk_acts.answer, (shown, question), off, width=152)
        for text, its, act, args in (
            ("Yes", keys_of_desk.YES, desk_acts.answer, (shown, None, True)),
            ("No", keys_of_desk.NO, desk_acts.answer, (shown, None, False)),
            ("All yes, A", keys_of_desk.ALL_YES, desk_acts.all_yes, (shown,)),
            ("Valid", keys_of_desk.VALID, desk_acts.rate, (shown, None, True)),
            ("Invalid", keys_of_desk.INVALID, desk_acts.rate, (shown, None, False)),
        ):
            _button(text, f"{text.lower().replace(', ', '-').replace(' ', '-')}-{key}", by[its.act], act, args, off)
    with st.container(horizontal=True, key="desk-grades", gap="small"):
        mine = view.mine.grade if view and view.mine else None
        mine = state.unsaved.pressed or mine if state.unsaved else mine
        for its, (grade, text) in zip(keys_of_desk.GRADES, GRADES.items(), strict=True):
            kind: Any = "primary" if mine is grade else "secondary"
            args = (shown, grade, None)
            _button(text, f"grade-{grade}-{key}", by[its.act], desk_acts.rate, args, off, "stretch", kind)
    with st.container(horizontal=True, key="desk-other", gap="small", vertical_alignment="center"):
        _button("Skip", f"skip-{key}", by[keys_of_desk.SKIP.act], desk_acts.skip, (shown,), off)
        _button("Back", f"back-{key}", by[keys_of_desk.BACK.act], desk_acts.back, (shown,), state.mode != READ)
        from_text = view is not None and view.item.origin is Origin.REINSTRUCT
        for text, mode, its in (
            ("Edit", "edit", keys_of_desk.EDIT),
            ("Reject", "reject", keys_of_desk.REJECT),
            ("Source" if from_text else "Prompt", "made", keys_of_desk.MADE),
            ("More", "more", keys_of_desk.MORE),
        ):
            _button(text, f"side-{mode}", by[its.act], desk_acts.turn, (mode,), shown is None)
        undoable = state.mode == READ and state.last is not None
        its, label = keys_of_desk.UNDO, _undo_label(state.last)
        _button(label, f"undo-{key}", by[its.act], desk_acts.undo, (shown,), not undoable, width=150)
        undone = state.screen.undone if state.screen else None
        if undone is not None:
            args, off = (shown, undone), state.mode != READ
            _button(_redo_label(undone), f"redo-{key}", by[keys_of_desk.REDO.act], desk_acts.redo, args, off)
        if state.unsaved:
            with st.container(key="desk-not-saved", width="stretch"):
                st.text(state.message)
        else:
            st.text(state.message or _undo_text(state.last))


def _button(
    text: str,
    key: str,
    shortcut: str,
    on_click: Any,
    args: tuple[Any, ...],
    disabled: bool,
    width: Any = "content",
    kind: Any = "secondary",
) -> None:
    st.button(
        text,
        key=key,
        shortcut=shortcut,
        on_click=on_click,
        args=args,
        disabled=disabled,
        width=width,
        type=kind,
    )


def _undo_label(last: LastAct | None) -> str:
    if last is None:
        return "Undo"
    if last.event is not None:
        return f"Undo {_ACTS.get(str(last.event.told.get('what')), last.event.kind.value)}"
    if last.rating is None or last.rating.kind == "skip":
        return "Undo skip"
    said = last.rating.said
    return f"Undo {said.grade.value if said.grade else 'valid' if said.valid else 'invalid'}"


def _redo_label(undone: Act) -> str:
    grade = undone.said.grade
    said = grade.value if grade else "valid" if undone.said.valid else "invalid"
    return "Redo skip" if undone.kind == "skip" else f"Redo {said}"


def _undo_text(last: LastAct | None) -> str:
    if last is None:
        return ""
    on = "on “" + " ".join(last.instruction.split())[:160] + "”" if last.instruction else ""
    if last.event is None:
        return on
    n = f"{number_of(last.event.n, 'instance')}" if last.event.n != 1 else ""
    return "  ·  ".join(part for part in (n, last.event.reason, on) if part)


def _nothing_left(state: Desk, total: int) -> None:
    """The end of a queue, and where it leads on; of an empty one, what would fill it."""
    if not total:
        with st.container(border=True, height=PANEL_HEIGHT, vertical_alignment="center", horizontal_alignment="center"):
            st.subheader("Nothing is in this queue yet", anchor=False, width="content")
            st.text("What is generated or imported comes here by itself.")
            with st.container(horizontal=True, horizontal_alignment="center", width="content"):
                links.grow_or_import()
                st.button("Look again", key="look-again", on_click=desk_acts.reopen)
        return
    found = queues.onward(session.database(), state.queue_id, state.reviewer)
    with st.container(border=True, height=PANEL_HEIGHT, vertical_alignment="center", horizontal_alignment="center"):
        st.subheader("Nothing is left for you in this queue", anchor=False, width="content")
        told = [f"{found.skipped:,} that you skipped"] if found.skipped else []
        told += [f"{found.elsewhere:,} that wait for somebody else's rating"] if found.elsewhere else []
        told += [f"{found.held:,} that others have before them (what they leave is free after ten minutes)"] * bool(
            found.held
        )
        st.text(("All is rated but " + ", ".join(told) + ".") if told else "Every item has the ratings it wants.")
        with st.container(horizontal=True, horizontal_alignment="center", width="content"):
            if found.first_skipped is not None:
                first = (found.first_skipped,)
                st.button("Take up what you skipped", key="to-skipped", on_click=desk_acts.open_item, args=first)
            onward: list[tuple[str, str, Any, Any]] = []
            if found.differences:
                text = f"Settle {number_of(found.differences, 'difference')}"
                onward.append((text, "to-differences", _go_to_view, "differences"))
            for queue, left in found.queues[:2]:
                text = desk_state.label(f"{queue.name}: {left:,} left")
                onward.append((text, f"to-queue-{queue.id}", _go_to_queue, queue.id))
            for place, (text, key, act, where) in enumerate(onward):  # the first of them is what to do next
                st.button(text, key=key, on_click=act, args=(where,), type="secondary" if place else "primary")
            again: Any = "tertiary" if onward else "primary"
            st.button("Look again", type=again, key="look-again", on_click=desk_acts.reopen)
        with st.container(horizontal=True, horizontal_alignment="center", width="content"):
            st.page_link(contents.file_of("audit"), label="Audit a sample", icon=":material/fact_check:")
            st.page_link(contents.file_of("release"), label="Release what is approved", icon=":material/outbox:")


def _go_to_view(view: str) -> None:
    st.session_state["view-asked"], st.session_state["leave-desk"] = view, True


def _go_to_queue(queue_id: int) -> None:
    st.session_state["queue-asked"], st.session_state["leave-desk"] = queue_id, True
