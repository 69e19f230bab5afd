"""Audits over time: the share of valid items from one to the next, and what changed between two of them."""

from __future__ import annotations

import time

import streamlit as st

from core.audit import results
from core.audit.comparison import changes
from core.records import Pool
from core.statistics.estimates import Proportion, ShareEstimate
from core.words import number_of
from pages.audit import charts as audit_charts
from pages.shared import charts, session, tables
from pages.shared.charts import theme_here


def draw(pool: Pool, reviewer: str) -> None:
    """The pool's audits beside each other, those left out whose result the reviewer has not opened or judged whole."""
    database = session.database()
    opened = results.opened(database, pool.id, reviewer)
    if opened.closed:
        st.caption("Audits whose result you have not opened, or that you are in the middle of judging, are left out.")
    oldest_first = opened.results[::-1]
    found = {one.audit.id: one.found for one in oldest_first}
    by_id = {one.audit.id: one.audit for one in oldest_first}
    with_ratings = [number for number, its in found.items() if its.judged]
    if len(with_ratings) < 2:
        st.text("Two audits with ratings are needed to compare; draw another one after the pool has changed.")
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        names = [f"audit {number}" for number in with_ratings]
        shares = [found[number].pool for number in with_ratings]
        st.plotly_chart(
            audit_charts.over_time(names, shares, theme_here()),
            theme=None,
            config=charts.config("audits-over-time"),
            key="audit-over-time",
        )
    with right, st.container(horizontal=True):
        named = {number: f"{number}  {by_id[number].name}" for number in with_ratings}
        earlier = st.selectbox("Earlier", with_ratings, len(with_ratings) - 2, named.__getitem__, key="compare-earlier")
        later = st.selectbox("Later", with_ratings, len(with_ratings) - 1, named.__getitem__, key="compare-later")
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
    both = results.shared_items(database, by_id[earlier], by_id[later]) if earlier != later else 0
    if both:
        st.caption(
            f"{number_of(both, 'item', 'are')} in both samples, so that less of a change is chance than the "
            f"intervals allow for."
        )
    tables.show(
        [
            {
                "audit": audit.id,
                "name": audit.name,
                "drawn": time.strftime("%Y-%m-%d", time.gmtime(audit.created_at)),
                "items": found[audit.id].size,
                "judged": found[audit.id].judged,
                "valid in the pool %": found[audit.id].pool.percent,
                "population": sum(audit.tasks.values()),
                "seed": audit.seed,
            }
            for audit in by_id.values()
        ],
        key="audit-list",
        column_config={"valid in the pool %": st.column_config.NumberColumn(format="%.1f")},
    )


def _share(share: Proportion | ShareEstimate) -> str:
    return "not judged" if share.percent is None else f"{share.percent:.1f}% of {share.n}"
