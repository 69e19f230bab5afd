"""The views of a page: one row of words above it, of which one is always chosen."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st


def chosen(views: Iterable[str], key: str, label: str = "View") -> str:
    """Draw the row and return what is chosen; the first where nothing is yet."""
    there = list(views)
    return st.segmented_control(label, there, key=key, required=True, label_visibility="collapsed") or there[0]
