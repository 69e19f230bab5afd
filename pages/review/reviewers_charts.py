"""Reviewers as pictures: grades of each, two of them cell by cell, pace and share valid over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from core.diversity.theme import GRADES, Theme, dress, hue, ink_on
from core.maps.drawing import RING
from core.records import Grade
from core.review.reviewers import VERDICTS, ComparedReviewers, RatingBlock, TwoReviewers
from core.statistics.estimates import Proportion, proportion
from core.words import number_of
from pages.shared.charts import ROOM, label
from pages.shared.plain import sendable

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LONGEST = 24  # characters of a name
DASHES, SIGNS = ("solid", "dash", "dot", "dashdot"), ("circle", "square", "diamond", "triangle-up", "x")


def grade_bars(found: ComparedReviewers, theme: Theme) -> Figure:
    """A bar a reviewer, in shares of their own ratings; `customdata` is (reviewer's place, what they said, words)."""
    from plotly import graph_objects as go

    counts = [found.grades(name) for name in found.names]
    totals = [sum(each.values()) for each in counts]
    there = [said for said in VERDICTS if any(said in each for each in counts)]
    names = [f"{label(_short(name))} (n = {n:,})" for name, n in zip(found.names, totals, strict=True)]
    figure = go.Figure(
        [
            go.Bar(
                y=names,
                x=[100 * each.get(said, 0) / n for each, n in zip(counts, totals, strict=True)],
                name=said,
                orientation="h",
                marker={"color": _colour(said)},
                text=[said if each.get(said, 0) / n > 0.04 else "" for each, n in zip(counts, totals, strict=True)],
                textposition="inside",
                insidetextanchor="middle",
                textfont={"color": ink_on(_colour(said)), "size": 12.5},
                customdata=[
                    [at, said, f"{names[at]}<br>{said}: {each.get(said, 0):,}, {each.get(said, 0) / n:.0%}"]
                    for at, (each, n) in enumerate(zip(counts, totals, strict=True))
                ],
                hovertemplate="%{customdata[2]}<extra></extra>",
                unselected={"marker": {"opacity": 0.4}},
            )
            for said in there
        ]
    )
    n = sum(totals)
    subtitle = f"n = {number_of(n, 'rating')} of present texts by {number_of(len(totals), 'reviewer')}, at the desk"
    dress(figure, theme, "What each reviewer says", subtitle, 130 + 34 * len(names))
    figure.update_layout(barmode="stack", margin={"l": 8, "b": 40})
    figure.update_xaxes(range=[0, 100], title_text="% of their ratings")
    figure.update_yaxes(title=ROOM, automargin=True, autorange="reversed", showgrid=False, rangemode="normal")
    return figure


def two_matrix(two: TwoReviewers, theme: Theme) -> Figure:
    """How often the first said this where the second said that; `customdata` is the cell's place, -1 for none."""
    from plotly import graph_objects as go

    there = [said for said in VERDICTS if any(said in (cell.first, cell.second) for cell in two.cells)]
    at = {(cell.first, cell.second): place for place, cell in enumerate(two.cells)}
    counts = [[two.cells[at[a, b]].n if (a, b) in at else 0 for b in there] for a in there]
    most = max(max(row) for row in counts)
    first, second = label(_short(two.first)), label(_short(two.second))
    cells: dict[str, list[Any]] = {"x": [], "y": [], "colour": [], "text": [], "ink": [], "data": []}
    for row, a in enumerate(there):
        for column, b in enumerate(there):
            n = counts[row][column]
            cells["x"].append(column)
            cells["y"].append(row)
            shade = _shade(n / most, a == b, theme)
            cells["colour"].append(shade)
            cells["text"].append(f"{n:,}" if n else "·")
            cells["ink"].append(ink_on(shade))
            cells["data"].append(
                [at.get((a, b), -1), f"{first}: {a}, {second}: {b}<br>{n:,} of {number_of(two.n, 'item')}"]
            )
    figure = go.Figure(
        go.Scatter(
            x=cells["x"],
            y=cells["y"],
            mode="markers+text",
            marker={
                "symbol": "square",
                "size": 52,
                "color": cells["colour"],
                "line": {"width": 1, "color": theme.grid},
            },
            text=cells["text"],
            textfont={"size": 14, "color": cells["ink"]},
            customdata=cells["data"],
            hovertemplate="%{customdata[1]}<extra></extra>",
            unselected={"marker": {"opacity": 0.55}},
        )
    )
    subtitle = (
        f"n = {number_of(two.n, 'item')} that both have rated<br>the same on {_words(proportion(two.same, two.n))}"
    )
    dress(figure, theme, f"{first} and {second}", subtitle, 168 + 62 * len(there))
    figure.update_layout(margin={"t": 118})
    places: dict[str, Any] = {"tickvals": list(range(len(there))), "ticktext": there, "showgrid": False}
    figure.update_xaxes(
        **places, title_text=second, side="top", range=[-0.6, len(there) - 0.4], showline=False, zeroline=False
    )
    figure.update_yaxes(
        **places, title_text=first, range=[len(there) - 0.4, -0.6], rangemode="normal", zeroline=False, showline=False
    )
    return figure


def over_time(blocks: Mapping[str, Sequence[RatingBlock]], theme: Theme) -> Figure:
    """Share valid with its interval, and ratings an hour, block by block; `customdata` is (reviewer's place, block)."""
    from plotly import graph_objects as go
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=1, vertical_spacing=0.14, shared_xaxes=True)
    for place, (name, own) in enumerate(blocks.items()):
        colour = hue(place, len(blocks), RING[theme.name])
        shares = [proportion(one.valid, one.judged) for one in own]
        told = [
            [
                place,
                at,
                f"{label(_short(name))}, {number_of(one.n, 'rating')}, {_day(one.at)}<br>valid: "
                f"{_words(share)}<br>{_pace(one)}",
            ]
            for at, (one, share) in enumerate(zip(own, shares, strict=True))
        ]
        how: dict[str, Any] = {
            "x": list(accumulate(one.n for one in own)),
            "mode": "lines+markers",
            "line": {"color": colour, "width": 2, "dash": DASHES[place % len(DASHES)]},
            "marker": {"size": 9, "symbol": SIGNS[place % len(SIGNS)], "color": colour},
            "customdata": told,
            "hovertemplate": "%{customdata[2]}<extra></extra>",
            "name": label(_short(name)),
        }
        bars = {
            "array": [(share.high or 0) - (share.percent or 0) for share in shares],
            "arrayminus": [(share.percent or 0) - (share.low or 0) for share in shares],
            "thickness": 1,
            "width": 3,
        }
        figure.add_trace(go.Scatter(y=[share.percent for share in shares], error_y=bars, **how), row=1, col=1)
        figure.add_trace(go.Scatter(y=[one.per_hour for one in own], showlegend=False, **how), row=2, col=1)
    n = sum(one.n for own in blocks.values() for one in own)
    subtitle = (
        f"n = {number_of(n, 'rating')} in {number_of(sum(map(len, blocks.values())), 'block')}, with 95% intervals; "
        "breaks left out"
    )
    dress(figure, theme, "Drift and pace over time", subtitle, 470)
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": -0.14, "yanchor": "top", "x": 0}, margin={"b": 84}
    )
    figure.update_yaxes(title_text="% valid", range=[-3, 103], row=1, showgrid=True)
    figure.update_xaxes(title_text="their ratings so far, in order of time", row=2, rangemode="tozero")
    figure.update_yaxes(title_text="ratings an hour", row=2, showgrid=True)
    if not any(one.per_hour for own in blocks.values() for one in own):
        words = "no pace: nobody has rated long enough without a break"
        figure.add_annotation(text=words, xref="x2 domain", yref="y2 domain", x=0.5, y=0.5, showarrow=False)
        figure.update_yaxes(row=2, showticklabels=False)
    return figure


def _words(share: Proportion) -> str:
    if share.percent is None:
        return "nothing judged"
    return f"{share.yes:,} of {share.n:,}, {share.percent:.0f}% [{share.low:.0f}, {share.high:.0f}]"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _pace(one: RatingBlock) -> str:
    return f"{one.per_hour:,.0f} an hour" if one.per_hour else "no pace: too few without a break"


def _colour(said: str) -> str:
    return {"valid": GRADES[Grade.A], "invalid": GRADES[Grade.D]}.get(said) or GRADES[Grade(said)]


def _shade(share: float, same: bool, theme: Theme) -> str:
    """From the ground to the colour of agreement, or of difference."""
    if not share:
        return theme.ground
    strong = theme.bar if same else theme.paper
    mixed = [
        round(int(theme.ground[at : at + 2], 16) * (1 - share) + int(strong[at : at + 2], 16) * share)
        for at in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _short(name: str) -> str:
    plain = "".join(sign if sign.isprintable() else " " for sign in sendable(name))
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
