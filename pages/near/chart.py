"""How near the nearest other task is, as bars; what has none as near as the least score that is kept is a bar too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.diversity.theme import Theme, dress
from core.gate.near import BAR, NearBar, NearDuplicates
from core.gate.rules import SIMILAR_FLOOR, THRESHOLD
from core.words import number_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def names_of(bars: Sequence[NearBar]) -> list[str]:
    """What each bar is called; the first is of all that have no other task near."""
    return [f"under {SIMILAR_FLOOR:g}", *(f"{bar.low:.2f} to {bar.high:.2f}" for bar in bars)]


def nearest_bars(found: NearDuplicates, theme: Theme, height: int = 340) -> Figure:
    """Tasks by ROUGE-L to the nearest other task; a bar's place in the chart is its place in `names_of`."""
    from plotly import graph_objects as go

    bars, n = found.bars(), len(found)
    counts = [found.alone, *(bar.count for bar in bars)]
    middles = [SIMILAR_FLOOR - BAR / 2, *((bar.low + bar.high) / 2 for bar in bars)]
    names = names_of(bars)
    figure = go.Figure(
        go.Bar(
            x=middles,
            y=counts,
            width=[BAR * 0.92] * len(counts),
            marker={"color": [theme.grid, *[theme.bar] * len(bars)], "line": {"width": 0}},
            text=[f"{count:,}" if count else "" for count in counts],
            textposition="outside",
            cliponaxis=False,
            customdata=[
                f"ROUGE-L {name}<br>{count:,} of {number_of(n, 'task')}, {count / n:.1%}"
                for name, count in zip(names, counts, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 0.35}},
        )
    )
    near = n - found.alone
    subtitle = (
        f"n = {number_of(n, 'accepted task')}, seeds aside; {near:,} have another one at {SIMILAR_FLOOR:g} or above"
    )
    dress(figure, theme, "ROUGE-L to the nearest other task", subtitle, height)
    figure.update_xaxes(
        title_text="ROUGE-L F1 with the nearest other task",
        range=[SIMILAR_FLOOR - BAR * 1.2, 1 + BAR * 0.2],
        tickvals=[SIMILAR_FLOOR - BAR / 2, *(bar.low for bar in bars[::2]), 1],
        ticktext=["less", *(f"{bar.low:.1f}" for bar in bars[::2]), "1"],
    )
    figure.update_yaxes(title_text="tasks", range=[0, 1.12 * max(counts)])
    figure.add_vline(
        x=THRESHOLD,
        line={"color": theme.paper, "width": 1.4, "dash": "dot"},
        annotation={
            "text": f"paper's threshold {THRESHOLD:g}",
            "font": {"size": 12, "color": theme.paper},
            "yanchor": "bottom",
        },
        annotation_position="top right",
    )
    return figure
