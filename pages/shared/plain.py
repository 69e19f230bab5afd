"""Untrusted text on a page: always as text, never as markdown or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import streamlit as st

from core.release.spreadsheet import FORMULA


def sendable(text: str) -> str:
    """A text as a browser can get it: half a surrogate pair, as cut replies have, becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def label(text: str) -> str:
    """Somebody's text where markdown would be read (labels, messages): every sign that means something is itself.

    A word joiner, which nobody sees, stands where an address would become a link, or a beginning a list.
    """
    plain = re.sub(r"([\\`*_\[\]<>$:~|#!&])", r"\\\1", sendable(" ".join(text.split())))
    plain = re.sub(r"(?i)(https?(?=\\:)|www(?=\.))|(?=@)", "\\1\u2060", plain)
    return re.sub(r"^([-+=]|\d+(?=[.)]))", "\u2060\\1", plain)


def cells(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows for st.dataframe, every text in them sendable, and none a formula in the CSV that its toolbar writes."""
    return [{cell(key): cell(value) if isinstance(value, str) else value for key, value in row.items()} for row in rows]


def cell(text: str) -> str:
    """A text as a cell of a table. The browser writes the CSV and guards nothing: a word joiner, which nobody sees,
    stands before what a spreadsheet would run. Numbers with a sign stay as they are."""
    runs = FORMULA.match(text) and any(sign.isalpha() or sign in "(|!" for sign in text)
    return sendable(f"\u2060{text}" if runs else text)


def field(label: str, text: str, empty: str = "(none)") -> None:
    """A small heading of ours and below it somebody's text, as it is."""
    st.caption(label)
    if text:
        st.text(sendable(text), width="stretch")
    else:
        st.caption(empty)


def fields(rows: Iterable[tuple[str, str | None]]) -> None:
    """Several such headings as one element, which a browser draws at once; below each somebody's text, "" leaving its
    place empty and None taking no room. Each text has three lines, and a longer one scrolls in its place, by the
    keyboard too: what stands below never jumps.
    """
    shown = ""
    for name, text in rows:
        shown += f"<p>{escape(sendable(name))}</p>"
        if text is not None:
            scrolls = ' tabindex="0"' if len(text) > 100 else ""
            shown += f'<div dir="auto"{scrolls}>{escape(sendable(text))}</div>'
    st.html(f'<div class="winnow-fields">{shown}</div>')


def block(text: str, height: int | str = "content") -> None:
    """Somebody's text with its line breaks, monospaced and wrapped; as high as it needs, at most `height` pixels."""
    needed = 32 + 21 * sum(1 + len(line) // 80 for line in text[:20_000].splitlines() or [""])
    high = "content" if isinstance(height, int) and needed <= height else height
    st.code(sendable(text), language=None, wrap_lines=True, height=high)  # type: ignore[arg-type]
