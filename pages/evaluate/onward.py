"""From a result onward: the report to share, and the queue of what to fix next."""

from __future__ import annotations

import streamlit as st

from core.evaluation import models, pairs, report, report_forms
from core.evaluation.fixing import queue_like_failures
from core.evaluation.results import GradeSheet
from core.evaluation.words import StillRating
from core.records import WinnowError
from core.words import number_of
from pages.shared import downloads, session
from pages.shared.plain import label


def draw(set_name: str, reviewer: str, sheet: GradeSheet) -> None:
    """The report's downloads, and a queue over the training tasks most like what a model failed."""
    st.subheader("Onward", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [each.model for each in sheet.models if each.n > each.valid.yes]
        if names:
            model = st.selectbox("What failed with", names, key="evaluate-fix-model", width=240)
            st.button("Queue what is most like it in this pool", on_click=_queue, args=(set_name, model, reviewer))
        downloads.button("Report, HTML", lambda: _made(set_name, reviewer, "html"), "evaluation.html", "text/html")
        downloads.button("Markdown", lambda: _made(set_name, reviewer, "md"), "evaluation.md", "text/markdown")
    told = st.session_state.pop("evaluate-fixed", "")
    if told:
        st.text(told)
        st.page_link("pages/review/review.py", label="Open the desk", icon=":material/arrow_forward:")


def paired(set_name: str, reviewer: str) -> None:
    """What raters preferred, as a file to learn from where the set was opened; else how to open it."""
    opened = next((view.opened_in for view in models.every_set(session.database()) if view.set.name == set_name), ())
    with st.container(horizontal=True, vertical_alignment="center"):
        downloads.button(
            "Preference pairs, trl-dpo",
            lambda: _pairs(set_name, reviewer),
            "trl-dpo.jsonl",
            "application/jsonl",
            key="evaluate-pairs",
            disabled=not opened,
        )
        if opened:
            st.caption(f"Open for {label(', '.join(opened))}: no model can be judged by this set any more.")
        else:
            st.caption("The set is sealed, and its texts stay out of training data; under Sets it can be opened.")


def _pairs(set_name: str, reviewer: str) -> str:
    try:
        found = pairs.preference_pairs(session.database(), set_name, reviewer)
    except WinnowError as error:  # it was sealed in another window since
        return str(error)
    return str(found) if isinstance(found, StillRating) else found.as_lines()


def _queue(set_name: str, model: str, reviewer: str) -> None:
    try:
        found = queue_like_failures(session.database(), session.pool().id, set_name, model, reviewer)
    except WinnowError as error:
        st.session_state["evaluate-fixed"] = str(error)
        return
    st.session_state["evaluate-fixed"] = (
        str(found)
        if isinstance(found, StillRating)
        else (
            f"{found.failed} failures led to {number_of(found.tasks, 'task')} of this pool; they are a queue at "
            f"the desk now."
        )
    )


def _made(set_name: str, reviewer: str, form: str) -> str:
    found = report.report(session.database(), set_name, reviewer)
    if isinstance(found, StillRating):
        return str(found)
    return report_forms.html(found) if form == "html" else report_forms.markdown(found)
