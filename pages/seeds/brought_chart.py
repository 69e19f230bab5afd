"""What seeds bring as bars: approved, accepted and not approved, dropped, of all candidates of a seed's prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.diversity.theme import Theme, dress
from core.selfinstruct.descendants import SeedYield
from core.statistics.estimates import proportion
from core.words import number_of
from pages.shared.charts import ROOM, label
from pages.shared.plain import sendable

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ROW, LONGEST = 24, 38  # pixels a seed; characters of its instruction beside the bar


def seed_bars(shown: Sequence[SeedYield], of: int, order: str, theme: Theme) -> Figure:
    """A bar a seed; `customdata` of a bar begins with its place in `shown`. `of`: seeds that a prompt has shown."""
    from plotly import graph_objects as go

    parts = (
        ("approved", theme.line, [one.approved for one in shown]),
        ("accepted, not rated or not approved", theme.bar, [len(one.accepted) - one.approved for one in shown]),
        ("dropped or taken out", theme.grid, [one.candidates - len(one.accepted) for one in shown]),
    )
    told = [[at, label(_hover(one))] for at, one in enumerate(shown)]
    figure = go.Figure(
        [
            go.Bar(
                y=list(range(len(shown))),
                x=counts,
                name=name,
                orientation="h",
                marker={"color": colour, "pattern": {"shape": "/" if name == "approved" else ""}},
                customdata=told,
                hovertemplate="%{customdata[1]}<extra></extra>",
                unselected={"marker": {"opacity": 0.4}},
            )
            for name, colour, counts in parts
        ]
    )
    n = sum(one.candidates for one in shown)
    counted = f"n = {n:,}: a candidate counts for each seed of its prompt"
    subtitle = f"{len(shown)} of {number_of(of, 'seed')} that a prompt has shown, {order} first<br>{counted}"
    dress(figure, theme, "What seeds bring", subtitle, 168 + ROW * len(shown))
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        legend={"orientation": "h", "y": -0.04, "yanchor": "top", "x": 0, "traceorder": "normal", "font": {"size": 12}},
        margin={"b": 80},
    )
    figure.update_xaxes(title_text="candidates of the prompts that showed it", showgrid=True, side="top")
    figure.update_yaxes(
        tickvals=list(range(len(shown))),
        ticktext=[label(_short(one.instruction)) for one in shown],
        range=[len(shown) - 0.4, -0.6],
        title=ROOM,
        automargin=True,
        showgrid=False,
    )
    figure.update_layout(margin={"t": 118})
    return figure


def _short(text: str) -> str:
    plain = "".join(sign if sign.isprintable() else " " for sign in sendable(text))
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1].rstrip() + "…"


def _hover(one: SeedYield) -> str:
    """Its counts, and its share accepted with the interval that so few candidates leave."""
    n, accepted = one.candidates, len(one.accepted)
    said = f"seed {one.seed_id}, shown in {number_of(one.prompts, 'prompt')}: "
    if not n:
        return said + "no candidate"
    share = proportion(accepted, n)
    said += f"{accepted:,} of {n:,} accepted, {share.percent:.0f}% [{share.low:.0f}, {share.high:.0f}]"
    return said + (f"; {one.approved:,} of {one.rated:,} rated are approved" if one.rated else "; none is rated")
