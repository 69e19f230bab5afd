"""The charts as one HTML page that needs nothing but itself: no script, font or picture from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from core.diversity.axes import length_histograms
from core.diversity.charts import length_bars, rouge_bars, sunburst
from core.diversity.growth_chart import growth_lines
from core.diversity.numbers import table1_rows
from core.diversity.statistics import TOP_NOUNS, TOP_VERBS
from core.diversity.table1 import PAPER
from core.diversity.theme import FONT, LIGHT, Theme
from core.diversity.verbnoun import VerbNoun
from core.diversity.view import DiversityFigures

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PAPER_MEANS = {
    "instruction": float(PAPER.mean_instruction or 0),
    "input": float(PAPER.mean_input or 0),
    "output": float(PAPER.mean_output or 0),
}


def html_report(
    title: str,
    selection: str,
    look: DiversityFigures,
    parser: str,
    no_parser: str = "",
    *,
    verbs: int = TOP_VERBS,
    nouns: int = TOP_NOUNS,
    theme: Theme = LIGHT,
    judged: Mapping[VerbNoun, tuple[int, int]] | None = None,
) -> str:
    """The page. `parser` is what the charts name; where it is empty, `no_parser` says why verbs are left out.

    With `judged`, (rated instances, valid ones) by verb and object, the sunburst is coloured by the share valid.
    """
    from plotly.offline import get_plotlyjs

    charts: list[Figure] = []
    if parser:
        charts.append(sunburst(look.table(verbs, nouns), theme, parser, height=680, judged=judged))
    if look.scores:
        charts.append(rouge_bars(look.rouge(), theme, height=340))
    charts.append(length_bars(length_histograms([look])[0], theme, look.texts.unit, PAPER_MEANS, height=320))
    if len(look.growth) > 1:
        charts.append(growth_lines(look.growth, theme, height=400))
    notes = [] if parser else [f"<p>{escape(no_parser)}</p>"]
    return "\n".join(
        [
            _HEAD.format(
                title=escape(title), ground=theme.ground, ink=theme.ink, faint=theme.faint, grid=theme.grid, font=FONT
            ),
            f"<script>{get_plotlyjs()}</script>",
            f"<h1>{escape(title)}</h1>",
            f"<p class=faint>{escape(selection)}</p>",
            *notes,
            *(_chart(chart, name) for chart, name in zip(charts, _NAMES, strict=False)),
            "<h2>Table 1</h2>",
            _table(look),
            _kind_note(look),
            "</main>",
        ]
    )


_NAMES = ("chart-1", "chart-2", "chart-3", "chart-4")
_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ background: {ground}; color: {ink}; font: 16px/1.45 {font}; margin: 2rem; }}
main {{ max-width: 900px; margin: auto; }}
h1 {{ font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }} h2 {{ font-size: 1.1rem; }}
.faint {{ color: {faint}; margin-top: .3rem; }}
table {{ border-collapse: collapse; }} td, th {{ padding: .25rem 1.2rem .25rem 0; border-bottom: 1px solid {grid}; }}
td + td, th + th {{ text-align: right; }} th {{ text-align: left; }}
</style></head><body><main>"""


def _chart(figure: Any, name: str) -> str:
    config = {"displaylogo": False, "responsive": True, "toImageButtonOptions": {"format": "svg", "filename": name}}
    return str(
        figure.to_html(full_html=False, include_plotlyjs=False, include_mathjax=False, config=config, div_id=name)
    )


def _table(look: DiversityFigures) -> str:
    return (
        "<table><tr><th></th><th>this selection</th><th>paper</th></tr>"
        + "".join(
            f"<tr><td>{escape(row['statistic'])}</td>{_cells((row['this'], row['paper']))}</tr>"
            for row in table1_rows(look)
        )
        + "</table>"
    )


def _kind_note(look: DiversityFigures) -> str:
    n = look.texts.unknown_kind
    return f"<p class=faint>Of {n:,} tasks nobody has said whether they are classification; they count as not.</p>" * (
        n > 0
    )


def _cells(values: Iterable[float | int | None]) -> str:
    return "".join(f"<td>{number(value)}</td>" for value in values)


def number(value: float | int | None) -> str:
    """A statistic for reading: a dash where there is none."""
    return "-" if value is None else f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
