"""Audit: a seeded random sample of the pool, judged by the paper's questions; what it found; a report to share."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core import pools
from core.audit import audit as audits
from pages.audit import compare as audit_compare
from pages.audit import files as audit_files
from pages.audit import items as audit_items
from pages.audit import judge as audit_judge
from pages.audit import new as audit_new
from pages.audit import result as audit_result
from pages.shared import links, session, views, whose

JUDGE, RESULT, ITEMS, COMPARE, FILES, NEW = "Judge", "Result", "Items", "Compare", "Files", "New audit"
VIEWS = (JUDGE, RESULT, ITEMS, COMPARE, FILES, NEW)

st.html(Path(__file__).with_name("audit.css"))
pool, database, reviewer = session.pool(), session.database(), session.reviewer()
there = {audit.id: audit for audit in audits.every(database, pool.id)}


def _choose() -> tuple[int, str]:
    """The audit and the view that the address or the widgets name; the newest audit where they name none."""
    asked = st.query_params.get("audit", "")
    links.say_absent("audit", asked, there)
    if "audit-view" not in st.session_state:
        view = st.query_params.get("view", "")
        st.session_state["audit-view"] = view if view in VIEWS else JUDGE
    if st.session_state.get("audit-chosen") not in there:
        st.session_state["audit-chosen"] = links.number(asked) if links.number(asked) in there else next(iter(there))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Audit", anchor=False, width="content")
        chosen = st.selectbox(
            "Audit",
            list(there),
            format_func=lambda number: f"{number}  {there[number].name}",
            key="audit-chosen",
            label_visibility="collapsed",
            width=300,
        )
        view = views.chosen(VIEWS, "audit-view")
    st.query_params["audit"], st.query_params["view"] = str(chosen), view
    return chosen, view


if not there:
    st.title("Audit", anchor=False)
    st.text(
        "An audit is a random sample of this pool that people judge by the questions of Self-Instruct, Table 2. "
        "It tells how much of the whole pool is valid, and how sure that is."
    )
    if not pools.funnel(database, pool.id).instances:
        st.info(
            "This pool has no accepted instance yet, so there is nothing to draw from. Grow the pool, or import a file."
        )
        links.grow_or_import()
        st.stop()
    audit_new.draw(pool, reviewer)
    st.stop()

number, view = _choose()
audit = there[number]
if view == NEW:
    audit_new.draw(pool, reviewer)
elif view == JUDGE:
    whose.must_be_known()
    audit_judge.draw(audit, reviewer)
elif view == RESULT:
    audit_result.draw(audit, reviewer)
elif view == ITEMS:
    audit_items.draw(audit, reviewer)
elif view == FILES:
    audit_files.draw(audit)
else:
    audit_compare.draw(pool, reviewer)
