"""Evaluate's charts. Models' names come from people: every label is escaped, for plotly renders markup in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from core.diversity.theme import GRADES, Theme, dress, ink_on
from core.evaluation.curves import GRADE_A, GRADE_A_OR_B, ROUGE_L, Point
from core.evaluation.grading import ModelGrades
from core.evaluation.paper import BETTER_OUTPUTS, BY_SIZE, HUMAN, SUPERNI
from core.evaluation.scores import Scores
from core.records import Grade
from core.words import number_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FADED = 0.45  # of its colour is left of a bar of the paper's
_LONGEST = 34
_MEANINGS = {Grade.A: "A satisfying", Grade.B: "B minor faults", Grade.C: "C major faults", Grade.D: "D invalid"}


def label(name: str) -> str:
    """A model's name as a chart may show it."""
    short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    return escape(short, quote=False)


def stacked(models: Sequence[ModelGrades], with_paper: bool, theme: Theme) -> Figure:
    """The paper's bars: each model's responses by grade, counts inside; the paper's eight rows below, faded."""
    from plotly import graph_objects as go

    ours = [(label(each.model), each.n, each.counts, 1.0) for each in models]
    paper = [(f"{row.model} (paper)", row.n, row.counts, FADED) for row in HUMAN] if with_paper else []
    rows = [*ours, *reversed(paper)]
    figure = go.Figure()
    for grade, colour in GRADES.items():
        shades = [_faded(colour, share, theme.ground) for *_, share in rows]
        figure.add_trace(
            go.Bar(
                y=[name for name, *_ in rows],
                x=[100 * counts[grade] / n if n else 0 for _, n, counts, _ in rows],
                orientation="h",
                name=_MEANINGS[grade],
                marker={"color": shades},
                textfont={"color": [ink_on(shade) for shade in shades]},
                text=[str(counts[grade]) if n and counts[grade] / n > 0.03 else "" for _, n, counts, _ in rows],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                customdata=[[counts[grade], n] for _, n, counts, _ in rows],
                hovertemplate="%{y}: grade "
                + grade.value
                + " %{customdata[0]} of %{customdata[1]} (%{x:.1f}%)<extra></extra>",
            )
        )
    n = max((each.n for each in models), default=0)
    title = "Grades by people, blind" + (", the paper's models below" if with_paper else "")
    _laid_out(figure, title, f"up to n = {number_of(n, 'response')} of a model", theme, 136 + 27 * len(rows))
    figure.update_layout(barmode="stack", bargap=0.28)
    figure.update_yaxes(autorange="reversed", automargin=True)
    # A little more than all of it: the last number of the axis would be cut in half.
    figure.update_xaxes(title_text="% of the responses; A and B count as valid", ticksuffix="%", range=[0, 101])
    return figure


def reference(models: Mapping[str, Scores], theme: Theme) -> Figure:
    """ROUGE-L of each model with its interval over tasks, the paper's Table 3 as open diamonds."""
    from plotly import graph_objects as go

    rows = [(label(name), each.overall.rouge_l) for name, each in models.items()]
    known = [(name, interval) for name, interval in rows if interval.value is not None]
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            y=[f"{name} (paper)" for name, _ in SUPERNI],
            x=[value for _, value in SUPERNI],
            mode="markers",
            name="paper, on SuperNI's 119 tasks: another set, for scale",
            marker={"symbol": "diamond-open", "size": 9, "color": theme.paper},
            hovertemplate="%{y}: %{x:.1f}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            y=[name for name, _ in known],
            x=[interval.value for _, interval in known],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [(i.high or i.value or 0) - (i.value or 0) for _, i in known],
                "arrayminus": [(i.value or 0) - (i.low or i.value or 0) for _, i in known],
            },
            mode="markers",
            name="this set, 95% interval over tasks",
            marker={"size": 10, "color": theme.line},
            hovertemplate="%{y}: %{x:.1f}<extra></extra>",
        )
    )
    n = max((each.overall.n for each in models.values()), default=0)
    told = f"up to n = {number_of(n, 'response')} of a model, with 95% intervals"
    _laid_out(figure, "ROUGE-L against the references", told, theme, 350 + 22 * len(models))
    figure.update_xaxes(title_text="ROUGE-L, 0 to 100", rangemode="tozero")
    figure.update_yaxes(automargin=True, rangemode="normal")
    return figure


_AXES = {GRADE_A: "responses graded A, %", GRADE_A_OR_B: "responses graded A or B, %", ROUGE_L: "ROUGE-L, 0 to 100"}
_LINES = ("#2a8f77", "#3f6fb5", "#8a5fb0", "#777777") * 8


