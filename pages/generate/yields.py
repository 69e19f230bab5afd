"""Fates, acceptance and cost on screen: runs side by side, the batches of one run, and the candidates of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.database import Database
from core.diversity.theme import theme_named
from core.gate.rules import sentence
from core.records import Pool
from core.selfinstruct import yields
from core.selfinstruct.looking import PastRun, candidates
from core.selfinstruct.loop import METHOD
from core.selfinstruct.yields import RunYield
from pages.generate.batch import pair
from pages.generate.yields_chart import name_of, yield_panels
from pages.shared import charts, marked

SHOWN = 200  # candidates of a batch under the chart


def draw(database: Database, pool: Pool, past: Sequence[PastRun]) -> None:
    """The chart of runs or of one run's batches; nothing to draw says so."""
    every = yields.by_run(database, pool.id, METHOD)
    if not every:
        st.caption("No run has brought a candidate yet; the first batch is the first bar.")
        return
    numbers = [None, *(one.run_id for one in reversed(every))]
    which = st.selectbox(
        "Compare",
        numbers,
        format_func=lambda number: "the runs of this pool" if number is None else f"the batches of run {number}",
        key="yields-of",
        width=260,
    )
    run = next((one.run for one in past if one.run.id == which), None)
    found = every if run is None else yields.by_batch(database, run)
    seen = st.plotly_chart(
        yield_panels(found, theme_named(st.context.theme.type)),
        key=f"yields-{pool.id}-{which}",
        on_select="rerun",
        selection_mode="points",
        theme=None,
        config=charts.config("fates-acceptance-cost"),
        alt="; ".join(f"{name_of(one)}: {one.accepted:,} of {one.candidates:,} accepted" for one in found),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_told(found))
        st.download_button(
            "Its numbers as CSV",
            lambda: charts.as_csv(rows(found)),
            f"{pool.name}-yields.csv",
            "text/csv",
            key="yields-csv",
            on_click="ignore",
        )
    points = seen["selection"]["points"]
    if points:
        _behind(database, past, found[int(points[0]["customdata"][0])])


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
        said.append(f"The price of {unknown} of {len(found)} is not known; enter it on the page Models.")
    elif not any(one.usage.usd for one in found):
        said.append("Every reply was free.")
    unrated = sum(not one.rated for one in found)
    if unrated:
        said.append(f"Of {unrated} of {len(found)} no instance has been rated.")
    return " ".join(said)


def _behind(database: Database, past: Sequence[PastRun], one: RunYield) -> None:
    """The candidates of a bar's batch; of a run the way to its batches."""
    if one.batch is None:
        st.button(f"The batches of run {one.run_id}", key="yields-open", on_click=_open, args=(one.run_id,))
        return
    run = next(each.run for each in past if each.run.id == one.run_id)
    every = candidates(database, run, one.batch)
    st.caption(f"Batch {one.batch + 1} of run {one.run_id}: the first {min(SHOWN, len(every))} of {len(every)}")
    with st.container(height=420, key="yields-candidates"):
        marked.pairs([pair(each) for each in every[:SHOWN]])


def _open(run_id: int) -> None:
    st.session_state["yields-of"] = run_id
