"""The audit's charts. Labels are ours alone: questions, grades, numbers; plotly would render markup in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.audit.findings import Findings
from core.statistics.estimates import Proportion, ShareEstimate

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

OURS, PAPER = "#2a8f77", "#c2703d"  # readable on both themes
GRADES = {"A": "#2a8f77", "B": "#7fb8a6", "C": "#dba66b", "D": "#c0553a"}
SHORT = {
    "instruction_valid": "Valid task",
    "input_appropriate": "Input fits",
    "output_correct": "Output right",
    "all_valid": "All valid",
}


def questions(found: Findings) -> Figure:
    """Table 2 as points with their 95% intervals, the paper's as diamonds on the same lines."""
    from plotly import graph_objects as go

    rows = found.table2[::-1]
    names = [SHORT[row.key] for row in rows]
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=[row.paper.percent for row in rows],
            y=names,
            mode="markers",
            name="paper, n=200",
            marker={"symbol": "diamond-open", "size": 11, "color": PAPER, "line": {"width": 2}},
            hovertemplate="%{y}: paper %{x:.0f}%<extra></extra>",
        )
    )
    answered = [row for row in rows if row.share.percent is not None]
    figure.add_trace(
        go.Scatter(
            x=[row.share.percent for row in answered],
            y=[SHORT[row.key] for row in answered],
            error_x=_bars([row.share for row in answered]),
            mode="markers",
            name="this audit, 95% interval",
            marker={"size": 10, "color": OURS},
            hovertemplate="%{y}: %{x:.1f}%<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 101], title="yes, % of the answered items", ticksuffix="%")
    figure.update_yaxes(categoryorder="array", categoryarray=names)
    return _laid_out(figure, "Questions of Table 2", "beside the paper's")


def grades(found: Findings) -> Figure:
    """How many items got each grade, with the 95% interval of its share."""
    from plotly import graph_objects as go

    shares = [each.share for each in found.grades]
    n = shares[0].n
    figure = go.Figure(
        go.Bar(
            x=[each.grade.value for each in found.grades],
            y=[share.percent or 0 for share in shares],
            error_y={**_bars(shares), "color": "#8b948f"},
            text=[f"{share.yes}" for share in shares],
            textposition="inside",
            insidetextanchor="start",
            marker_color=[GRADES[each.grade.value] for each in found.grades],
            hovertemplate="grade %{x}: %{text} items, %{y:.1f}%<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_xaxes(title="grade; A and B count as valid")
    figure.update_yaxes(title="% of items", ticksuffix="%", rangemode="tozero")
    return _laid_out(figure, "Grades", f"n = {n}, with 95% intervals")


def over_time(names: Sequence[str], shares: Sequence[Proportion | ShareEstimate]) -> Figure:
    """The share of valid items of one audit after the other. `names` must be ours, such as "audit 3"."""
    from plotly import graph_objects as go

    known = [(name, share) for name, share in zip(names, shares, strict=True) if share.percent is not None]
    figure = go.Figure(
        go.Scatter(
            x=[name for name, _ in known],
            y=[share.percent for _, share in known],
            error_y=_bars([share for _, share in known]),
            mode="markers+lines",
            line={"color": OURS, "dash": "dot", "width": 1},
            marker={"size": 10, "color": OURS},
            customdata=[share.n for _, share in known],
            hovertemplate="%{x}: %{y:.1f}% of %{customdata}<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_yaxes(title="valid (A or B), %", range=[0, 101], ticksuffix="%")
    figure.update_xaxes(title="audits in the order in which they were drawn", type="category")
    return _laid_out(figure, "Valid items, audit by audit", "with 95% intervals")


def _bars(shares: Sequence[Proportion | ShareEstimate]) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [(share.high or 0) - (share.percent or 0) for share in shares],
        "arrayminus": [(share.percent or 0) - (share.low or 0) for share in shares],
        "thickness": 1.6,
        "width": 5,
    }


def _laid_out(figure: Figure, title: str, more: str) -> Figure:
    """Under a title of two short lines, which fit a narrow column."""
    figure.update_layout(
        title={
            "text": f'{title}<br><span style="font-size:12px">{more}</span>',
            "font": {"size": 15},
            "x": 0,
            "xanchor": "left",
            "y": 0.97,
            "yanchor": "top",
        },
        margin={"l": 8, "r": 8, "t": 84, "b": 8},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        bargap=0.45,
    )
    return figure
