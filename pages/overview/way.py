"""The way on screen: the chart, where a click on a bar leads, and the same numbers as a table and a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.gate.rules import RULES
from core.pools import Funnel
from core.pools.way import WayKind, WayStep, way
from core.records import Pool
from pages.overview.way_chart import way_bars
from pages.shared import charts, clicked, contents, downloads, tables
from pages.shared.charts import theme_here
from pages.shared.links import go

KEY = "way-chart"
_TURN = "way-turn"  # goes up at a click: who comes back finds no bar marked, and the same bar can be clicked again


def draw(pool: Pool, funnel: Funnel) -> None:
    """The chart, or one sentence where nothing has come yet."""
    steps = way(funnel)
    if not steps:
        st.caption("Nothing has come yet: the way from candidates to the release is drawn with the first batch.")
        return
    key = f"{KEY}-{pool.id}-{st.session_state.get(_TURN, 0)}"
    seen = st.plotly_chart(
        way_bars(steps, theme_here()),
        key=key,
        on_select="rerun",
        selection_mode="points",
        theme=None,
        config=charts.config("the-way"),
        alt="; ".join(f"{step.name}: {step.n:,} {step.unit}" for step in steps),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("A click on a bar leads to what is behind it. The camera at the chart's corner saves it as SVG.")
        downloads.button(
            "Its numbers as CSV",
            lambda: charts.as_csv(rows(steps)),
            f"{pool.name}-way.csv",
            "text/csv",
            key="way-csv",
        )
    with st.expander("The same as a table"):
        tables.show(rows(steps), key="way-table")
    if (place := clicked.place(seen, len(steps))) is not None:
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
        follow(steps[place])


def rows(steps: Sequence[WayStep]) -> list[dict[str, Any]]:
    """The steps as rows of a table or a file; `left` is what is there after each."""
    return [
        {"of": one.unit, "step": one.name, "what": one.kind.value, "n": one.n, "left": one.left, "rule": one.rule}
        for one in steps
    ]


def follow(step: WayStep) -> None:
    """Go to what is behind a step: discards of its rule, what was rescued, the table of instances, the release."""
    address, chosen = behind(step)
    st.session_state.update(chosen)
    go(contents.file_of(address), step.name)


def behind(step: WayStep) -> tuple[str, dict[str, Any]]:
    """The page that shows what is behind a step, and what its widgets are set to."""
    match step.kind:
        case WayKind.RULE | WayKind.RESCUED:
            state = "rescued" if step.kind is WayKind.RESCUED else "standing"
            return "ledger", {
                "discard-kind": step.unit,
                "discard-state": state,
                "discard-rule": step.rule if step.rule in RULES else None,
                "discard-search": "",
            }
        case WayKind.TAKEN_OUT:
            return "history", {}
    if step.unit == "tasks":
        return ("generate" if step.name == "candidates" else "diversity"), {}
    if step.name in ("approved", "in the newest release"):
        return "release", {}
    return "review", {"view-asked": "table", "bulk-where-rated": "rated" if step.name == "rated" else ""}
