"""The charts of one selection or two as one HTML page that needs nothing but itself: nothing is from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from core.diversity.axes import highest_share, length_histograms
from core.diversity.beside import PAIRS_SHOWN, names_beside, pairs_beside
from core.diversity.charts import length_bars, rouge_bars, sunburst
from core.diversity.growth_chart import growth_lines
from core.diversity.numbers import THIS, table1_beside
from core.diversity.statistics import TOP_NOUNS, TOP_VERBS
from core.diversity.table1 import PAPER
from core.diversity.theme import FONT, LIGHT, Theme
from core.diversity.verbnoun import VerbNoun
from core.diversity.view import TEXTS, DiversityFigures
from core.words import number_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PAPER_MEANS = {
    "instruction": float(PAPER.mean_instruction or 0),
    "input": float(PAPER.mean_input or 0),
    "output": float(PAPER.mean_output or 0),
}


@dataclass(frozen=True, slots=True)
class ReportSide:
    """One selection of a page of charts: its short name, what heads it, what it holds, and who read it.

    `parser` is what the charts name; where it is empty, `no_parser` says why verbs are left out. With `judged`, (rated
    instances, valid ones) by verb and object, its sunburst is coloured by the share valid.
    """

    name: str
    heading: str
    figures: DiversityFigures
    parser: str
    no_parser: str = ""
    judged: Mapping[VerbNoun, tuple[int, int]] | None = None


def html_report(
    sides: Sequence[ReportSide], *, verbs: int = TOP_VERBS, nouns: int = TOP_NOUNS, theme: Theme = LIGHT
) -> str:
    """The page of one selection, or of two beside each other: the same axes, the same verbs in the same colours."""
    from plotly.offline import get_plotlyjs

    title = " beside ".join(side.name for side in sides)
    looks = [side.figures for side in sides]
    drawn = _drawn(sides, verbs, nouns, theme)
    columns = "".join(
        f"<section><p class=faint>{escape(side.heading)}</p>"
        + f"<p>{escape(side.no_parser)}</p>" * (not side.parser)
        + "".join(_chart(chart, f"chart-{place}-{name}") for name, chart in charts.items())
        + "</section>"
        for place, (side, charts) in enumerate(zip(sides, drawn, strict=True), 1)
    )
    names = names_beside([side.name for side in sides]) if len(sides) > 1 else [THIS]
    return "\n".join(
        [
            _HEAD.format(
                title=escape(title),
                columns=len(sides),
                wide=900 if len(sides) == 1 else 1500,
                ground=theme.ground,
                ink=theme.ink,
                faint=theme.faint,
                grid=theme.grid,
                font=FONT,
            ),
            f"<script>{get_plotlyjs()}</script>",
            f"<h1>{escape(title)}</h1>",
            f"<div class=sides>{columns}</div>",
            _pairs(looks, names) if len(sides) > 1 else "",
            "<h2>Table 1</h2>",
            _table(table1_beside(looks, names)),
            _kind_note(looks),
            "</main>",
        ]
    )


def _drawn(sides: Sequence[ReportSide], verbs: int, nouns: int, theme: Theme) -> list[dict[str, Figure]]:
    """The charts of each side by name."""
    looks = [side.figures for side in sides]
    lengths = length_histograms(looks)
    shared = len(sides) > 1
    top = highest_share([look.rouge() for look in looks]) if shared else None
    tops = {text: highest_share([each[text] for each in lengths]) for text in TEXTS} if shared else None
    steps = [step for look in looks for step in look.growth]
    most = (max(step.number for step in steps), max(step.pairs for step in steps)) if shared and steps else None
    order = [verb for look in looks for verb in look.table(verbs, nouns).verb_counts()] if shared else []
    found = []
    for side, its in zip(sides, lengths, strict=True):
        look, charts = side.figures, dict[str, "Figure"]()
        if side.parser:
            table = look.table(verbs, nouns)
            charts["verbs"] = sunburst(table, theme, side.parser, order, height=680, judged=side.judged)
        if look.scores:
            charts["rouge"] = rouge_bars(look.rouge(), theme, top=top, height=340)
        charts["lengths"] = length_bars(its, theme, look.texts.unit, PAPER_MEANS, tops, height=320)
        if len(look.growth) > 1:
            charts["growth"] = growth_lines(look.growth, theme, most, height=400)
        found.append(charts)
    return found


_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ background: {ground}; color: {ink}; font: 16px/1.45 {font}; margin: 2rem; }}
main {{ max-width: {wide}px; margin: auto; }}
h1 {{ font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }} h2 {{ font-size: 1.1rem; }}
.faint {{ color: {faint}; margin-top: .3rem; }}
table {{ border-collapse: collapse; }} td, th {{ padding: .25rem 1.2rem .25rem 0; border-bottom: 1px solid {grid}; }}
td + td, th + th {{ text-align: right; }} th {{ text-align: left; }}
.sides {{ display: grid; grid-template-columns: repeat({columns}, minmax(0, 1fr)); gap: 1rem 2rem; }}
.sides section > div {{ margin-bottom: 1.2rem; }}
@media (max-width: 900px) {{ .sides {{ grid-template-columns: minmax(0, 1fr); }} }}
</style></head><body><main>"""


