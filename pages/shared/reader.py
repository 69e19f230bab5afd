"""Somebody's texts to be read and judged: each as high as it needs, code as code, and no cut without a cue.

What lies below the edge is said by the browser's half (`reader.js`): a fade and how many lines follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.review.choices import Choices
from pages.shared import reading, rendered, scripts
from pages.shared.kinds import is_markdown, parts_of
from pages.shared.plain import sendable

LINE = 24  # pixels of a line of prose
_EDGE = 46  # of a panel's label and border
_CODE = 18  # of a block of code, beside its lines
_EMPTY = 34  # of a text that is not there
_FEWEST = 76
_ACROSS = 96  # letters in a line at 1280 pixels; an estimate, and the browser says what is left
_NARROW = 54  # at 820 pixels


def style() -> None:
    """Load what the browser needs; app.py does, for every page."""
    here = Path(__file__).parent
    st.html(here / "reader.css")
    scripts.load(here / "reader.js")


def draw(texts: Sequence[tuple[str, str]], height: int, key: str) -> None:
    """Labelled texts below each other, together `height` pixels high, as the reviewer likes to read."""
    likes = reading.likes()
    for (label, text), high in zip(texts, heights([text for _, text in texts], height), strict=True):
        name = f"read-{label.split()[0].lower()}-{key}"
        if not text:
            with st.container(height=high, border=False, gap=None, key=name):
                st.caption(f"{label}: none")
            continue
        with st.container(border=True, height=high, gap=None, key=name):
            st.caption(label)
            whole(text, likes)


def in_place(texts: Sequence[tuple[str, str]], key: str, *, highest: int = 420) -> None:
    """Labelled texts below each other, each as high as it needs, and beyond `highest` pixels scrolled."""
    likes = reading.likes()
    for number, (label, text) in enumerate(texts):
        high = _need(text)
        name = f"read-{number}-{key}"
        with st.container(border=bool(text), height=highest if high > highest else "content", gap=None, key=name):
            st.caption(label if text else f"{label}: none")
            if text:
                whole(text, likes)


def whole(text: str, likes: Choices) -> None:
    """One text, its code monospaced and highlighted; its Markdown rendered only where that was asked for."""
    for part in parts_of(text):
        if likes.rendered and is_markdown(part) and len(part.text) <= rendered.LONGEST:
            rendered.draw(part.text)
        elif part.language is not None or likes.monospace:
            st.code(sendable(part.text), language=part.language or None, wrap_lines=likes.wrap)
        else:
            st.text(sendable(part.text), width="stretch")


def heights(texts: Sequence[str], height: int) -> list[int]:
    """How high each text's panel is, together `height`: what it needs where there is room for all, else by need.

    How wide a window is the server cannot know: what a narrow one needs is given where there is room for it.
    """
    needs = [_need(text, _NARROW) for text in texts]
    if sum(needs) > height:
        needs = [_need(text) for text in texts]
    spare = height - sum(needs)
    if spare >= 0:
        return [*needs[:-1], needs[-1] + spare]
    floors = [min(need, _FEWEST if text else _EMPTY) for need, text in zip(needs, texts, strict=True)]
    over = [need - floor for need, floor in zip(needs, floors, strict=True)]
    # By the root of the need: a long output gets more than a short input, and does not starve it.
    weights = [part**0.5 for part in over]
    room = max(0, height - sum(floors))
    given = [min(part, room * weight / sum(weights)) for part, weight in zip(over, weights, strict=True)]
    found = [floor + int(part) for floor, part in zip(floors, given, strict=True)]
    longest = max(range(len(found)), key=lambda place: needs[place] - found[place])
    found[longest] += height - sum(found)
    return found


def wanted(texts: Sequence[str], across: int = _NARROW) -> int:
    """How high the panels of these texts would be with nothing cut, by letters in a line (a narrow window's)."""
    return sum(_need(text, across) for text in texts)


def _need(text: str, across: int = _ACROSS) -> int:
    if not text:
        return _EMPTY
    lines = sum(1 + len(line) // across for line in text[:20_000].splitlines() or [""])
    return _EDGE + LINE * lines + _CODE * sum(part.language is not None for part in parts_of(text))
