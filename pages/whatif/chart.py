"""The what-if curve as a chart: tasks kept at each threshold, with the two thresholds that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.diversity.theme import Theme, dress
from core.novelty import CurvePoint

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def threshold_line(
    points: Sequence[CurvePoint], here: CurvePoint, there: CurvePoint, theme: Theme, height: int = 350
) -> Figure:
    """The curve; `here` is looked at, `there` is what it is compared with."""
    from plotly import graph_objects as go

    every = sorted({*points, here, there}, key=lambda point: point.threshold)
    marked = (there, here)
    figure = go.Figure(
        [
            go.Scatter(
                x=[point.threshold for point in every],
                y=[point.kept for point in every],
                mode="lines",
                line={"color": theme.line, "width": 2.4},
                customdata=[_told(point) for point in every],
                hovertemplate="%{customdata}<extra></extra>",
            ),
            go.Scatter(
                x=[point.threshold for point in marked],
                y=[point.kept for point in marked],
                mode="markers+text",
                marker={"size": 11, "color": [theme.ground, theme.line], "line": {"color": theme.line, "width": 2}},
                text=[f"{point.kept:,} at {point.threshold:.2f}" for point in marked],
                textposition=[
                    f"{place} {'right' if point.threshold < 0.8 else 'left'}"
                    for place, point in zip(("bottom", "top"), marked, strict=True)
                ],
                textfont={"size": 13, "color": theme.ink},
                hoverinfo="skip",
            ),
        ]
    )
    total = here.kept + here.dropped
    dress(figure, theme, "Tasks that the novelty gate keeps", f"of {total:,} candidates, by threshold", height)
    figure.update_xaxes(title_text="threshold (ROUGE-L F1)", range=[0.48, 0.97], dtick=0.1)
    figure.update_yaxes(title_text="tasks kept", range=[0, 1.14 * total])
    return figure


def _told(point: CurvePoint) -> str:
    return f"at {point.threshold:.2f}: {point.kept:,} kept, {point.dropped:,} dropped"
