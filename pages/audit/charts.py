"""The audit's charts. Labels are ours alone: questions, grades, numbers; plotly would render markup in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.audit.findings import Findings
from core.diversity.theme import GRADES, Theme, dress, ink_on
from core.statistics.estimates import Proportion, ShareEstimate
from core.words import number_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 300
SHORT = {
    "instruction_valid": "Valid task",
    "input_appropriate": "Input fits",
    "output_correct": "Output right",
    "all_valid": "All valid",
}


def questions(found: Findings, theme: Theme) -> Figure:
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
            marker={"symbol": "diamond-open", "size": 11, "color": theme.paper, "line": {"width": 2}},
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
            marker={"size": 10, "color": theme.line},
            hovertemplate="%{y}: %{x:.1f}%<extra></extra>",
        )
    )
    n = max((row.share.n for row in rows), default=0)
    dress(
        figure,
        theme,
        "Questions of Table 2",
        f"n = {number_of(n, 'item')}, with 95% intervals, beside the paper's",
        HEIGHT,
    )
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        margin={"t": 92},
    )
    figure.update_xaxes(range=[0, 101], title_text="yes, % of the answered items", ticksuffix="%", showgrid=True)
    figure.update_yaxes(categoryorder="array", categoryarray=names, automargin=True, rangemode="normal")
    return figure


def grades(found: Findings, theme: Theme) -> Figure:
    """How many items got each grade, with the 95% interval of its share."""
    from plotly import graph_objects as go

    shares = [each.share for each in found.grades]
    n = shares[0].n
    colours = [GRADES[each.grade] for each in found.grades]
    figure = go.Figure(
        go.Bar(
            x=[each.grade.value for each in found.grades],
            y=[share.percent or 0 for share in shares],
            error_y={**_bars(shares), "color": theme.faint},
            text=[f"{share.yes}" for share in shares],
            textposition="inside",
            insidetextanchor="start",
            textfont={"color": [ink_on(colour) for colour in colours]},
            marker_color=colours,
            hovertemplate="grade %{x}: %{text} items, %{y:.1f}%<extra></extra>",
            showlegend=False,
        )
    )
    dress(figure, theme, "Grades", f"n = {n} items, with 95% intervals", HEIGHT)
    figure.update_layout(bargap=0.45)
    figure.update_xaxes(title_text="grade; A and B count as valid")
    figure.update_yaxes(title_text="% of items", ticksuffix="%", showgrid=True)
    return figure


def over_time(names: Sequence[str], shares: Sequence[Proportion | ShareEstimate], theme: Theme) -> Figure:
    """The share of valid items of one audit after the other. `names` must be ours, such as "audit 3"."""
    from plotly import graph_objects as go

    known = [(name, share) for name, share in zip(names, shares, strict=True) if share.percent is not None]
    figure = go.Figure(
        go.Scatter(
            x=[name for name, _ in known],
            y=[share.percent for _, share in known],
            error_y=_bars([share for _, share in known]),
            mode="markers+lines",
            line={"color": theme.line, "dash": "dot", "width": 1},
            marker={"size": 10, "color": theme.line},
            customdata=[share.n for _, share in known],
            hovertemplate="%{x}: %{y:.1f}% of %{customdata}<extra></extra>",
            showlegend=False,
        )
    )
    n = ", ".join(f"{share.n:,}" for _, share in known)
    dress(figure, theme, "Valid items, audit by audit", f"n = {n} items, with 95% intervals", HEIGHT)
    figure.update_yaxes(title_text="valid (A or B), %", range=[0, 101], ticksuffix="%", showgrid=True)
    figure.update_xaxes(title_text="audits in the order in which they were drawn", type="category")
    return figure


def _bars(shares: Sequence[Proportion | ShareEstimate]) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [(share.high or 0) - (share.percent or 0) for share in shares],
        "arrayminus": [(share.percent or 0) - (share.low or 0) for share in shares],
        "thickness": 1.6,
        "width": 5,
    }
