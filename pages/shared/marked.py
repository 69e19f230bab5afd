"""Two texts compared in place: what changed from one to the other, or which words both have. Every sign is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from core.review.editing import word_diff
from pages.shared.plain import sendable

LONGEST = 20_000  # characters; comparing longer texts word by word would take seconds
_TAGS = {"same": ("", ""), "gone": ("<del>", "</del>"), "new": ("<ins>", "</ins>")}


@dataclass(frozen=True, slots=True)
class PairRow:
    """A text beside the one it is near to: a sign before it, what is said between them, e.g. "0.83 > 0.70"."""

    text: str
    other: str
    sign: str = ""
    told: str = ""


def change(before: str, after: str, *, monospace: bool = False) -> None:
    """What became of a text, in one flow: struck out and red what is gone, underlined and green what is new."""
    if before == after:
        st.caption("No change.")
        return
    if max(len(before), len(after)) > LONGEST:
        st.caption(f"Longer than {LONGEST:,} characters: shown as it is now, without its changes.")
        st.text(sendable(after), width="stretch")
        return
    shown = "".join(
        f"{_TAGS[piece.kind][0]}{escape(sendable(piece.text))}{_TAGS[piece.kind][1]}"
        for piece in word_diff(before, after)
    )
    st.html(f'<div class="winnow-change{" mono" if monospace else ""}" dir="auto">{shown}</div>')


def pairs(rows: Sequence[PairRow]) -> None:
    """Pairs below each other, each text whole, the words that both have marked."""
    body = "".join(_row(row) for row in rows)
    st.html(f'<div class="winnow-pairs">{body}</div>')


def _row(row: PairRow) -> str:
    left, right = _both(row.text, row.other)
    sign = f'<span class="sign">{escape(sendable(row.sign))}</span>' if row.sign else ""
    return (
        f'<div class="row"><div dir="auto">{sign}{left}</div>'
        f'<div class="told">{escape(sendable(row.told))}</div><div dir="auto">{right}</div></div>'
    )


def _both(text: str, other: str) -> tuple[str, str]:
    if not other or max(len(text), len(other)) > LONGEST:
        return escape(sendable(text)), escape(sendable(other))
    left = right = ""
    for piece in word_diff(text, other):
        shown = escape(sendable(piece.text))
        if piece.kind == "same":
            mark = f"<mark>{shown}</mark>" if any(sign.isalnum() for sign in piece.text) else shown
            left, right = left + mark, right + mark
        elif piece.kind == "gone":
            left += shown
        else:
            right += shown
    return left, right
