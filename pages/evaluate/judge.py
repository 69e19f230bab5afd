"""The judge's own sheet below its win rates."""

from __future__ import annotations

import time

import streamlit as st

from core.evaluation.judge_sheet import judge_sheet
from core.evaluation.resampling import Interval
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
    since, until = (time.strftime("%d %b %Y", time.gmtime(at)) for at in (sheet.since, sheet.until))
    rows = [
        ("judgements", f"{sheet.judgements:,}, {sheet.unparsed:,} without a verdict"),
        ("alike in both orders", f"{_percent(sheet.consistent)} of {sheet.both_orders:,} pairs"),
        ("prefers what it reads first", _percent(sheet.prefers_first)),
        ("prefers the longer answer", _percent(sheet.prefers_longer)),
        ("agrees with people", f"{_percent(sheet.agrees)} of {sheet.shared:,} pairs that both judged"),
        ("people's win rate of all that it judged", sheet.estimate_because or _percent(sheet.estimate)),
        ("judged", since if since == until else f"{since} to {until}"),
        ("prompt", ", ".join(each[:12] for each in sheet.prompt_hashes) or "not known"),
    ]
    tables.show(
        cells({"of this judge": name, "is": value} for name, value in rows),
        key="evaluate-judge-sheet",
        column_config={"is": st.column_config.TextColumn(width="large")},
    )


def _percent(its: Interval) -> str:
    if its.value is None:
        return "not known"
    return f"{its.value:.0f}%" + (f" [{its.low:.0f}, {its.high:.0f}]" if its.low is not None else "")
