"""Evaluate's figures, worked out once for each state of a set; whether the reader may see them is asked every time."""

from __future__ import annotations

import streamlit as st

from core.evaluation import results, winning
from core.evaluation.results import GradeSheet, ScoreSheet
from core.evaluation.winning import WinSheet
from core.evaluation.words import StillRating
from pages.shared import session
from pages.shared.plain import label

WINS = "Win rates"  # a part of the results


def grades(set_name: str, reviewer: str) -> GradeSheet | None:
    """The sheet of grades; says why there is none yet."""
    now = results.version(session.database(), set_name, reviewer)
    if isinstance(now, StillRating):
        withheld(now)
        return None
    sheet = _graded_once(str(session.database().engine.url), set_name, reviewer, now)
    if isinstance(sheet, StillRating):  # a round was joined in another window between the two looks
        withheld(sheet)
        return None
    return sheet


@st.cache_data(max_entries=8, show_spinner="Working out the figures…")
def _graded_once(where: str, set_name: str, reviewer: str, version: tuple[int, ...]) -> GradeSheet | StillRating:
    return results.grades(session.database(), set_name, reviewer)


@st.cache_data(max_entries=8, show_spinner="Working out the figures…")
def _won_once(
    where: str, set_name: str, reviewer: str, version: tuple[int, ...], by: str, baseline: str
) -> WinSheet | StillRating:
    return winning.win_rates(session.database(), set_name, reviewer, by=by, baseline=baseline)


def won(set_name: str, reviewer: str, by: str, baseline: str) -> WinSheet | StillRating:
    """Win rates by one source against a baseline, "" for whichever is usual. Raises Refused for what is not there."""
    now = results.version(session.database(), set_name, reviewer)
    if isinstance(now, StillRating):
        return now
    return _won_once(str(session.database().engine.url), set_name, reviewer, now, by, baseline)


def withheld(why: StillRating) -> None:
    """Say what the reader owes before they see anything."""
    st.info(label(str(why)))
    st.button("Go on rating", type="primary", shortcut="enter", on_click=go_rating)


def go_rating() -> None:
    st.session_state["evaluate-view"] = "Rate"


def go_to_wins(by: str = "") -> None:
    st.session_state["evaluate-view"], st.session_state["evaluate-part"] = "Results", WINS
    if by:
        st.session_state["evaluate-by"] = by


@st.cache_data(max_entries=8, show_spinner="Scoring…")
def _scored_once(where: str, set_name: str, reviewer: str, state: int) -> ScoreSheet | StillRating:
    return results.scores(session.database(), set_name, reviewer)


def scored(set_name: str, reviewer: str) -> ScoreSheet | StillRating:
    """Scores are worked out once for each state of the set; whether the reader may see them is asked every time."""
    state = results.state_for(session.database(), set_name, reviewer)
    if isinstance(state, StillRating):
        return state
    return _scored_once(str(session.database().engine.url), set_name, reviewer, state)
