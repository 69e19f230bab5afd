"""Untrusted text on a page: always as text, never as markdown or HTML."""

from __future__ import annotations

import streamlit as st


def field(label: str, text: str, empty: str = "(none)") -> None:
    """A small heading of ours and below it somebody's text, as it is."""
    st.caption(label)
    if text:
        st.text(text, width="stretch")
    else:
        st.caption(empty)


def block(text: str, height: int | str = "content") -> None:
    """Somebody's text with its line breaks, monospaced and wrapped."""
    st.code(text, language=None, wrap_lines=True, height=height)  # type: ignore[arg-type]
