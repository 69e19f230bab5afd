"""A paper's appendix from the chosen pool or one of its releases, written on demand and handed over as one archive."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from core.appendix import appendix
from core.records import Pool, WinnowError
from core.release import past
from core.words import brief, number_of
from pages.shared import downloads, session


def draw(pool: Pool) -> None:
    """Draw the button, what could not be shown and why, and the archive."""
    database = session.database()
    with st.expander("A paper's appendix"):
        st.caption(
            "Tables 1 and 2, agreement, the way from candidates, the sunburst, ROUGE-L, lengths and grades as LaTeX, "
            "SVG, PDF and CSV beside the papers' numbers, with a methods paragraph and how to cite."
        )
        names = ["", *(one.name for one in past.every(database, pool.id))]
        of = st.selectbox(
            "Of", names, format_func=lambda name: name or "all accepted tasks of the pool", key="appendix-of"
        )
        if not st.button("Write the appendix", key="appendix-write"):
            return
        with TemporaryDirectory(prefix="winnow-") as place:
            try:
                made = appendix.write(database, pool, Path(place) / "appendix", session.reviewer(), of)
            except WinnowError as error:
                st.error("Not written.")
                st.text(brief(str(error)))
                return
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for name in made.files:
                    archive.write(made.folder / name, f"appendix/{name}")
        st.text(f"{number_of(len(made.files), 'file')}.")
        for sentence in made.missing:
            st.text(f"Not shown: {sentence}")
        downloads.button("Download it", packed.getvalue, "appendix.zip", "application/zip", key="appendix-file")
