"""The charts as one page, and the numbers behind them as CSV that no spreadsheet runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.diversity.beside import names_beside
from core.diversity.job import ParserChoice
from core.diversity.numbers import behind_charts, rows_beside
from core.diversity.report import ReportSide, html_report
from core.diversity.theme import LIGHT
from core.diversity.verbnoun import VerbNoun
from core.diversity.view import DiversityFigures, judged_pairs
from pages.diversity.charts import Drawing
from pages.diversity.filters import Side
from pages.shared import downloads, session
from pages.shared.charts import as_csv


def menu(
    chosen: Sequence[Side], found: Sequence[DiversityFigures], choices: Sequence[ParserChoice], drawing: Drawing
) -> None:
    """A menu of files, of the first side and of the two beside each other; each is made when it is asked for."""
    look = found[0]
    with st.popover("Download", icon=":material/download:"):

        def page() -> bytes:
            sides = [
                ReportSide(
                    side.name,
                    f"{side.heading}, n = {its.tasks:,}",
                    its,
                    choice.parser.label if choice.parser else "",
                    choice.reason,
                    _judged(side, choice) if drawing.by_valid else None,
                )
                for side, its, choice in zip(chosen, found, choices, strict=True)
            ]
            made = html_report(sides, verbs=drawing.verbs, nouns=drawing.nouns, theme=LIGHT)
            return made.encode("utf-8", "replace")

        downloads.button("Charts as one HTML page", page, "diversity.html", "text/html", key="html")
        st.caption("Numbers as CSV")
        for name in ("verb-noun", "rouge-to-seed", "lengths", "coverage-over-time", "table-1"):
            downloads.button(name, _csv_of(look, drawing, name), f"{name}.csv", "text/csv", key=f"csv-{name}")
        if len(found) > 1:
            left, right = names_beside([one.name for one in chosen])
            st.caption("Both sides as CSV")
            downloads.button(
                "verb-noun-side-by-side",
                lambda: as_csv([{"left side": left, "right side": right, **row} for row in rows_beside(*found)]),
                "verb-noun-side-by-side.csv",
                "text/csv",
                key="csv-beside",
            )
        st.caption("Pictures: the camera at the upper right of each chart.")


def _judged(side: Side, choice: ParserChoice) -> Mapping[VerbNoun, tuple[int, int]]:
    return judged_pairs(session.database(), side.pool.id, side.wanted, choice.key, session.reviewer())


def _csv_of(look: DiversityFigures, drawing: Drawing, name: str) -> Callable[[], bytes]:
    return lambda: as_csv(behind_charts(look, drawing.verbs, drawing.nouns)[name])
