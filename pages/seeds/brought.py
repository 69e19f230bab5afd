"""What seeds bring, on screen: a bar a seed, and the accepted tasks of the prompts that showed it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.database import Database
from core.diversity import view
from core.records import Pool
from core.selfinstruct import descendants
from core.selfinstruct.descendants import SeedYield
from core.words import number_of
from pages.seeds.brought_chart import seed_bars
from pages.shared import behind, charts, clicked, downloads
from pages.shared.charts import theme_here

SHOWN = 25
ORDERS: Mapping[str, Callable[[SeedYield], float]] = {
    "most accepted": lambda one: -len(one.accepted),
    "fewest accepted": lambda one: len(one.accepted),
    "highest share accepted": lambda one: -(one.acceptance or 0),
    "lowest share accepted": lambda one: one.acceptance or 0,
    "most approved": lambda one: -one.approved,
}
_TURN = "seeds-bring-turn"  # goes up when a list is closed, so that no bar stays marked


def draw(database: Database, pool: Pool) -> None:
    """The chart, its numbers, and the tasks behind a bar; or why there is nothing to draw."""
    every = descendants.of_seeds(database, pool.id)
    found = [one for one in every if one.prompts]
    if not found:
        st.caption("No prompt has shown a seed of this pool yet; a run of Self-Instruct draws seeds into its prompts.")
        st.page_link("pages/generate/generate.py", label="Generate")
        return
    order = st.selectbox("Order", list(ORDERS), key="seeds-bring-order", width=240)
    shown = sorted(found, key=ORDERS[order])[:SHOWN]
    seen = st.plotly_chart(
        seed_bars(shown, len(found), order, theme_here()),
        key=f"seeds-bring-{pool.id}-{order}-{st.session_state.get(_TURN, 0)}",
        on_select="rerun",
        selection_mode="points",
        theme=None,
        config=charts.config("what-seeds-bring"),
        alt="; ".join(f"seed {one.seed_id}: {len(one.accepted)} accepted, {one.approved} approved" for one in shown),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_told(every, found))
        downloads.button(
            "Its numbers as CSV",
            lambda: charts.as_csv(descendants.as_rows(every)),
            f"{pool.name}-seeds-bring.csv",
            "text/csv",
            key="seeds-bring-csv",
        )
    behind.refusal()
    if (place := clicked.place(seen, len(shown))) is not None:
        one = shown[place]
        tasks = view.with_ids(database, pool.id, "", one.accepted)
        behind.panel(pool, f"from seed {one.seed_id}", tasks, f"seed-{one.seed_id}", _close)


def _told(every: Sequence[SeedYield], found: Sequence[SeedYield]) -> str:
    said = [
        "A click on a bar lists its accepted tasks. A prompt shows several seeds, and a task counts for each of them."
    ]
    if len(every) > len(found):
        said.append(f"{number_of(len(every) - len(found), 'seed', 'have')} not been shown in a prompt.")
    if not any(one.rated for one in found):
        said.append("No task from a prompt with seeds has been rated.")
    return " ".join(said)


def _close() -> None:
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
