"""Our own scripts in the browser: the one place that sends JavaScript, and the one that hands it values."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st


def load(file: Path) -> None:
    """Have the browser run one of our own files, once a page."""
    _run(file.read_text(encoding="utf-8"))


def tell(name: str, value: object) -> None:
    """Give the browser's half a value of ours as `window.NAME`; no text in it can end the script."""
    _run(f"window.{name} = {json.dumps(value).replace('<', chr(92) + 'u003c')}")


def _run(script: str) -> None:
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
