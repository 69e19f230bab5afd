"""Evaluate: does a model trained on this data do better? Sealed sets, responses, blind rating, results."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.evaluation import demo, models
from pages.evaluate import rate, responses, results, sets
from pages.shared import links, session, views, whose

RATE, RESULTS, RESPONSES, SETS = "Rate", "Results", "Responses", "Sets"
VIEWS = (RATE, RESULTS, RESPONSES, SETS)

st.html(Path(__file__).with_name("evaluate.css"))
pool, database, reviewer = session.pool(), session.database(), session.reviewer()
there = {view.set.name: view for view in models.every_set(database)}


def _choose() -> tuple[str, str]:
    """The set and the view that the address or the widgets name; the newest set where they name none."""
    if "evaluate-view" not in st.session_state:
        view = st.query_params.get("view", "")
        st.session_state["evaluate-view"] = view if view in VIEWS else RESULTS
    asked = st.query_params.get("set", "")
    links.say_absent("set", asked, there)
    if st.session_state.get("evaluate-set") not in there:
        st.session_state["evaluate-set"] = asked if asked in there else list(there)[-1]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Evaluate", anchor=False, width="content")
        chosen = st.selectbox("Set", list(there), key="evaluate-set", label_visibility="collapsed", width=240)
        view = views.chosen(VIEWS, "evaluate-view")
    st.query_params["set"], st.query_params["view"] = chosen, view
    return chosen, view


if not there:
    st.title("Evaluate", anchor=False)
    st.text(
        "The papers judge data by the models that it makes. Bring in an evaluation set and what models answered; "
        "people grade the answers blind, and the page says which model does better, and how sure that is."
    )
    if st.button("Bring in the 100 tasks and the demo models that ship with Winnow", type="primary"):
        demo.load(database)
        st.rerun()
    sets.bring_in(database)
    st.stop()

name, view = _choose()
if view == RATE:
    whose.must_be_known()
    rate.draw(name, reviewer)
elif view == RESULTS:
    results.draw(name, reviewer)
elif view == RESPONSES:
    responses.draw(name, reviewer)
else:
    sets.draw(there, name, pool)
