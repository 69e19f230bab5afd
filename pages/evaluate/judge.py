"""The judge's own sheet below its win rates."""

from __future__ import annotations

import streamlit as st

from core.evaluation.judge_sheet import judge_sheet
from core.evaluation.judge_words import rows_of_sheet
from core.evaluation.words import StillRating
from pages.shared import session, tables
from pages.shared.plain import cells


def draw(set_name: str, annotator: str, reviewer: str) -> None:
    """Habits of the judge, its agreement with people, and what people would say of everything it judged."""
    sheet = judge_sheet(session.database(), set_name, annotator, reviewer)
    if isinstance(sheet, StillRating):
        return
    st.subheader("This judge", anchor=False)
    if sheet.warning:
        st.text(sheet.warning)
    tables.show(
        cells({"of this judge": name, "is": value} for name, value in rows_of_sheet(sheet)),
        key="evaluate-judge-sheet",
        column_config={"is": st.column_config.TextColumn(width="large")},
    )
