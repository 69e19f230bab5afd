"""One map of keys for every page on which texts are judged: a letter means the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the browser names it, as a person reads it, and what it does."""

    shortcut: str
    name: str
    does: str


GRADES = tuple(Key(str(n), str(n), f"grade {letter}, and on to the next") for n, letter in enumerate("ABCD", 1))
QUESTIONS = (
    Key("7", "7", "valid task? yes, no, open again"),
    Key("8", "8", "input fits? yes, no, open again"),
    Key("9", "9", "output right? yes, no, open again"),
)
YES = Key("y", "Y", "yes to the first open question")
NO = Key("n", "N", "no to the first open question")
ALL_YES = Key("a", "A", "yes to all three and grade A, and on")
VALID = Key("v", "V", "valid, without a grade")
INVALID = Key("x", "X", "invalid, without a grade")
SKIP = Key("s", "S", "skip: on to the next")
BACK = Key("b", "B", "one back")
UNDO = Key("u", "U", "undo, what the button names")
REDO = Key("shift+u", "Shift U", "redo what was undone")
EDIT = Key("e", "E", "edit the texts")
REJECT = Key("j", "J", "take it out of the pool")
MADE = Key("p", "P", "prompt and reply, or the source")
MORE = Key("o", "O", "more: split, merge, changes, known answers")
GUIDELINES = Key("g", "G", "guidelines")
MONOSPACE = Key("m", "M", "all texts monospaced")
WRAP = Key("w", "W", "wrap long lines of code, or not")
# What the browser does by itself (`pages/review/desk.js`).
NOTE = Key("", "T", "into the note; Esc leaves it")
FLAGS = Key("", "F", "to the flags")
SCROLL = Key("", "↑ ↓ Page", "scroll the text under the pointer, else the output")
SAVE = Key("", "Ctrl Enter", "save the open form")
MAP = Key("", "?", "this map")

READING = (GUIDELINES, MONOSPACE, WRAP, NOTE, FLAGS, SCROLL, MAP)
DESK = (
    *(*GRADES, *QUESTIONS, YES, NO, ALL_YES, VALID, INVALID, SKIP, BACK, UNDO, REDO),
    *(EDIT, REJECT, MADE, MORE, SAVE, *READING),
)
DIFFERENCES = (*GRADES, *QUESTIONS, ALL_YES, SKIP, BACK, UNDO, SCROLL, MAP)


def help_button(keys: Sequence[Key]) -> None:
    """A small button that shows the map; the browser presses it for a question mark."""
    with st.container(key="keys-help", width="content"):
        if st.button("?", key="keys-help-button", type="tertiary", help="Keys"):
            _map(tuple(keys))


@st.dialog("Keys", width="large")
def _map(keys: tuple[Key, ...]) -> None:
    half = (len(keys) + 1) // 2
    for column, some in zip(st.columns(2, gap="medium"), (keys[:half], keys[half:]), strict=True):
        column.code("\n".join(f"{key.name:<11}{key.does}" for key in some), language=None, wrap_lines=True)
