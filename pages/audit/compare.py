"""Audits over time: the share of valid items from one to the next, and what changed between two of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from core.audit.comparison import changes
from core.audit.rows.audits import Audit
from pages.audit import charts as audit_charts
from pages.audit import figures as audit_figures


def draw(newest_first: Sequence[Audit], reviewer: str) -> None:
    """The pool's audits beside each other, those left out whose result the reviewer has not opened or judged whole."""
    audits = [audit for audit in newest_first[::-1] if audit_figures.may_see(audit, reviewer)]
    if len(audits) < len(newest_first):
        st.caption("Audits whose result you have not opened, or that you are in the middle of judging, are left out.")
    found = {audit.id: audit_figures.found(audit) for audit in audits}
    by_id = {audit.id: audit for audit in audits}
    with_ratings = [audit.id for audit in audits if found[audit.id].judged]
    if len(with_ratings) < 2:
        st.text("Two audits with ratings are needed to compare; draw another one after the pool has changed.")
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        names = [f"audit {number}" for number in with_ratings]
        shares = [found[number].pool for number in with_ratings]
        st.plotly_chart(
            audit_charts.over_time(names, shares), height=300, config={"displayModeBar": False}, key="audit-over-time"
        )
    with right, st.container(horizontal=True):
        named = {number: f"{number}  {by_id[number].name}" for number in with_ratings}
        earlier = st.selectbox("Earlier", with_ratings, len(with_ratings) - 2, named.get, key="compare-earlier")
        later = st.selectbox("Later", with_ratings, len(with_ratings) - 1, named.get, key="compare-later")
    with right:
        st.table(
            [
                {
                    "question": change.what,
                    f"audit {earlier}": _share(change.earlier),
                    # One audit beside itself would give two columns of one name.
                    f"audit {later}" if later != earlier else "the same": _share(change.later),
                    "change": change.difference.meaning,
                }
                for change in changes(found[earlier], found[later])
            ],
            border="horizontal",
        )
    both = audit_figures.shared(by_id[earlier], by_id[later]) if earlier != later else 0
    if both:
        st.caption(
            f"{both} items are in both samples, so that less of a change is chance than the intervals allow for."
        )
    st.dataframe(
        [
            {
                "audit": audit.id,
                "name": audit.name,
                "drawn": time.strftime("%Y-%m-%d", time.gmtime(audit.created_at)),
                "items": found[audit.id].size,
                "judged": found[audit.id].judged,
                "valid %": found[audit.id].pool.percent,
                "population": sum(audit.tasks.values()),
                "seed": audit.seed,
            }
            for audit in audits
        ],
        hide_index=True,
        key="audit-list",
        column_config={"valid %": st.column_config.NumberColumn(format="%.1f")},
    )


def _share(share: object) -> str:
    if share.percent is None:  # type: ignore[attr-defined]
        return "not judged"
    return f"{share.percent:.1f}% of {share.n}"  # type: ignore[attr-defined]
