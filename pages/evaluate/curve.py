"""The papers' last figure with one's own models in it: by size, or by quality, of what they learned from."""

from __future__ import annotations

import streamlit as st

from core.evaluation import curves
from core.evaluation.results import GradeSheet, ScoreSheet
from core.evaluation.words import StillRating
from pages.evaluate import charts, sheets
from pages.shared import session
from pages.shared.charts import config, theme_here


def draw(set_name: str, reviewer: str) -> None:
    """The choice of a figure, and its curve."""
    with st.container(horizontal=True, vertical_alignment="center"):
        measure = st.segmented_control(
            "Figure", curves.MEASURES, default=curves.GRADE_A, required=True, key="evaluate-measure",
            label_visibility="collapsed",
        )  # fmt: skip
        by = st.segmented_control(
            "By", ("size", "quality"), default="size", required=True, key="evaluate-curve-by",
            label_visibility="collapsed", format_func=lambda by: f"by {by}",
        )  # fmt: skip
    sheet: GradeSheet | ScoreSheet | StillRating | None
    sheet = sheets.scored(set_name, reviewer) if measure == curves.ROUGE_L else sheets.grades(set_name, reviewer)
    if isinstance(sheet, StillRating):
        sheets.withheld(sheet)
        return
    if sheet is None:
        return
    theme = theme_here()
    if by == "quality":
        points = curves.by_quality(session.database(), sheet, measure)
        if not points:
            st.text("No model has a line yet. Under Responses, say on which line of the curve a model belongs.")
        figure = charts.by_quality(points, measure, theme)
    else:
        lines = curves.by_size(session.database(), sheet, measure)
        if not lines:
            st.text(
                "No model with this figure has a size yet. Under Responses, say which release a model learned from, or "
                "how many instances of other data; the paper's points are here already."
            )
        figure = charts.by_size(lines, measure, theme)
    st.plotly_chart(figure, theme=None, config=config("by-data-size"), key="evaluate-curve")
