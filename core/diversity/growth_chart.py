"""Coverage over time as a chart: does the run still find new things, and what does it cost in candidates?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.diversity.growth import Step
from core.diversity.theme import Theme, dress
from core.words import number_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def growth_lines(steps: Sequence[Step], theme: Theme, most: tuple[int, int] | None = None, height: int = 330) -> Figure:
    """Different pairs so far above, acceptance of each batch below, over the candidates so far.

    `most`: the last candidate and the highest number of pairs that the axes must hold, for charts side by side.
    """
    from plotly import graph_objects as go
    from plotly.subplots import make_subplots

    are_known = bool(steps) and steps[-1].pairs > 0  # before a parse no pair is known: a line at nothing would be false
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.09, row_heights=[0.6, 0.4])
    numbers = [step.number for step in steps]
    told = [
        f"{_batches(step)}, up to candidate {step.number:,}<br>{number_of(step.pairs, 'different pair')}, "
        f"{step.new_pairs:,} new"
        f"<br>{step.accepted:,} of {step.candidates:,} accepted, {step.acceptance:.0%}"
        for step in steps
    ]
    marks = "lines+markers" if len(steps) < 40 else "lines"
    for row, values, colour in (
        (1, [step.pairs if are_known else None for step in steps], theme.line),
        (2, [100 * step.acceptance for step in steps], theme.bar),
    ):
        line = go.Scatter(
            x=numbers,
            y=values,
            mode=marks,
            line={"color": colour, "width": 2.2},
            marker={"size": 5, "color": colour},
            customdata=told,
            hovertemplate="%{customdata}<extra></extra>",
        )
        figure.add_trace(line, row=row, col=1)
    dress(figure, theme, "Coverage over time", _sentence(steps), height)
    figure.update_yaxes(title_text="different pairs", row=1, col=1)
    figure.update_yaxes(title_text="accepted, %", range=[0, 104], row=2, col=1)
    figure.update_xaxes(title_text="candidates so far", row=2, col=1)
    figure.update_xaxes(range=[0, 1.02 * (most[0] if most else max(numbers, default=1))])
    if most:
        figure.update_yaxes(range=[0, 1.06 * most[1] or 1], row=1, col=1)
    return figure


def _sentence(steps: Sequence[Step]) -> str:
    """How many new pairs a hundred accepted tasks brought at the beginning and at the end."""
    quarter = max(1, len(steps) // 4)
    if steps and not steps[-1].pairs:
        return "no verb-noun pairs so far (a task that is not parsed has none);<br>the share of candidates that got in"
    if len(steps) < 2:
        return "different verb-noun pairs so far, and the share of candidates that got in"
    first, last = _new_a_hundred(steps[:quarter]), _new_a_hundred(steps[-quarter:])
    return f"new pairs in 100 accepted tasks:<br>{first} in the first quarter, {last} in the last"


def _new_a_hundred(steps: Sequence[Step]) -> str:
    accepted = sum(step.accepted for step in steps)
    return f"{100 * sum(step.new_pairs for step in steps) / accepted:.0f}" if accepted else "none"


def _batches(step: Step) -> str:
    return "one batch" if step.batches == 1 else f"{number_of(step.batches, 'batch')}"
