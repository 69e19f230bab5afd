"""Two texts compared in place: what changed from one to the other, or which words both have. Every sign is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from core.reinstruct.supporting import Supported, supporting
from core.review.editing import Piece, word_diff
from pages.shared.kinds import parts_of
from pages.shared.plain import sendable

LONGEST = 20_000  # characters; comparing longer texts word by word would take seconds
LITTLE = 0.2  # of a sentence's words; a free paraphrase seldom has so little, a place to look all the same
_STAYED, _AROUND = 900, 240  # characters in a row that stayed, from which on they are cut; of them, beside a change
_TAGS = {"same": ("", ""), "gone": ("<del>", "</del>"), "new": ("<ins>", "</ins>")}


@dataclass(frozen=True, slots=True)
class PairRow:
    """A text beside the one it is near to: a sign before it, what is said between them, e.g. "0.83 > 0.70"."""

    text: str
    other: str
    sign: str = ""
    told: str = ""


def change(before: str, after: str, *, monospace: bool = False) -> None:
    """What became of a text, in one flow: struck out and red what is gone, underlined and green what is new.

    Code is monospaced, and what stayed for long is told in one line. A line's end that came or went shows its sign.
    """
    if before == after:
        st.caption("No change.")
        return
    if max(len(before), len(after)) > LONGEST:
        st.caption(f"Longer than {LONGEST:,} characters: shown as it is now, without its changes.")
        st.text(sendable(after), width="stretch")
        return
    monospace = monospace or any(part.language is not None for text in (before, after) for part in parts_of(text))
    shown = "".join(_piece(piece) for piece in word_diff(before, after))
    st.html(f'<div class="winnow-change{" mono" if monospace else ""}" dir="auto">{shown}</div>')


def _piece(piece: Piece) -> str:
    text = sendable(piece.text)
    if piece.kind == "same" and len(text) > _STAYED:
        begins = (text[:_AROUND].rsplit(maxsplit=1) or [""])[0]
        ends = (text[-_AROUND:].split(maxsplit=1) or [""])[-1]
        between = len(text) - len(begins) - len(ends)
        return f'{escape(begins)} <span class="stayed">⋯ {between:,} characters as they were ⋯</span> {escape(ends)}'
    if piece.kind != "same" and text.isspace():
        text = text.replace("\n", "↵\n")
    return f"{_TAGS[piece.kind][0]}{escape(text)}{_TAGS[piece.kind][1]}"


def pairs(rows: Sequence[PairRow]) -> None:
    """Pairs below each other, each text whole, the words that both have marked."""
    body = "".join(_row(row) for row in rows)
    st.html(f'<div class="winnow-pairs">{body}</div>')


def grounded(source: str, answer: str, height: int) -> None:
    """A source beside its answer; the pointer or the keyboard on a sentence of the answer marks what supports it.

    The mark is the stronger the more of the sentence stands there; a sentence of which little does is dotted below.
    """
    if len(source) + len(answer) > LONGEST:
        st.caption(f"Longer than {LONGEST:,} characters: shown without marks.")
        found = []
    else:
        found = supporting(answer, source)
    places = [one.source for one in found]
    left = _spanned(source, [(place, f'class="s{n}"') for n, place in enumerate(places) if place])
    right = _spanned(answer, [(one.answer, _pointed(n, one)) for n, one in enumerate(found)])
    rules = "".join(
        f".winnow-grounded:has(.a{n}:is(:hover,:focus)) .s{n}{{background:rgb(216 170 40/{strength:.2f})}}"
        for n, strength in enumerate(0.14 + 0.34 * one.share for one in found)
    )
    st.html(
        f'<div class="winnow-grounded" style="max-height:{height}px">'
        f'<div tabindex="0" dir="auto">{left}</div><div tabindex="0" dir="auto">{right}</div>'
        f"<style>{rules}</style></div>"
    )


def _pointed(n: int, one: Supported) -> str:
    if one.source is None:
        return f'tabindex="0" class="a{n} none" title="no word of it stands in the source"'
    kind = " little" if one.share < LITTLE else ""
    return f'tabindex="0" class="a{n}{kind}" title="{one.share:.0%} of its words stand in the marked sentence"'


def _spanned(text: str, places: Sequence[tuple[tuple[int, int], str]]) -> str:
    """A text escaped, with spans around places; places that are the same lie within each other."""
    opened: dict[int, list[str]] = {}
    closed: dict[int, int] = {}
    for (start, end), attributes in places:
        opened.setdefault(start, []).append(attributes)
        closed[end] = closed.get(end, 0) + 1
    shown, at = "", 0
    for place in sorted({*opened, *closed}):
        shown += escape(sendable(text[at:place])) + "</span>" * closed.get(place, 0)
        shown += "".join(f"<span {attributes}>" for attributes in opened.get(place, ()))
        at = place
    return shown + escape(sendable(text[at:]))


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
            mark = _marked(shown) if any(sign.isalnum() for sign in piece.text) else shown
            left, right = left + mark, right + mark
        elif piece.kind == "gone":
            left += shown
        else:
            right += shown
    return left, right


def _marked(words: str) -> str:
    """Marked without the space around it: at a line's end that would be a stroke of colour and nothing else."""
    bare = words.strip()
    before, after = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return f"{before}<mark>{bare}</mark>{after}"
