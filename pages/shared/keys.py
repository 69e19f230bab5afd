"""One map of keys for every page on which texts are judged: a letter means the same everywhere, and can be changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.records import WinnowError
from core.review import keymap
from pages.shared import scripts, session
from pages.shared.plain import label


@dataclass(frozen=True, slots=True)
class Key:
    """What a key does, under the name that `keymap` has for it; "" where the key is the browser's and stays."""

    act: str
    does: str
    fixed: str = ""

    @property
    def shortcut(self) -> str:
        """The key as the browser names it, as this reviewer has it."""
        return mine()[self.act]

    @property
    def name(self) -> str:
        """The key as a person reads it."""
        return self.fixed or _shown(self.shortcut)


GRADES = tuple(Key(f"grade {letter}", f"grade {letter}, and on to the next") for letter in "ABCD")
QUESTIONS = (
    Key("valid task", "valid task? yes, no, open again"),
    Key("input fits", "input fits? yes, no, open again"),
    Key("output right", "output right? yes, no, open again"),
)
YES = Key("yes", "yes to the first open question")
NO = Key("no", "no to the first open question")
ALL_YES = Key("all yes", "yes to all three and grade A, and on")
VALID = Key("valid", "valid, without a grade")
INVALID = Key("invalid", "invalid, without a grade")
SKIP = Key("skip", "skip: on to the next")
BACK = Key("back", "one back")
UNDO = Key("undo", "undo, what the button names")
REDO = Key("redo", "redo what was undone")
EDIT = Key("edit", "edit the texts")
REJECT = Key("reject", "take it out of the pool")
MADE = Key("made", "prompt and reply, or the source")
MORE = Key("more", "more: split, merge, changes, known answers")
GUIDELINES = Key("guidelines", "guidelines")
MONOSPACE = Key("monospace", "all texts monospaced")
WRAP = Key("wrap", "wrap long lines of code, or not")
RENDERED = Key("rendered", "Markdown rendered, or as it was written")
EXPERT = Key("expert answer", "the expert's answer, or not")
EQUAL = Key("equal", "equal, or no one is best")
BOTH_BAD = Key("both bad", "both or all bad")
FOCUS = Key("", "to the answer left or right, or it is better", "← →")
# What the browser does by itself (`pages/review/desk.js`).
NOTE = Key("note", "into the note; Esc leaves it")
FLAGS = Key("flags", "to the flags")
SCROLL = Key("", "scroll the text under the pointer, else the output", "↑ ↓ Page")
ASIDE = Key("", "along lines of code that are not wrapped", "← →")
SAVE = Key("", "save the open form", "Ctrl Enter")
MAP = Key("", "this map", "?")

_ANSWERS = (*GRADES, *QUESTIONS, YES, NO, ALL_YES)
_READING = (MONOSPACE, WRAP, RENDERED, NOTE, FLAGS, SCROLL, MAP)
DESK = (
    *(*_ANSWERS, VALID, INVALID, SKIP, BACK, UNDO, REDO),
    *(EDIT, REJECT, MADE, MORE, SAVE, GUIDELINES, ASIDE, *_READING),
)
AUDIT = (*_ANSWERS, SKIP, BACK, UNDO, REDO, ASIDE, *_READING)
DIFFERENCES = (*_ANSWERS, SKIP, BACK, UNDO, REDO, MONOSPACE, WRAP, RENDERED, NOTE, ASIDE, SCROLL, MAP)
EVALUATE = (*GRADES, FOCUS, EQUAL, BOTH_BAD, EXPERT, SKIP, BACK, UNDO, *_READING)


def tell_browser() -> None:
    """Tell the browser's half (`desk.js`) which keys act, and which go to the note and the flags."""
    by = mine()
    acts = sorted(key for act, key in by.items() if act not in keymap.BY_THE_BROWSER)
    told = {"acts": acts, **{act: by[act] for act in keymap.BY_THE_BROWSER}}
    scripts.tell("winnowKeys", told)


def help_button(keys: Sequence[Key]) -> None:
    """A small button that shows the map; the browser presses it for a question mark."""
    if st.button("?", key="keys-help", type="tertiary", help="Keys"):
        _map(tuple(keys))


@st.dialog("Keys", width="large", on_dismiss="rerun")  # what is behind it shows its new keys
def _map(keys: tuple[Key, ...]) -> None:
    """The map, and a form that changes it; it stays open, since who changes one key often changes another."""
    half = (len(keys) + 1) // 2
    for column, some in zip(st.columns(2, gap="medium"), (keys[:half], keys[half:]), strict=True):
        column.code("\n".join(f"{key.name:<11}{key.does}" for key in some), language=None, wrap_lines=True)
    changeable = [key for key in keys if key.act]
    with st.expander("Change a key", key="change-a-key"):
        with st.form("change-key", border=False):
            one, two, three = st.columns([3, 2, 1], vertical_alignment="bottom")
            one.selectbox(
                "What it does", changeable, format_func=lambda key: f"{key.does} ({key.name})", key="change-key-act"
            )
            two.text_input(
                "Its new key", max_chars=7, placeholder="a letter or digit, or shift+letter", key="change-key-to"
            )
            three.form_submit_button("Change", width="stretch", on_click=_change)
        if complaint := st.session_state.pop("keys-complaint", ""):
            st.error(label(complaint))
        if told := st.session_state.pop("keys-told", ""):
            st.text(told)
        st.caption("Kept under your name, wherever texts are judged. Two acts that want one key swap.")
        st.button("All as usual", disabled=mine() == dict(keymap.USUAL), on_click=_reset)


def _change() -> None:
    asked = st.session_state
    key, before = asked["change-key-act"], mine()
    try:
        after = keymap.change(session.database(), session.reviewer(), key.act, asked["change-key-to"])
    except WinnowError as error:
        asked["keys-complaint"] = str(error)
        return
    asked.pop("keys-of", None)
    swapped = [act for act, its in after.items() if its != before[act] and act != key.act]
    asked["keys-told"] = "; ".join(f"{act}: {_shown(after[act])}" for act in (key.act, *swapped))
    asked["change-key-to"] = ""


def _reset() -> None:
    keymap.reset(session.database(), session.reviewer())
    st.session_state.pop("keys-of", None)
    st.session_state["keys-told"] = "Every key is as usual."


def _shown(key: str) -> str:
    return key.replace("shift+", "Shift ").title()


def mine() -> dict[str, str]:
    """The reviewer's own map, from what a key does to the key; read once a session and reviewer."""
    reviewer = session.reviewer()
    kept = st.session_state.get("keys-of")
    if kept is None or kept[0] != reviewer:
        kept = st.session_state["keys-of"] = (reviewer, keymap.of_reviewer(session.database(), reviewer))
    found: dict[str, str] = kept[1]
    return found
