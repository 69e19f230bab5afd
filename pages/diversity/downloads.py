"""The charts as one page, and the numbers behind them as CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.diversity.job import ParserChoice
from core.diversity.numbers import rows
from core.diversity.report import html_report
from core.diversity.view import DiversityFigures
from core.diversity.words import in_words
from core.release.spreadsheet import guarded
from pages.diversity.charts import Drawing
from pages.diversity.filters import Side


def downloads(side: Side, look: DiversityFigures, choice: ParserChoice, drawing: Drawing) -> None:
    """A menu of files; each is made when it is asked for."""
    with st.popover("Download", icon=":material/download:"):
        parser = choice.parser.label if choice.parser else ""

        def page() -> bytes:
            words = f"{in_words(side.wanted)}, n = {look.tasks:,}"
            made = html_report(
                side.pool.name,
                words,
                look,
                parser,
                choice.reason,
                verbs=drawing.verbs,
                nouns=drawing.nouns,
                theme=drawing.theme,
            )
            return made.encode("utf-8", "replace")

        st.download_button(
            "Charts as one HTML page", page, "diversity.html", "text/html", key="html", on_click="ignore"
        )
        st.caption("Numbers as CSV")
        for name in ("verb-noun", "rouge-to-seed", "lengths", "coverage-over-time", "table-1"):
            st.download_button(
                name, _csv_of(look, drawing, name), f"{name}.csv", "text/csv", key=f"csv-{name}", on_click="ignore"
            )
        st.caption("Pictures: the camera at the upper right of each chart.")


def as_csv(table: Sequence[dict[str, Any]]) -> bytes:
    """Rows as CSV; a text that begins like a formula gets an apostrophe."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    if table:
        writer.writerow(table[0])
        for row in table:
            writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row.values()])
    return written.getvalue().encode("utf-8", "replace")


def _csv_of(look: DiversityFigures, drawing: Drawing, name: str) -> Callable[[], bytes]:
    return lambda: as_csv(rows(look, drawing.verbs, drawing.nouns)[name])
