"""A reviewer at one item after the other: what is on screen, what was said of it, and that nobody answers unseen.

An audit and a blind round are sat at alike. Nothing is drawn or stored by what a key does: it changes the sitting, and
the page's fragment, which runs afterwards, stores what was said before it draws.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import streamlit as st

from core.records import Refused, StorageFailed
from core.review.dwell import Dwell
from pages.review.state import TOO_SOON, label
from pages.shared import keys, reading

Turn = TypeVar("Turn")
Said = TypeVar("Said", bound=Any)
RETRY_S = 2.0  # between two tries to store what the database could not take


@dataclass(slots=True, kw_only=True)
class Sitting(Generic[Turn, Said]):
    """`asked`: the place they went to, None for whatever is next; `turn`: what is on screen; `said`: of it so far;
    `touched`: whether that has changed since it was stored; `waits`: why the database could not take or give something,
    tried last at `tried` by the clock that nobody sets.
    """

    reviewer: str
    said: Said
    asked: int | None = None
    turn: Turn | None = None
    dwell: Dwell = field(default_factory=lambda: Dwell(time.monotonic()))
    touched: bool = False
    complaint: str = ""
    waits: str = ""
    tried: float = 0.0

    @property
    @abstractmethod
    def place(self) -> int | None:
        """Where the item on screen stands in the reviewer's order."""

    def show(self, turn: Turn | None, said: Said) -> None:
        """Another item comes on screen; only now its time begins."""
        self.turn, self.said, self.dwell = turn, said, Dwell(time.monotonic())

    def counts(self, place: int) -> bool:
        """Whether that item is what is shown, and has been on screen long enough to have been read."""
        if self.place != place:
            return False
        is_seen = self.dwell.allows(time.monotonic())
        self.complaint = self.complaint if is_seen else TOO_SOON
        return is_seen

    def say(self, **said: Any) -> None:
        self.said, self.touched = replace(self.said, **said), True

    def write_down(self, place: int, **said: Any) -> None:
        """Keep a note or flags, however short the item has been there."""
        if self.place == place:
            self.say(**said)

    def go(self, place: int | None) -> None:
        """To a place of the order, or to what is next; nowhere while what was said here is not stored."""
        if not self.waits:
            self.asked, self.turn = place, None

    def act(self, act: Callable[[], int | None]) -> None:
        """Do what a key means beside an answer, and go where that leads; told where it was refused or not stored."""
        if self.waits:
            return
        try:
            self.go(act())
        except Refused as error:
            self.complaint, self.turn = str(error), None
        except StorageFailed as error:
            self.complaint = f"Not saved, press again. {error}"

    def try_to(self, step: Callable[[], None]) -> None:
        """Store what was said and find what is next; where the database cannot, all stays as it is, and waits."""
        self.tried = time.monotonic()
        try:
            step()
        except StorageFailed as error:
            what = "Not saved yet" if self.touched else "What is next cannot be read now"
            self.waits = f"{what} (it is tried again by itself). {error}"
        else:
            self.waits = ""

    def switch(self, name: str) -> None:
        """Another way to read."""
        self.complaint = reading.switch(name)

    def tell(self, otherwise: str = "") -> None:
        """Why the last key did nothing, once."""
        st.text(self.waits or self.complaint or otherwise)
        self.complaint = ""


def at_rest(its: Sitting[Any, Any], step: Callable[[], None]) -> bool:
    """Take the step that a run of the page begins with; whether its item, or the end of all, can be drawn. What waits
    is tried again by itself."""
    its.try_to(step)
    if not its.waits:
        return True

    def again() -> None:
        if its.waits and time.monotonic() - its.tried >= RETRY_S / 2:
            its.try_to(step)
        if not its.waits:
            st.rerun()

    st.fragment(again, run_every=RETRY_S)()
    if its.turn is None:
        st.text(its.waits)
    return its.turn is not None


def flags(its: Sitting[Any, Any], raised: Sequence[str], known: Sequence[str], place: int, key: str) -> None:
    """Flags to raise beside those that are, kept as soon as they change. The desk's key for flags goes to these."""
    key = f"audit-flags-{key}"
    st.pills(
        "Flags",
        list(dict.fromkeys((*known, *raised))),
        selection_mode="multi",
        wrap=True,
        default=list(raised),
        format_func=label,
        key=key,
        on_change=lambda: its.write_down(place, flags=tuple(st.session_state[key])),
        label_visibility="collapsed",
    )


def note(its: Sitting[Any, Any], said: str, place: int, key: str, height: int) -> None:
    """A note, kept once its field is left. The desk's key for notes goes to it."""
    with st.container(key="desk-note"):
        st.text_area(
            "Note",
            said,
            height=height,
            key=key,
            on_change=lambda: its.write_down(place, note=st.session_state[key]),
            placeholder=f"Note: {keys.NOTE.name} goes in, Esc out",
            label_visibility="collapsed",
        )


def button(
    text: str,
    key: str,
    shortcut: str,
    act: Callable[..., None],
    *args: Any,
    off: bool = False,
    width: Any = "content",
    chosen: bool = False,
) -> None:
    """A button with its key; what is chosen already stands out."""
    kind: Any = "primary" if chosen else "secondary"
    st.button(text, key=key, shortcut=shortcut, on_click=act, args=args, disabled=off, width=width, type=kind)
