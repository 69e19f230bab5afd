"""Bringing in ratings that were made elsewhere: a file chosen, read, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.records import WinnowError
from core.review.rating_file import RatingImport
from core.words import brief, number_of
from pages.shared import tables
from pages.shared.uploading import sent


def draw(key: str, read: Callable[[Path], RatingImport]) -> None:
    """A place for a file and the button that reads it; below, what was new and which lines were left out."""
    upload = sent(st.file_uploader("A file of ratings", key=f"{key}-file", label_visibility="collapsed"))
    if st.button("Bring them in", type="primary", key=f"{key}-read", disabled=upload is None) and upload:
        with upload.on_disk() as path, st.spinner("Reading…"):
            try:
                st.session_state[f"{key}-done"] = read(path)
            except WinnowError as error:
                st.session_state.pop(f"{key}-done", None)
                st.error("Nothing was brought in.")
                st.text(brief(str(error)))
    done: RatingImport | None = st.session_state.get(f"{key}-done")
    if done is None:
        return
    st.success(
        f"{number_of(done.added, 'rating')} added, {done.known:,} were there already, "
        f"{number_of(len(done.faults), 'line')} left out."
    )
    if done.faults:
        tables.show([{"line": f.line, "reason": f.reason} for f in done.faults], at_most=220)
