"""The what-if curve as a chart: tasks kept at each threshold, with the two thresholds that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.diversity.theme import Theme, dress
from core.novelty import CurvePoint
from core.words import number_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ACROSS = (0.42, 1.05)  # thresholds, with room for a label beside the first and the last


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
                mode="markers",
                marker={"size": 11, "color": [theme.ground, theme.line], "line": {"color": theme.line, "width": 2}},
                hoverinfo="skip",
            ),
        ]
    )
    total = here.kept + here.dropped
    dress(
        figure, theme, "Tasks that the novelty gate keeps", f"of {number_of(total, 'candidate')}, by threshold", height
    )
    figure.update_xaxes(title_text="threshold (ROUGE-L F1)", range=_ACROSS, dtick=0.1)
    figure.update_yaxes(title_text="tasks kept", range=[0, 1.14 * total])
    lower, higher = sorted(marked, key=lambda point: point.threshold)
    figure.add_annotation(**_label(lower, above=True, theme=theme))
    if higher != lower:
        figure.add_annotation(**_label(higher, above=False, theme=theme))
    return figure


def _label(point: CurvePoint, *, above: bool, theme: Theme) -> dict[str, Any]:
    """How many are kept, beside the line and never on it: it rises, so that above is to the left and below to the
    right. What it may touch all the same shows through no letter."""
    return {
        "x": point.threshold,
        "y": point.kept,
        "text": f"{point.kept:,} at {point.threshold:.2f}",
        "showarrow": False,
        "xanchor": "right" if above else "left",
        "yanchor": "bottom" if above else "top",
        "xshift": -9 if above else 9,
        "yshift": 7 if above else -7,
        "font": {"size": 13, "color": theme.ink},
        "bgcolor": theme.ground,
        "borderpad": 1,
    }


def _told(point: CurvePoint) -> str:
    return f"at {point.threshold:.2f}: {point.kept:,} kept, {point.dropped:,} dropped"
