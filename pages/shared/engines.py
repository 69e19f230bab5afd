"""Who does the work that takes long: this machine, or a Ray cluster where Ray is installed."""

from __future__ import annotations

import os

import streamlit as st

from core.crews import ENGINES, LOCAL, RAY, has_ray

IN_WORDS = {LOCAL: "this machine (local)", RAY: "a Ray cluster (ray)"}


def engine(key: str) -> str:
    """A field for the engine."""
    there = ENGINES if has_ray() else [LOCAL]
    return str(st.selectbox("Worked out by", there, format_func=IN_WORDS.__getitem__, key=key))


def workers(key: str) -> int:
    """A field for how many processes, by default all cores but one."""
    return int(st.number_input("Worker processes", 1, 512, max(1, (os.cpu_count() or 1) - 1), key=key))
