"""Fates, acceptance and cost on screen: runs side by side, the batches of one run, and the candidates of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.database import Database
from core.gate.rules import sentence
from core.records import Pool
from core.runs import control
from core.selfinstruct import yields
from core.selfinstruct.looking import candidates
from core.selfinstruct.yields import RunYield
from pages.shared import charts, clicked, downloads, marked
from pages.shared.candidates import pair
from pages.shared.charts import theme_here
from pages.shared.yields_chart import name_of, yield_panels

SHOWN = 200  # candidates of a batch under the chart


def draw(database: Database, pool: Pool, method: str) -> None:
    """The chart of a method's runs or of one run's batches; nothing to draw says so."""
    every = yields.by_run(database, pool.id, method)
    if not every:
        st.caption("No run has brought a candidate yet; the first batch is the first bar.")
        return
    numbers = [None, *(one.run_id for one in reversed(every))]
    which = st.selectbox(
        "Compare",
        numbers,
        format_func=lambda number: "the runs of this pool" if number is None else f"the batches of run {number}",
        key=f"yields-of-{method}",
        width=260,
    )
    found = every if which is None else yields.by_batch(database, control.get(database, which))
    seen = st.plotly_chart(
        yield_panels(found, theme_here()),
        key=f"yields-{method}-{pool.id}-{which}",
        on_select="rerun",
        selection_mode="points",
        theme=None,
        config=charts.config("fates-acceptance-cost"),
        alt="; ".join(f"{name_of(one)}: {one.accepted:,} of {one.candidates:,} accepted" for one in found),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_told(found))
        downloads.button(
            "Its numbers as CSV",
            lambda: charts.as_csv(rows(found)),
            f"{pool.name}-yields.csv",
            "text/csv",
            key=f"yields-csv-{method}",
        )
    if (place := clicked.place(seen, len(found))) is not None:
        _behind(database, method, found[place])


def rows(found: Sequence[RunYield]) -> list[dict[str, Any]]:
    """A row a run or batch with every rule that dropped something; unknown or undivided dollars are empty."""
    rules = sorted({rule for one in found for rule in one.dropped})
    return [
        {
            "run": one.run_id,
            "batch": "" if one.batch is None else one.batch + 1,
            "candidates": one.candidates,
            "accepted": one.accepted,
            **{sentence(rule): one.dropped.get(rule, 0) for rule in rules},
            "taken out by a person": one.taken_out,
            "instances rated": one.rated,
            "instances approved": one.approved,
            "requests": one.usage.requests,
            "tokens": one.usage.tokens,
            "usd": _cell(one.usage.usd),
            "usd per accepted task": _cell(one.usd_per_task),
            "usd per approved instance": _cell(one.usd_per_approved),
        }
        for one in found
    ]


def _cell(usd: float | None) -> float | str:
    return "" if usd is None else usd


def _told(found: Sequence[RunYield]) -> str:
    """What the chart leaves out, and what a click does."""
    said = ["A click on a bar shows the candidates behind it."]
    unknown = sum(one.usage.usd is None for one in found)
    if unknown:
        what = "runs" if found[0].batch is None else "batches"
        said.append(
            f"What {unknown} of {len(found)} {what} cost is not known: a price on the page Models holds for the "
            "replies that come after it."
        )
    elif not any(one.usage.usd for one in found):
        said.append("Every reply was free.")
    unrated = sum(not one.rated for one in found)
    if unrated:
        what = "runs" if found[0].batch is None else "batches"
        said.append(f"In {unrated} of {len(found)} {what} no instance has been rated.")
    return " ".join(said)


def _behind(database: Database, method: str, one: RunYield) -> None:
    """The candidates of a bar's batch; of a run the way to its batches."""
    if one.batch is None:
        st.button(f"The batches of run {one.run_id}", key="yields-open", on_click=_open, args=(method, one.run_id))
        return
    every = candidates(database, control.get(database, one.run_id), one.batch)
    st.caption(f"Batch {one.batch + 1} of run {one.run_id}: the first {min(SHOWN, len(every))} of {len(every)}")
    with st.container(height=420, key="yields-candidates"):
        marked.pairs([pair(each) for each in every[:SHOWN]])


def _open(method: str, run_id: int) -> None:
    st.session_state[f"yields-of-{method}"] = run_id
