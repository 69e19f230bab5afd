"""What a reviewer changes in an item: its texts, its parts, or that it is there at all."""

from __future__ import annotations

import streamlit as st

from core.review import history
from core.review.desk import Shown, View
from core.words import number_of
from pages.review import acts as desk_acts
from pages.review import changes
from pages.review import state as desk_state
from pages.review.state import Desk
from pages.shared import marked, reading, session
from pages.shared.kinds import parts_of
from pages.shared.plain import sendable


def edit(state: Desk, shown: Shown, view: View) -> None:
    """The texts in boxes as large as they are, code monospaced; on request the way from the old ones, in colour."""
    key, item = desk_state.suffix(shown), view.item
    many = len(item.siblings)
    labels = {
        "instruction": f"Instruction, of all {number_of(many, 'instance')}" if many > 1 else "Instruction",
        "input": "Input",
        "output": "Output",
    }
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        _choice("Save the new text", f"save-{key}", changes.save_edit, (shown,), "edit")
        st.toggle("Show what changes", key=f"compare-{key}")
        _why(key, "Reason, if you like")
    for name, label in labels.items():
        text = getattr(item, name)
        is_code = reading.likes().monospace or any(part.language is not None for part in parts_of(text))
        typed = st.session_state.get(f"edit-{name}-{key}", state.typed.get(f"edit-{name}-{key}", text))
        with st.container(key=f"desk-edit-{name}{'-mono' if is_code else ''}", gap=None):
            st.caption(label)
            _area(label, text, _box(text), f"edit-{name}-{key}")
        if st.session_state.get(f"compare-{key}") and typed != text:
            marked.change(text, str(typed), monospace=is_code)
    st.caption("The old text stays on record; ratings of it become stale, and the item waits again.")


def _box(text: str) -> int:
    """How high a text's box is, in pixels: as high as the text, within what a screen has."""
    lines = sum(1 + len(line) // 90 for line in text[:20_000].splitlines() or [""])
    return max(68, min(360, 30 + 24 * lines))


def reject(state: Desk, shown: Shown, view: View) -> None:
    """Take an instance, or its whole task, out of the pool."""
    key, many = desk_state.suffix(shown), len(view.item.siblings)
    st.text(sendable(" ".join(view.item.instruction.split())[:300]))
    _why(key, "Why it should go")
    _choice("Reject this instance", f"reject-one-{key}", changes.reject, (shown, False), "reject")
    st.button(
        f"Reject the whole task with {many} instance{'s' if many > 1 else ''}",
        key=f"reject-task-{key}",
        on_click=changes.reject,
        args=(shown, True),
    )
    st.caption("It leaves queues, prompts and releases, and stays on record; undo brings it back.")


def split(state: Desk, shown: Shown, view: View) -> None:
    """Two instances in place of one."""
    key, item = desk_state.suffix(shown), view.item
    for number in (1, 2):
        left, right = st.columns(2, gap="small")
        with left:
            _area(f"Input {number}", item.input, 96, f"split-input-{number}-{key}", shown_label=True)
        with right:
            _area(f"Output {number}", item.output, 96, f"split-output-{number}-{key}", shown_label=True)
    _why(key, "Reason, if you like")
    _choice("Split in two", f"split-save-{key}", changes.save_split, (shown,), "split")


def merge(state: Desk, shown: Shown, view: View) -> None:
    """One instance that stands for others of its task too."""
    key, item = desk_state.suffix(shown), view.item
    others = [one for one in item.siblings if one != item.instance_id]
    for other in history.texts(session.database(), others):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.checkbox(f"Instance {other.id}", key=f"merge-{other.id}-{key}")
            st.text(sendable(" ".join(f"{other.input} → {other.output}".split())[:160]))
    left, right = st.columns(2, gap="small")
    with left:
        _area("Input that stays", item.input, 80, f"edit-input-{key}", shown_label=True)
    with right:
        _area("Output that stays", item.output, 80, f"edit-output-{key}", shown_label=True)
    _why(key, "Reason, if you like")
    _choice("Merge those into this one", f"merge-save-{key}", changes.save_merge, (shown, others), "merge")


def _area(text: str, value: str, height: int, key: str, shown_label: bool = False) -> None:
    seen = "visible" if shown_label else "collapsed"
    begun = desk_state.here().typed.get(key, value)
    st.text_area(text, sendable(begun), height=height, key=key, on_change="ignore", label_visibility=seen)  # type: ignore[call-overload]


def _why(key: str, placeholder: str) -> None:
    st.text_input(
        "Reason",
        desk_state.here().typed.get(f"why-{key}", ""),
        key=f"why-{key}",
        placeholder=placeholder,
        label_visibility="collapsed",
        on_change="ignore",
        max_chars=200,
    )


def _choice(text: str, key: str, on_click: object, args: tuple[object, ...], mode: str) -> None:
    with st.container(horizontal=True, gap="small", width="content"):
        st.button(text, type="primary", key=key, on_click=on_click, args=args)  # type: ignore[arg-type]
        st.button("Leave as it was", key=f"leave-{key}", on_click=desk_acts.turn, args=(mode,))
