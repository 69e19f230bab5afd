"""The charts as plotly figures. Every label that comes from a text is escaped: plotly draws `<b>` and `<a href>`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.diversity.statistics import (
    PAPER_COVERAGE,
    PAPER_INSTRUCTIONS,
    PAPER_WITH_PAIR,
    Histogram,
    VerbNounTable,
)
from core.diversity.theme import Theme, dress, hue
from core.diversity.verbnoun import VerbNoun
from core.gate.rules import THRESHOLD
from core.statistics.estimates import Proportion, proportion
from core.words import number_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ROOT = "/"  # no verb begins like this
LONGEST_LABEL = 18


def sector_id(verb: str, noun: str | None = None) -> str:
    """The id of a verb's sector, or of one of its objects'."""
    whole = verb if noun is None else f"{verb}/{noun}"
    return whole.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair is no JSON


def sunburst(
    table: VerbNounTable,
    theme: Theme,
    parser: str,
    order: Sequence[str] = (),
    height: int = 560,
    judged: Mapping[VerbNoun, tuple[int, int]] | None = None,
) -> Figure:
    """Root verbs inside, their objects around them. `order`: verbs whose colours are fixed, for charts side by side.

    With `judged`, (rated instances, valid ones) by verb and object, colours are shares valid, grey where none is rated.
    """
    from plotly import graph_objects as go

    def valid(verb: str, nouns: Sequence[str]) -> Proportion | None:
        if judged is None:
            return None
        both = [judged.get(VerbNoun(verb, noun), (0, 0)) for noun in nouns]
        return proportion(sum(yes for _, yes in both), sum(n for n, _ in both))

    verbs = table.verb_counts()
    known = list(dict.fromkeys([*order, *verbs]))
    places = {verb: place for place, verb in enumerate(known)}
    nouns: dict[str, int] = dict.fromkeys(verbs, 0)
    covers = "-" if table.coverage is None else f"{table.coverage:.0%}"
    ids, labels, parents, values = [ROOT], [f"<b>{covers}</b><br>of the set"], [""], [table.shown]
    colours, hovers = [theme.ground], [f"{_tasks(table.shown)} of {table.total:,} are in the chart"]
    for verb, count in verbs.items():
        ids.append(sector_id(verb))
        parents.append(ROOT)
        labels.append(shown(verb))
        values.append(count)
        share = valid(verb, [sector.noun for sector in table.sectors if sector.verb == verb])
        colours.append(hue(places[verb], len(known), theme.verb) if share is None else _by_valid(share, theme))
        hovers.append(
            f"<b>{shown(verb)}</b><br>{_tasks(count)} in the chart, {_share(count, table.total)}{_valid(share)}"
        )
    for sector in table.sectors:
        ids.append(sector_id(sector.verb, sector.noun))
        parents.append(sector_id(sector.verb))
        labels.append(shown(sector.noun))
        values.append(sector.count)
        lightness, chroma = theme.noun
        step = 0.012 * (nouns[sector.verb] % 4) * (1 if theme.name == "light" else -1)
        nouns[sector.verb] += 1
        share = valid(sector.verb, [sector.noun])
        own = hue(places[sector.verb], len(known), (lightness + step, chroma))
        colours.append(own if share is None else _by_valid(share, theme))
        hovers.append(
            f"<b>{shown(sector.verb)} › {shown(sector.noun)}</b><br>"
            f"{_tasks(sector.count)}, {_share(sector.count, table.total)}{_valid(share)}"
        )
    figure = go.Figure(
        go.Sunburst(
            ids=ids,
            labels=labels,
            parents=parents,
            values=values,
            branchvalues="total",
            sort=False,
            rotation=90,
            customdata=hovers,
            hovertemplate="%{customdata}<extra></extra>",
            insidetextorientation="radial",
            textfont={"color": theme.ink, "size": 13},
            marker={"colors": colours, "line": {"color": theme.ground, "width": 1.2}},
            leaf={"opacity": 1},
        )
    )
    dress(
        figure,
        theme,
        "Root verbs and their objects",
        f"{table.sentence}, {_share(table.with_pair, table.total)} "
        f"(paper: {PAPER_WITH_PAIR:,} of {PAPER_INSTRUCTIONS:,}, {PAPER_WITH_PAIR / PAPER_INSTRUCTIONS:.0%})<br>"
        f"{len(verbs)} verbs with their objects cover {covers} of the set (paper: {PAPER_COVERAGE:.0%})<br>"
        f"{number_of(table.distinct_pairs, 'different pair')}, read by the {escaped(parser)}{_scale(table, judged)}",
        height,
    )
    figure.update_layout(margin={"l": 4, "r": 4, "b": 6})
    return figure


def rouge_bars(
    histogram: Histogram, theme: Theme, threshold: float = THRESHOLD, top: float | None = None, height: int = 280
) -> Figure:
    """Tasks by their ROUGE-L to the nearest seed. With `top`, shares of the selection on an axis up to there."""
    from plotly import graph_objects as go

    figure = go.Figure(_bars(histogram, theme, top is not None, "ROUGE-L {low:.2f} to {high:.2f}"))
    middle = "no task is measured" if histogram.median is None else f"median {histogram.median:.2f}"
    dress(figure, theme, "ROUGE-L to the nearest seed", f"{middle}, n = {histogram.n:,}", height)
    figure.update_xaxes(title_text="ROUGE-L F1 with the nearest seed", range=[0, 1], dtick=0.1)
    _value_axis(figure, "tasks", top)
    _mark(figure, theme, threshold, f"paper's threshold {threshold:g}", "left" if threshold > 0.5 else "right")
    return figure


def length_bars(
    histograms: dict[str, Histogram],
    theme: Theme,
    unit: str,
    paper: dict[str, float],
    tops: dict[str, float] | None = None,
    of: str = "",
    height: int = 296,
) -> Figure:
    """Lengths of instructions, non-empty inputs and outputs beside each other, with our mean and the paper's.

    `tops`: the highest share of each, for charts that stand side by side; `of` then says whose lengths these are.
    """
    from plotly.subplots import make_subplots

    names = {"instruction": "instruction", "input": "non-empty input", "output": "output"}
    figure = make_subplots(cols=len(histograms), rows=1, horizontal_spacing=0.07)
    for column, (text, histogram) in enumerate(histograms.items(), 1):
        bars_of = _bars(histogram, theme, tops is not None, "{low:.0f} to {last:.0f} " + unit)
        figure.add_trace(bars_of, row=1, col=column)
        figure.update_xaxes(title_text=f"{names[text]}, {unit}<br>n = {histogram.n:,}", row=1, col=column)
        if histogram.bins:
            bars = histogram.bins
            usual = bars[-2].high + (bars[-2].high - bars[-2].low) if len(bars) > 1 else bars[-1].high
            figure.update_xaxes(range=[0, usual], row=1, col=column)
        if histogram.mean is not None and unit == "words":
            _mark(figure, theme, paper[text], f"paper {paper[text]:g}", row=1, col=column)
    means = [
        f"{names[text]} {histogram.mean:.1f}" for text, histogram in histograms.items() if histogram.mean is not None
    ]
    title = f"Lengths, {escaped(of)}" if of else "Lengths"
    dress(figure, theme, title, f"mean {unit}: " + ", ".join(means) if means else "no text yet", height)
    figure.update_layout(margin={"b": 60})  # two lines below each
    for column, text in enumerate(histograms, 1):
        _value_axis(figure, "texts", tops[text] if tops else None, row=1, col=column)
        if column > 1:
            figure.update_yaxes(title_text="", row=1, col=column)
    return figure


def shown(text: str) -> str:
    """A text as a label: escaped, without control characters, cut where it is very long."""
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    if len(plain) > LONGEST_LABEL:
        plain = plain[: LONGEST_LABEL - 1] + "…"
    return escaped(plain)


def escaped(text: str) -> str:
    """A text that plotly draws as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _bars(histogram: Histogram, theme: Theme, as_share: bool, words: str) -> Any:
    """Bars of a histogram, made here and not by plotly, so that a click says which."""
    from plotly import graph_objects as go

    bars = histogram.bins
    width = bars[0].high - bars[0].low if bars else 1
    heights = [100 * bar.count / histogram.n if as_share and histogram.n else bar.count for bar in bars]
    return go.Bar(
        x=[bar.low + width / 2 for bar in bars],
        y=heights,
        width=[width * 0.92] * len(bars),
        marker={"color": theme.bar, "line": {"width": 0}},
        customdata=[
            words.format(low=bar.low, high=bar.high, last=bar.high - 1)
            + f"<br>{bar.count:,} of {histogram.n:,}, {_share(bar.count, histogram.n)}"
            for bar in bars
        ],
        hovertemplate="%{customdata}<extra></extra>",
        text=[
            f"{bar.low:.0f}+" if bar.high - bar.low > 1.5 * width else "" for bar in bars
        ],  # holds all the longer ones
        textposition="outside",
        constraintext="none",
        textfont={"size": 11},
        cliponaxis=False,
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0.35}},
    )


