"""What if: the pool at another novelty threshold, from stored pairs and without one model call."""

from __future__ import annotations

import streamlit as st

from core import pools
from core.diversity.theme import theme_named
from core.gate import whatif
from core.gate.rules import SIMILAR_FLOOR, THRESHOLD
from core.gate.whatif import Candidates, Change
from core.records import WinnowError
from pages.shared import session
from pages.shared.plain import cells
from pages.shared.running import told_by
from pages.whatif.chart import threshold_line

pool, database = session.pool(), session.database()
st.title("What if", anchor=False)


@st.cache_resource(show_spinner=False, max_entries=4)
def _candidates(pool_id: int, state: tuple[int, int, int, str]) -> Candidates:
    """The candidates and pairs of a pool in this state; found once, instant afterwards."""
    return whatif.load(database, pools.with_id(database, pool_id))


with st.spinner("Comparing the candidates once; afterwards every threshold is instant…", show_time=True):
    found = _candidates(pool.id, whatif.state_of(database, pool))
if not len(found):
    st.info("No candidate has reached the novelty gate yet.")
    st.page_link("pages/generate/generate.py", label="Generate")
    st.stop()
points = found.curve()
total = len(found)

left, right = st.columns([3, 2], gap="large")
with right:
    used = st.slider(
        "Compare with the pool at",
        SIMILAR_FLOOR,
        0.95,
        THRESHOLD,
        0.01,
        key="whatif-used",
        help=f"{THRESHOLD} is the papers'.",
    )
    threshold = st.slider("The pool at", SIMILAR_FLOOR, 0.95, 0.6, 0.01, key="whatif-threshold", bind="query-params")
    here, there = found.point(threshold), found.point(used)
    with st.container(horizontal=True):
        st.metric(
            f"tasks at {threshold:.2f}",
            f"{here.kept:,}",
            f"{here.kept - there.kept:+,} against {used:.2f}",
            delta_color="off",
        )
        st.metric("dropped as too close", f"{here.dropped:,}")
        st.metric("candidates", f"{total:,}")
    st.caption(
        "Exactly what the gate would have done with the same candidates in the same order. Another threshold would "
        "also have shown the model other examples; that part nobody can replay."
    )
    name = st.text_input(
        "Name of the new pool", f"{pool.name} at {threshold:.2f}", key=f"apply-name-{pool.id}-{threshold}"
    )
    if st.button("Make this a new pool", type="primary", key="apply"):
        try:
            bar = st.progress(0.0, "Copying")
            made = whatif.apply(database, pool, threshold, name, told_by(bar, "Copying"))
            st.success("Made. This pool is as it was; choose the new one in the side bar.")
            st.text(made.name)
        except WinnowError as error:
            st.error("Not made.")
            st.text(str(error))
with left:
    st.plotly_chart(
        threshold_line(points, here, there, theme_named(st.context.theme.type), 430),
        key="curve",
        theme=None,
        config={"displaylogo": False, "modeBarButtonsToRemove": ["zoom2d", "pan2d", "select2d", "lasso2d"]},
        alt="How many tasks the novelty gate keeps at each threshold.",
    )
    st.caption(f"{found.seeds} seeds are fixed; {len(found.pairs):,} similar pairs are stored.")


def _table(changes: list[Change], empty: str) -> None:
    if not changes:
        st.caption(empty)
        return
    st.dataframe(
        cells(
            {"instruction": one.instruction, "ROUGE-L": one.score, "too close to": one.nearest}
            for one in changes[:1000]
        ),
        hide_index=True,
        height=260,
        column_config={
            "instruction": st.column_config.TextColumn(width="medium"),
            "too close to": st.column_config.TextColumn(width="medium"),
            "ROUGE-L": st.column_config.NumberColumn(format="%.3f", width=80),
        },
    )


goes, comes = whatif.differences(found, used, threshold)
first, second = st.columns(2, gap="large")
with first:
    st.subheader(f"{len(goes):,} would go", anchor=False)
    _table(goes, "None.")
with second:
    st.subheader(f"{len(comes):,} would come", anchor=False)
    _table(comes, "None.")