def _chart(figure: Any, name: str) -> str:
    camera = {"format": "svg", "filename": name}
    config = {
        "displaylogo": False,
        "responsive": True,
        "modeBarButtons": [["toImage", "resetViews"]],
        "toImageButtonOptions": camera,
    }
    return str(
        figure.to_html(full_html=False, include_plotlyjs=False, include_mathjax=False, config=config, div_id=name)
    )


def _pairs(looks: Sequence[DiversityFigures], names: Sequence[str]) -> str:
    """Verbs with their objects on both sides, those of the largest share first."""
    both = pairs_beside(looks[0], looks[1])
    head = "".join(f"<th>n, {name}</th>" for name in map(escape, names))
    head += "".join(f"<th>%, {name}</th>" for name in map(escape, names))
    rows = "".join(
        f"<tr><td>{escape(f'{one.verb} {one.noun}')}</td>{_cells((one.left, one.right))}"
        f"{_percent(one.left_share)}{_percent(one.right_share)}"
        f"<td>{'-' if one.points is None else f'{one.points:+.2f}'}</td></tr>"
        for one in both[:PAIRS_SHOWN]
    )
    more = f"<p class=faint>The first {PAIRS_SHOWN} of {len(both):,}.</p>" if len(both) > PAIRS_SHOWN else ""
    return (
        "<h2>Verbs and objects side by side</h2>"
        f"<table><tr><th></th>{head}<th>points more on the right</th></tr>{rows}</table>{more}"
    )


def _percent(share: float | None) -> str:
    return f"<td>{'-' if share is None else f'{100 * share:.2f}'}</td>"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of a table under the names of the first."""
    head = "".join(f"<th>{escape(name)}</th>" for name in list(rows[0])[1:])
    return (
        f"<table><tr><th></th>{head}</tr>"
        + "".join(
            f"<tr><td>{escape(first)}</td>{_cells(values)}</tr>" for first, *values in (row.values() for row in rows)
        )
        + "</table>"
    )


def _kind_note(looks: Sequence[DiversityFigures]) -> str:
    n = sum(look.texts.unknown_kind for look in looks)
    return (
        f"<p class=faint>Of {number_of(n, 'task')} nobody has said whether they are classification; they count as "
        f"not.</p>" * (n > 0)
    )


def _cells(values: Iterable[float | int | None]) -> str:
    return "".join(f"<td>{number(value)}</td>" for value in values)


def number(value: float | int | None) -> str:
    """A statistic for reading: a dash where there is none."""
    return "-" if value is None else f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
