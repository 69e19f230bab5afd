"""How this reviewer likes to read: one answer for every page on which texts stand, kept by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from core.records import WinnowError
from core.review import choices
from core.review.choices import Choices
from pages.shared import keys, session
from pages.shared.keys import Key

Toggle = tuple[str, str, Key]  # the word on the button, the choice's name, and its key
TOGGLES: tuple[Toggle, ...] = (
    ("Monospace", "monospace", keys.MONOSPACE),
    ("Wrap", "wrap", keys.WRAP),
    ("Markdown", "rendered", keys.RENDERED),
)
GUIDELINES: Toggle = ("Guidelines", "guidelines", keys.GUIDELINES)
_KEPT = "reading-of"


def likes() -> Choices:
    """What the reviewer chose last, read once a session and reviewer."""
    reviewer = session.reviewer()
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != reviewer:
        kept = st.session_state[_KEPT] = (reviewer, choices.of_reviewer(session.database(), reviewer))
    found: Choices = kept[1]
    return found


def switch(name: str) -> str:
    """Switch one choice from now on; what is wrong, where it holds for this screen alone."""
    now = likes()
    chosen = replace(now, **{name: not getattr(now, name)})
    st.session_state[_KEPT] = (session.reviewer(), chosen)
    try:
        choices.keep(session.database(), session.reviewer(), chosen)
    except WinnowError as error:
        return f"It is so on this screen alone: {error}"
    return ""


def toggles(act: Callable[[str], None], *, place: str = "", first: Sequence[Toggle] = (), keyed: bool = True) -> None:
    """A button a choice, pressed in where it is on. `place` tells one screen's from another's; `keyed`: by key too."""
    for text, name, key in (*first, *TOGGLES):
        st.button(
            text,
            key=f"{place}{name}-toggle",
            shortcut=key.shortcut if keyed else None,
            type="secondary" if getattr(likes(), name) else "tertiary",
            on_click=act,
            args=(name,),
        )
