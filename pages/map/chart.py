"""The map as a chart: a dot a task, drawn by the graphics card, in groups with numbers, titles on dense places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.diversity.theme import Theme, dress
from core.maps.drawing import EDGE, legend
from core.maps.view import MapColour, PoolMap
from core.words import number_of
from pages.shared.charts import label
from pages.shared.plain import sendable

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from core.maps.placing import MapTitle

LINE, LINES = 60, 2  # of an instruction at the pointer
MANY, LOTS = 500, 5_000
WIDTH, SIGN = 620, 6.5  # pixels: of the chart where the window has 820; of a letter of a title
LINE_HEIGHT = 22


def map_figure(
    shown: PoolMap, colour: MapColour, groups: Sequence[str], theme: Theme, pool: str, height: int = 540
) -> Figure:
    """The map in the groups of one colour; dragging draws a line around tasks."""
    from plotly import graph_objects as go

    many = len(shown)
    size = 3 if many > LOTS else 6 if many > MANY else 9
    own, texts = np.array(groups, dtype=object), np.array([_short(one) for one in shown.instructions], dtype=object)
    colours = legend(groups, colour, theme)
    traces = []
    for group, (its_colour, n) in colours.items():
        here = np.flatnonzero(own == group)
        faint = its_colour == theme.faint and len(colours) > 1
        traces.append(
            go.Scattergl(
                x=shown.x[here],
                y=shown.y[here],
                mode="markers",
                name=f"{label(group)} ({n:,})",
                text=texts[here],
                hovertemplate=f"%{{text}}<br><i>{label(group)}</i><extra></extra>",
                marker={"size": size, "color": its_colour, "opacity": 0.4 if faint else 0.75, "line": {"width": 0}},
                unselected={"marker": {"opacity": 0.12}},
            )
        )
    figure = go.Figure(traces)
    subtitle = (
        f"n = {number_of(many, 'task')}; {shown.recipe.sentence}<br>near is alike: trustworthiness "
        f"{shown.trust:.2f} over "
        f"{shown.trusted:,} of them; the axes mean nothing by themselves"
    )
    dress(figure, theme, f"Map of {label(pool)}, coloured by {colour}", subtitle, height)
    for title in _apart(shown.titles, height):
        figure.add_annotation(**_title(title.x, title.y, title.words, theme))
    figure.update_layout(
        dragmode="lasso",
        hovermode="closest",
        showlegend=True,
        legend={
            "orientation": "h",
            "y": -0.01,
            "yanchor": "top",
            "x": 0,
            "font": {"size": 12},
            "itemsizing": "constant",
            "traceorder": "normal",
        },
        margin={"l": 6, "r": 6, "b": 40},
        newselection={"line": {"color": theme.ink, "width": 1.4}},
        activeselection={"opacity": 0.1},
    )
    axis: dict[str, Any] = {"visible": False, "range": [-0.03, 1.03]}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis, rangemode="normal")
    return figure


def _apart(titles: Sequence[MapTitle], height: int) -> list[MapTitle]:
    """Those titles that no earlier one would cover, on the narrowest chart that the pages are made for."""
    kept: list[tuple[float, float, MapTitle]] = []
    for title in titles:
        half = len(title.words) * SIGN / 2 / WIDTH
        at = title.x + {"left": half, "right": -half, "center": 0}[_anchor(title.x)]
        if all(abs(at - x) > half + its or abs(title.y - other.y) * height > LINE_HEIGHT for x, its, other in kept):
            kept.append((at, half, title))
    return [title for _, _, title in kept]


def _anchor(x: float) -> str:
    """Near an edge a title stands inwards: half of it would be cut."""
    return "left" if x < EDGE else "right" if x > 1 - EDGE else "center"


def _title(x: float, y: float, words: str, theme: Theme) -> dict[str, Any]:
    return {
        "x": x,
        "xanchor": _anchor(x),
        "y": y,
        "text": label(sendable(words)),
        "showarrow": False,
        "font": {"size": 12, "color": theme.ink},
        "yshift": 14,  # above its place, whose dots stay in sight
        "bgcolor": theme.ground,
        "opacity": 0.9,
        "borderpad": 1,
        "captureevents": False,
    }


def _short(instruction: str) -> str:
    """An instruction at the pointer: its first words, escaped, in two lines that end between words."""
    rest = sendable("".join(sign if sign.isprintable() else " " for sign in instruction[: LINE * LINES + 1]))
    lines = []
    for _ in range(LINES):
        end = len(rest) if len(rest) <= LINE else rest.rfind(" ", LINE // 2, LINE + 1)
        end = end if end > 0 else LINE  # no word ends there, as in a script without spaces
        lines.append(label(rest[:end]))
        rest = rest[end:].lstrip(" ")
    return "<br>".join(line for line in lines if line) + ("…" if rest else "")