def _value_axis(figure: Any, what: str, top: float | None, **place: int) -> None:
    if top is None:
        figure.update_yaxes(title_text=what, **place)
    else:
        figure.update_yaxes(title_text=f"% of {what}", range=[0, 100 * top * 1.06 or 1], **place)


def _mark(figure: Any, theme: Theme, at: float, words: str, side: str = "right", **place: int) -> None:
    """A dashed line of the paper's, with its words above the bars, which they would hide."""
    figure.add_vline(
        x=at,
        line={"color": theme.paper, "width": 1.4, "dash": "dot"},
        annotation={"text": words, "font": {"size": 12, "color": theme.paper}, "yanchor": "bottom"},
        annotation_position=f"top {side}",
        **place,
    )


def _by_valid(share: Proportion, theme: Theme) -> str:
    """From red (none valid) over yellow to green (all are); the ground's grid where nobody has rated."""
    if share.percent is None:
        return theme.grid
    lightness, chroma = theme.verb
    return hue(round(240 + 1.2 * share.percent), 360, (lightness, chroma))


def _valid(share: Proportion | None) -> str:
    if share is None:
        return ""
    if share.percent is None:
        return "<br>no instance is rated"
    return (
        f"<br>valid: {share.yes:,} of {number_of(share.n, 'rated instance')}, {share.percent:.0f}% "
        f"[{share.low:.0f}, {share.high:.0f}]"
    )


def _scale(table: VerbNounTable, judged: Mapping[VerbNoun, tuple[int, int]] | None) -> str:
    """What the colours mean, where they mean shares; how much they rest on."""
    if judged is None:
        return ""
    here = [judged.get(VerbNoun(sector.verb, sector.noun), (0, 0)) for sector in table.sectors]
    n, yes = sum(rated for rated, _ in here), sum(good for _, good in here)
    rests = (
        f"of {number_of(n, 'rated instance')} in the chart {yes:,} valid" if n else "nothing in the chart is rated yet"
    )
    return f"<br>green: all valid, red: none, grey: not rated<br>{rests}"


def _tasks(n: int) -> str:
    return f"{n:,} task" + ("" if n == 1 else "s")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"
