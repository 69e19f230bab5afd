"""Fates, acceptance and cost, run beside run or batch beside batch, as one picture of four panels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.diversity.theme import Theme, dress, hue
from core.gate.rules import sentence
from core.selfinstruct.yields import RunYield
from core.words import money, number_of
from pages.shared.charts import label

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ACCEPTED, TAKEN_OUT, OTHERS = "accepted", "taken out by a person", "other rules"
MOST_RULES = 5  # with a colour of their own; the table and the file have every rule
_IN_THE_MIDDLE = {"showarrow": False, "x": 0.5, "y": 0.5, "xref": "x domain", "yref": "y domain"}
PANELS = ("candidates by fate", "accepted, % of candidates", "$ for an accepted task", "$ for an approved instance")


def yield_panels(found: Sequence[RunYield], theme: Theme, height: int = 560) -> Figure:
    """Candidates by fate, acceptance, dollars for a task and for an approved instance; `customdata` is the place."""
    from plotly import graph_objects as go
    from plotly.subplots import make_subplots

    names = [name_of(one) for one in found]
    figure = make_subplots(
        rows=2, cols=2, vertical_spacing=0.2, horizontal_spacing=0.11, subplot_titles=[label(one) for one in PANELS]
    )

    def bars(values: Sequence[float | None], told: Sequence[str], colour: str, name: str, **how: Any) -> Any:
        return go.Bar(
            x=names,
            y=list(values),
            name=label(name),
            marker={"color": colour},
            customdata=[[at, label(text)] for at, text in enumerate(told)],
            hovertemplate="%{customdata[1]}<extra></extra>",
            **how,
        )

    for fate, colour in _colours(found, theme).items():
        n = [fates(one, rules_of(found)).get(fate, 0) for one in found]
        told = [f"{name}: {k:,} of {one.candidates:,}, {fate}" for name, k, one in zip(names, n, found, strict=True)]
        figure.add_trace(bars(n, told, colour, fate), row=1, col=1)
    panels = (
        (1, 2, [100 * one.acceptance for one in found], [f"{one.accepted:,} of {one.candidates:,}" for one in found]),
        (2, 1, [one.usd_per_task for one in found], [_of(one, one.accepted, "accepted tasks") for one in found]),
        (2, 2, [one.usd_per_approved for one in found], [_of(one, one.approved, "approved") for one in found]),
    )
    for row, col, values, behind in panels:
        unit = "{:.0f}%" if row == 1 else "${:.4f}"
        said = [unit.format(value) if value is not None else "no figure" for value in values]
        told = [f"{name}: {text}, {n}" for name, text, n in zip(names, said, behind, strict=True)]
        colour = theme.bar if row == 1 else theme.line
        figure.add_trace(bars(values, told, colour, "", showlegend=False), row=row, col=col)
        if not any(values):
            figure.add_annotation(
                **_IN_THE_MIDDLE, text="none is accepted" if row == 1 else _no_dollars(found), row=row, col=col
            )
    candidates = sum(one.candidates for one in found)
    of = "runs" if found[0].batch is None else f"batches of run {found[0].run_id}"
    of = of if len(found) > 1 else of.replace("runs", "run").replace("batches", "batch")
    subtitle = f"n = {number_of(candidates, 'candidate')} in {len(found):,} {of}, as they stand now"
    figure.update_annotations(font={"size": 12.5, "color": theme.faint}, bgcolor=theme.ground)
    dress(figure, theme, "What came, and what it cost", subtitle, height)
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        legend={"orientation": "h", "y": -0.08, "yanchor": "top", "x": 0, "traceorder": "normal", "font": {"size": 12}},
        margin={"t": 90, "b": 90},
    )
    figure.update_xaxes(type="category", nticks=16)
    figure.update_yaxes(showgrid=True)
    figure.update_yaxes(range=[0, 104], row=1, col=2)
    figure.update_yaxes(tickformat="$.3~r", rangemode="tozero", row=2)  # $0.0002, where plotly would write 200μ
    return figure


def name_of(one: RunYield) -> str:
    """What a bar is called: its run, or its batch counted from one."""
    return f"run {one.run_id}" if one.batch is None else f"{one.batch + 1}"


def rules_of(found: Sequence[RunYield]) -> tuple[str, ...]:
    """The rules that dropped most, which have a colour of their own."""
    total: Counter[str] = Counter()
    for one in found:
        total.update(one.dropped)
    return tuple(rule for rule, _ in total.most_common(MOST_RULES))


def fates(one: RunYield, named: Sequence[str]) -> dict[str, int]:
    """How many candidates have which fate, in words; rules without a colour are put together."""
    found = {ACCEPTED: one.accepted} | {sentence(rule): one.dropped.get(rule, 0) for rule in named}
    found[OTHERS] = sum(n for rule, n in one.dropped.items() if rule not in named)
    return found | {TAKEN_OUT: one.taken_out}


def _colours(found: Sequence[RunYield], theme: Theme) -> dict[str, str]:
    """Every fate that occurs with its colour, in the order of the stack."""
    named = rules_of(found)
    there = Counter[str]()
    for one in found:
        there.update(fates(one, named))
    shown = [fate for fate in fates(found[0], named) if there[fate] or fate == ACCEPTED]
    rest = [fate for fate in shown if fate != ACCEPTED]
    places = {fate: hue(place + 3, len(rest) + 4, theme.verb) for place, fate in enumerate(rest)}
    return {fate: places.get(fate, theme.bar) for fate in shown}


def _no_dollars(found: Sequence[RunYield]) -> str:
    """Why a panel of dollars has no bar."""
    if all(one.usage.usd is None for one in found):
        return "no price is known"
    return "nothing to divide by yet" if any(one.usage.usd for one in found) else "every reply was free"


def _of(one: RunYield, n: int, what: str) -> str:
    return f"{money(one.usage.usd)} for {n:,} {what}"
