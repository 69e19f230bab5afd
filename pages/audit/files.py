"""An audit by file: its items to judge elsewhere, and the ratings that come back."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from core.audit import audit_import
from core.audit.frozen import Audit
from core.importing.files import rows_of_file
from core.review.rating_file import RatingImport
from pages.shared import downloads, ratings_file, session


def draw(audit: Audit) -> None:
    """The items to take away on the left, ratings to bring in on the right."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("The items, to judge elsewhere", anchor=False)
        st.caption(
            "JSON Lines in the order of the draw, with nobody's answers. Fill in reviewer, grade (A to D) and the "
            "three questions (true or false), and bring the file back on the right."
        )
        name = f"audit-{audit.id}-items.jsonl"
        lines = partial(audit_import.items_to_judge, session.database(), audit)
        downloads.button("Download", lines, name, "application/jsonl")
    with right:
        st.subheader("Ratings made elsewhere", anchor=False)
        st.caption(
            "JSON Lines, JSON, CSV or Parquet: an instance, or its exact text, with reviewer, grade, valid, the three "
            "questions, flags, note and at. The same file again adds nothing; a rating of another text is left out."
        )
        ratings_file.draw(f"audit-ratings-{audit.id}", lambda path: _read(audit, path))


def _read(audit: Audit, path: Path) -> RatingImport:
    return audit_import.import_ratings(session.database(), audit.id, rows_of_file(path))
