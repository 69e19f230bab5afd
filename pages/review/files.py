"""A pool's ratings as a file: all of them out, and in again, here or elsewhere."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.audit import ratings_file as every_rating
from core.importing.files import rows_of_file
from core.records import Pool
from core.review import ratings
from core.review.rating_file import RatingImport
from pages.shared import downloads, ratings_file, session

_COLUMNS = "instance, instruction, input, output, reviewer, grade, valid, the three questions, flags, note, at, round"


def draw(pool: Pool) -> None:
    """Download on the left, upload on the right."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Every rating as a file", anchor=False)
        st.caption(
            f"JSON Lines, one standing rating a line: {_COLUMNS}. It holds everybody's answers: those of the desk, "
            "hidden repeats, known answers, last words, and audits."
        )
        st.caption(
            "Taking it counts as having seen what others said in audits; of an audit that you are in the middle of "
            "judging it holds your own answers alone."
        )
        name, reviewer = f"{pool.name}-ratings.jsonl", session.reviewer()
        downloads.button(
            "Download", lambda: every_rating.lines(session.database(), pool.id, reviewer), name, "application/jsonl"
        )
    with right:
        st.subheader("Ratings made elsewhere", anchor=False)
        st.caption(
            "JSON Lines, JSON, CSV or Parquet with the same columns; an instance, or its exact instruction, input and "
            "output, says what was judged. Without a round it is a rating of the desk; one of an audit goes into that "
            "audit. The same file again adds nothing; a newer rating of a reviewer replaces their older one, and both "
            "stay on record."
        )
        ratings_file.draw(f"ratings-{pool.id}", lambda path: _read(pool, path))


def _read(pool: Pool, path: Path) -> RatingImport:
    return ratings.read(session.database(), pool.id, rows_of_file(path))
