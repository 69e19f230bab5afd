"""The way from candidates to the release as a chart of bars that hang where the one before them ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.diversity.theme import Theme, dress
from core.pools.way import WayKind, WayStep
from pages.shared.charts import ROOM, label

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ROW = 27  # pixels a step
BETWEEN = 62  # pixels between the two, for the upper one's axis and its name
LONGEST = 42  # characters of a name beside its bar; the hover and the table have it whole
_SIGN = {WayKind.THERE: "", WayKind.RULE: "−", WayKind.TAKEN_OUT: "−", WayKind.RESCUED: "+"}
UNITS = ("tasks", "instances")


def way_bars(steps: Sequence[WayStep], theme: Theme) -> Figure:
    """Tasks above, instances below, each on an axis of its own; `customdata` of a bar is its place in `steps`."""
    from plotly import graph_objects as go
    from plotly.subplots import make_subplots

    chains = {unit: [(at, step) for at, step in enumerate(steps) if step.unit == unit] for unit in UNITS}
    bars_high = ROW * (len(steps) + 2)
    figure = make_subplots(
        rows=2,
        cols=1,
        vertical_spacing=BETWEEN / (bars_high + BETWEEN),
        row_heights=[len(chain) + 0.5 for chain in chains.values()],
    )
    colours = {
        WayKind.THERE: theme.bar,
        WayKind.RULE: theme.paper,
        WayKind.TAKEN_OUT: theme.paper,
        WayKind.RESCUED: theme.line,
    }
    for row, chain in enumerate(chains.values(), 1):
        arrived = max(chain[0][1].n, 1)
        bars = go.Bar(
            y=list(range(len(chain))),
            x=[step.n for _, step in chain],
            base=[_from(step) for _, step in chain],
            orientation="h",
            marker={"color": [colours[step.kind] for _, step in chain]},
            text=[f"{_SIGN[step.kind]}{step.n:,}" for _, step in chain],
            textposition="outside",
            textfont={"color": theme.ink, "size": 12.5},
            cliponaxis=False,
            customdata=[[at, label(_told(step, arrived))] for at, step in chain],
            hovertemplate="%{customdata[1]}<extra></extra>",
            width=0.72,
        )
        whole = go.Bar(  # unseen, behind each bar: the whole row answers the mouse, however few a rule dropped
            y=bars.y,
            x=[1.1 * arrived for _ in chain],
            orientation="h",
            marker={"color": "rgba(0,0,0,0)"},
            customdata=bars.customdata,
            hovertemplate=bars.hovertemplate,
            width=1,
        )
        figure.add_traces([whole, bars], rows=row, cols=1)
    figure.update_layout(barmode="overlay")
    n = ", ".join(f"{chain[0][1].n:,} {unit}" for unit, chain in chains.items())
    dress(figure, theme, "The way", f"n = {n}; − is what a rule or a person took out", 104 + bars_high + BETWEEN)
    figure.update_yaxes(showgrid=False, zeroline=False, automargin=True)
    for row, (unit, chain) in enumerate(chains.items(), 1):
        names = [label(_short(step.name)) for _, step in chain]
        most = max(step.n if step.kind is WayKind.THERE else _from(step) + step.n for _, step in chain)
        figure.update_yaxes(
            tickvals=list(range(len(chain))),
            ticktext=names,
            range=[len(chain) - 0.4, -0.6],
            title=ROOM,
            automargin=True,
            showgrid=False,
            row=row,
        )
        figure.update_xaxes(title_text=unit, range=[0, 1.1 * most or 1], nticks=6, row=row)
    return figure


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip(" ;,") + "…"


def _from(step: WayStep) -> int:
    """Where a bar begins: what went hangs at what is left, what came back stands on what was left before."""
    if step.kind is WayKind.THERE:
        return 0
    return step.left - step.n if step.kind is WayKind.RESCUED else step.left


def _told(step: WayStep, arrived: int) -> str:
    said = f"{step.name}: {step.n:,} {step.unit}, {step.n / arrived:.1%} of {arrived:,}"
    return said if step.kind is WayKind.THERE else f"{said}; {step.left:,} left"
