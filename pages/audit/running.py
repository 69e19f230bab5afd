"""The running estimate: share valid with its interval by items judged, and when that was enough; a click reads an item.

Drawn only from a result that is open to its reader (`core.audit.results`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.audit.frozen import Audit
from core.audit.results import Result
from core.audit.running_estimate import WITHIN, RunningEstimate, RunningStep, running_estimate
from core.diversity.theme import Theme, dress
from pages.shared import charts, clicked, downloads, reader
from pages.shared.charts import theme_here

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def draw(audit: Audit, shown: Result) -> None:
    """The chart with its sentence, its numbers, and the item behind a clicked point."""
    found = running_estimate(shown.items, audit.instances, audit.tasks)
    if len(found.steps) < 2:
        st.caption("The running estimate needs two judged items.")
        return
    seen = st.plotly_chart(
        running_line(found, theme_here()),
        key=f"audit-running-{audit.id}",
        on_select="rerun",
        selection_mode="points",
        theme=None,
        config=charts.config("running-estimate"),
        alt=found.sentence,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("A click on the line reads the item that was judged there.")
        downloads.button(
            "Its numbers as CSV",
            lambda: charts.as_csv(rows(found.steps)),
            f"audit-{audit.id}-running.csv",
            "text/csv",
            key="audit-running-csv",
        )
    its = {one.position: one for one in shown.items}
    place = clicked.place(seen, max(its, default=0) + 1)
    if place is not None and place in its:
        item = its[place]
        counts = "valid" if item.is_valid else "not valid"
        st.caption(f"Item {item.position}: counts as {counts}")
        texts = (("Instruction", item.instruction), ("Input", item.input), ("Output", item.output))
        reader.in_place(texts, f"audit-running-{item.position}", highest=320)


def rows(steps: Sequence[RunningStep]) -> list[dict[str, Any]]:
    """The steps as rows of a file, in percent."""
    return [
        {"judged": one.judged, "item": one.position, "percent": one.percent, "low": one.low, "high": one.high}
        for one in steps
    ]


def running_line(found: RunningEstimate, theme: Theme, height: int = 320) -> Figure:
    """The share after each judged item with the band of its interval; a line where it was enough."""
    from plotly import graph_objects as go

    steps = found.steps
    judged = [one.judged for one in steps]
    figure = go.Figure()
    for values, fill in (([one.low for one in steps], None), ([one.high for one in steps], "tonexty")):
        figure.add_trace(
            go.Scatter(
                x=judged,
                y=values,
                mode="lines",
                line={"color": theme.bar, "width": 0.8},
                fill=fill,
                fillcolor=_veil(theme.bar),
                hoverinfo="skip",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=judged,
            y=[one.percent for one in steps],
            mode="lines+markers",
            line={"color": theme.line, "width": 2.2},
            marker={"size": 5 if len(steps) < 60 else 3.5, "color": theme.line},
            customdata=[
                [one.position, f"{one.judged:,} judged: {one.percent:.1f}% [{one.low:.1f}, {one.high:.1f}]"]
                for one in steps
            ],
            hovertemplate="%{customdata[1]}<extra></extra>",
        )
    )
    if found.enough_at is not None:
        figure.add_vline(x=found.enough_at, line={"color": theme.paper, "width": 1.6, "dash": "dot"})
        figure.add_annotation(
            x=found.enough_at,
            y=6,
            text=f"±{WITHIN:.0f} points",
            showarrow=False,
            xanchor="right" if found.enough_at > steps[-1].judged / 2 else "left",
            font={"color": theme.paper, "size": 12},
        )
    dress(figure, theme, "Share valid by items judged", found.sentence, height)
    figure.update_xaxes(title_text="items judged", range=[0, steps[-1].judged * 1.02])
    figure.update_yaxes(title_text="valid in the pool, %, with its 95% interval", range=[0, 102])
    return figure


def _veil(colour: str) -> str:
    """A colour, #rrggbb, as thin as a band behind a line."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"
