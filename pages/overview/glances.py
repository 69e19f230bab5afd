"""Two small pictures beside the way: what share of each batch was accepted, and how the ratings fall on the grades."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.diversity.theme import GRADES, Theme, dress
from core.pools import Funnel
from core.records import Grade, Pool
from core.runs import control
from core.words import number_of
from pages.shared import charts, clicked, contents, downloads, session
from pages.shared.charts import theme_here
from pages.shared.links import go

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BATCHES = 60
HEIGHT = 210
_TURN = "glance-turn"  # goes up at a click: who comes back finds no bar marked


def draw(pool: Pool, funnel: Funnel) -> None:
    """Those of the two for which there is something to draw, beside each other."""
    admitted = control.acceptance(session.database(), pool.id, BATCHES)
    pictures: list[Callable[[], None]] = []
    if admitted:
        pictures.append(lambda: _acceptance(pool, admitted))
    if funnel.grades:
        pictures.append(lambda: _grades(pool, funnel))
    for column, picture in zip(st.columns(2, gap="large"), pictures, strict=False):
        with column:
            picture()


def _acceptance(pool: Pool, admitted: Sequence[tuple[int, int]]) -> None:
    """The share of each batch's candidates that got in; a click leads to the batches."""
    shares = [100 * accepted / n for n, accepted in admitted]
    figure = bars(
        [str(at) for at in range(1, len(admitted) + 1)],
        shares,
        [f"{accepted:,} of {number_of(n, 'candidate')}" for n, accepted in admitted],
        theme_here(),
        f"n = {number_of(sum(n for n, _ in admitted), 'candidate')}"
        + (f" of the latest {number_of(len(admitted), 'batch')}" if len(admitted) > 1 else ""),
        ("Acceptance by batch", "batch, the latest last", "accepted, %"),
    )
    figure.update_yaxes(range=[0, 100])  # what is left of all: a batch of half must not look like one of all
    rows = [{"batch": at, "candidates": n, "accepted": accepted} for at, (n, accepted) in enumerate(admitted, 1)]
    _draw(pool, "acceptance-by-batch", figure, rows, lambda place: go(contents.file_of("generate"), "Generate"))


def _grades(pool: Pool, funnel: Funnel) -> None:
    """How many instances have which grade; a click leads to the table of those that are rated."""
    names, counts = list(funnel.grades), list(funnel.grades.values())
    figure = bars(
        names,
        counts,
        [f"{n:,} of {number_of(funnel.reviewed, 'instance')}" for n in counts],
        theme_here(),
        f"n = {number_of(funnel.reviewed, 'rated instance')}",
        ("Grades", "grade", "instances"),
    )
    figure.update_traces(marker_color=[GRADES[Grade(name)] for name in names])

    def follow(place: int) -> None:
        st.session_state.update({"view-asked": "table", "bulk-where-grades": [names[place]]})
        go(contents.file_of("review"), "Review")

    _draw(pool, "grades", figure, _rows(funnel.grades), follow)


def bars(
    names: Sequence[str],
    heights: Sequence[float],
    told: Sequence[str],
    theme: Theme,
    n: str,
    words: tuple[str, str, str],
) -> Figure:
    """Upright bars by name; `words` are the title and what the axes are called, `told` what the pointer says."""
    from plotly import graph_objects as go

    title, across, up = words
    bar = go.Bar(
        x=list(names),
        y=list(heights),
        customdata=list(told),
        hovertemplate=f"{across.split(',')[0]} %{{x}}: %{{customdata}}<extra></extra>",
        marker={"color": theme.bar},
        width=[min(0.8, 0.12 * len(names) + 0.1)] * len(names),
        unselected={"marker": {"opacity": 0.35}},
    )
    figure = go.Figure([bar])
    dress(figure, theme, title, n, HEIGHT)
    figure.update_xaxes(title_text=across, type="category", tickangle=0, nticks=12)
    figure.update_yaxes(title_text=up, rangemode="tozero", nticks=4)
    return figure


def _rows(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"grade": grade, "instances": n} for grade, n in counts.items()]


def _draw(
    pool: Pool, name: str, figure: Figure, rows: Sequence[Mapping[str, Any]], follow: Callable[[int], None]
) -> None:
    turn = st.session_state.get(_TURN, 0)
    seen = st.plotly_chart(
        figure,
        key=f"glance-{name}-{pool.id}-{turn}",
        on_select="rerun",
        selection_mode="points",
        theme=None,
        config=charts.config(name),
        alt="; ".join(", ".join(f"{key} {value}" for key, value in row.items()) for row in rows[:20]),
    )
    downloads.button(
        "Its numbers as CSV",
        lambda: charts.as_csv(rows),
        f"{pool.name}-{name}.csv",
        "text/csv",
        key=f"glance-csv-{name}",
    )
    if (place := clicked.place(seen, len(rows), "point_index")) is not None:
        st.session_state[_TURN] = turn + 1
        follow(place)
