"""Texts in a list: each whole beside the one it is near to, with a tick for the acts beside the list, and a way in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.llm import book
from core.records import State, Task
from core.review import whole as whole_tasks
from pages.shared import marked, reader, reading, session
from pages.shared.marked import PairRow
from pages.shared.plain import block


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row of a list, a task where nothing else is said: its pair, and whether the acts beside the list take it."""

    id: int
    pair: PairRow
    can_tick: bool = True


def choose(rows: Sequence[ListedRow], place: str = "", show: Callable[[int], None] | None = None) -> list[int]:
    """Draw the rows and return the ids of those that are ticked. `place` tells one list of a page from another; `show`
    draws the row that is opened, a task with its instances and its reply where nothing else is said."""
    opened, chosen = f"opened-{place}", []
    for row in rows:
        is_open = st.session_state.get(opened) == row.id
        with st.container(horizontal=True, vertical_alignment="top", gap="small"):
            ticked = st.checkbox(
                f"Choose {row.id}",
                key=_tick_of(place, row.id),
                disabled=not row.can_tick,
                label_visibility="collapsed",
            )
            with st.container():
                marked.pairs([row.pair])
            st.button(
                "Close" if is_open else "Open",
                key=f"open-{place}{row.id}",
                type="tertiary",
                on_click=_open,
                args=(opened, None if is_open else row.id),
                help="The whole of it, and the reply that it came from",
            )
        chosen += [row.id] if ticked else []
        if is_open:
            if show is not None:
                show(row.id)
            else:
                whole(whole_tasks.task(session.database(), row.id).task, place)
    return chosen


def tick_all(ids: Sequence[int], place: str = "") -> None:
    """A button that ticks every row of a list, or unticks them where all of them are."""
    are = bool(ids) and all(st.session_state.get(_tick_of(place, one)) for one in ids)
    st.button(
        "Tick none" if are else f"Tick all {len(ids):,}",
        key=f"tick-all-{place}",
        type="tertiary",
        disabled=not ids,
        on_click=tick,
        args=(ids, place, not are),
    )


def tick(ids: Sequence[int], place: str, are: bool) -> None:
    """Tick rows of a list, or untick them, as after an act on them; in a callback."""
    for one in ids:
        st.session_state[_tick_of(place, one)] = are


def whole(task: Task, place: str = "") -> None:
    """A task's instances and the reply that it was read from, in place."""
    with st.container(border=True, key=f"whole-{place}{task.id}"):
        with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
            reading.toggles(switch, place=f"{place}{task.id}-", keyed=False)
        for number, instance in enumerate(task.instances, 1):
            of = f"instance {number} of {len(task.instances)}"
            of += "" if instance.state is State.ACCEPTED else f", {instance.state.value}"
            texts = ((f"Input, {of}", instance.input), ("Output", instance.output))
            reader.in_place(texts, f"{place}{task.id}-{instance.id}", highest=300)
        if not task.instances:
            st.caption("No instance has been asked for yet.")
        if task.request_id is not None:
            asked = book.exchange(session.database(), task.request_id)
            st.caption(f"The reply that it came from: request {asked.id}")
            block(asked.reply.text if asked.reply else "No reply is stored.", 260)


def _tick_of(place: str, number: int) -> str:
    return f"choose-{place}{number}"


def _open(opened: str, task_id: int | None) -> None:
    st.session_state[opened] = task_id


def switch(name: str) -> None:
    """Switch how texts are read, and say where it could not be kept."""
    if wrong := reading.switch(name):
        st.toast(wrong)