def by_size(lines: Mapping[str, Sequence[Point]], measure: str, theme: Theme) -> Figure:
    """A figure by training size, one line a quality; the paper's points beside, where it has that figure."""
    from plotly import graph_objects as go

    figure = go.Figure()
    if measure == GRADE_A:
        figure.add_trace(
            go.Scatter(
                x=[size for size, _ in BY_SIZE],
                y=[percent for _, percent in BY_SIZE],
                mode="lines+markers",
                name="paper",
                line={"color": theme.paper, "dash": "dot"},
                marker={"symbol": "diamond-open", "size": 9},
                hovertemplate="paper, %{x:,} instructions: %{y:.1f}% A<extra></extra>",
            )
        )
        figure.add_trace(_paper_point("paper, outputs by a stronger model", *BETTER_OUTPUTS, theme))
    else:
        # The paper has these figures at one size alone: all 51,200 instructions, as it made them.
        known = {GRADE_A_OR_B: _PAPERS_OWN.valid_percent, ROUGE_L: dict(SUPERNI)[_PAPERS_OWN.model]}[measure]
        told = "paper, GPT3 Self-Instruct" + (", on SuperNI: another set" if measure == ROUGE_L else "")
        figure.add_trace(_paper_point(told, BY_SIZE[-1][0], known, theme))
    for colour, (quality, points) in zip(_LINES, lines.items(), strict=False):
        figure.add_trace(
            go.Scatter(
                x=[point.size for point in points],
                y=[point.figure.value for point in points],
                error_y=_errors(points),
                customdata=[label(point.model) for point in points],
                mode="lines+markers",
                name=label(quality) or "this database",
                line={"color": colour},
                hovertemplate="%{customdata}, %{x:,} instances: %{y:.1f}<extra></extra>",
            )
        )
    title = f"{measure[0].upper()}{measure[1:]} by the size of the training data"
    _laid_out(figure, title, _told(sum(map(len, lines.values()))), theme, 440)
    figure.update_xaxes(type="log", title_text="training instances (log)", dtick="D2", tickformat=",d")
    figure.update_yaxes(title_text=_AXES[measure], rangemode="tozero", automargin=True)
    return figure


def by_quality(points: Sequence[Point], measure: str, theme: Theme) -> Figure:
    """A figure by the quality of what models learned from, a colour each; the paper's two qualities beside."""
    from plotly import graph_objects as go

    figure = go.Figure()
    if measure == GRADE_A:
        paper = (
            ("outputs as generated (paper)", BY_SIZE[-1][1]),
            ("outputs by a stronger model (paper)", BETTER_OUTPUTS[1]),
        )
        figure.add_trace(
            go.Scatter(
                x=[value for _, value in paper],
                y=[name for name, _ in paper],
                mode="markers",
                name="paper, 51,200 instructions",
                marker={"symbol": "diamond-open", "size": 10, "color": theme.paper},
                hovertemplate="%{y}: %{x:.1f}% A<extra></extra>",
            )
        )
    qualities = list(dict.fromkeys(point.quality for point in points))
    for colour, quality in zip(_LINES, qualities, strict=False):
        its = [point for point in points if point.quality == quality]
        figure.add_trace(
            go.Scatter(
                x=[point.figure.value for point in its],
                y=[label(quality)] * len(its),
                error_x=_errors(its),
                customdata=[
                    f"{label(point.model)}, {number_of(point.size, 'instance')}" if point.size else label(point.model)
                    for point in its
                ],
                mode="markers",
                name=label(quality),
                marker={"size": 10, "color": colour},
                hovertemplate="%{customdata}: %{x:.1f}<extra></extra>",
            )
        )
    title = f"{measure[0].upper()}{measure[1:]} by the quality of the training data"
    _laid_out(figure, title, _told(len(points)), theme, 210 + 34 * len(qualities))
    figure.update_xaxes(title_text=_AXES[measure], rangemode="tozero")
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


_PAPERS_OWN = next(row for row in HUMAN if row.model == "GPT3 Self-Instruct")


def _paper_point(name: str, size: int, value: float, theme: Theme) -> Any:
    from plotly import graph_objects as go

    return go.Scatter(
        x=[size],
        y=[value],
        mode="markers",
        name=name,
        marker={"symbol": "star-open", "size": 12, "color": theme.paper},
        hovertemplate=f"{name}: %{{y:.1f}}<extra></extra>",
    )


def _errors(points: Sequence[Point]) -> dict[str, Any]:
    values = [(point.figure.value or 0.0, point.figure.low, point.figure.high) for point in points]
    return {
        "type": "data",
        "symmetric": False,
        "array": [(high if high is not None else value) - value for value, _, high in values],
        "arrayminus": [value - (low if low is not None else value) for value, low, _ in values],
    }


def _told(models: int) -> str:
    return f"n = {models:,} model" + ("" if models == 1 else "s") + " of this database, with 95% intervals over tasks"


def _faded(colour: str, share: float, ground: str) -> str:
    """A colour of which a share is left on the ground, both #rrggbb: what is written on it is chosen by that."""
    parts = [(int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(share * own + (1 - share) * behind):02x}" for own, behind in parts)


def _laid_out(figure: Figure, title: str, subtitle: str, theme: Theme, height: int) -> Figure:
    dress(figure, theme, title, subtitle, height)
    figure.update_layout(
        showlegend=True,
        margin={"t": 92},
        legend={
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "normal",
            "font": {"size": 12},
        },
    )
    return figure
