"""The diversity page's charts and what a click on them means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.diversity.axes import highest_share, length_histograms
from core.diversity.beside import PAIRS_SHOWN, names_beside, pairs_beside
from core.diversity.job import ParserChoice
from core.diversity.numbers import THIS, table1_beside
from core.diversity.report import PAPER_MEANS, number
from core.diversity.statistics import Histogram
from core.diversity.theme import Theme
from core.diversity.view import TEXTS, DiversityFigures, judged_pairs
from core.words import number_of
from pages.diversity.filters import Side
from pages.diversity.picked import Picked, pick
from pages.shared import clicked, session, tables


@dataclass(frozen=True, slots=True)
class Drawing:
    """How charts are drawn: how many verbs and objects, in which dress, and what the camera saves."""

    verbs: int
    nouns: int
    theme: Theme
    image: str
    by_valid: bool = False  # sunbursts are coloured by the share valid

    def config(self, name: str) -> dict[str, Any]:
        return {
            "displaylogo": False,
            "modeBarButtonsToRemove": [
                "zoom2d",
                "pan2d",
                "select2d",
                "lasso2d",
                "zoomIn2d",
                "zoomOut2d",
                "autoScale2d",
            ],
            "toImageButtonOptions": {"format": self.image, "filename": name, "scale": 3 if self.image == "png" else 1},
        }


def sunburst_of(
    place: int, side: Side, look: DiversityFigures, choice: ParserChoice, drawing: Drawing, order: Sequence[str]
) -> None:
    """The sunburst of one side, or why there is none."""
    from core.diversity.charts import sector_id, sunburst

    table = look.table(drawing.verbs, drawing.nouns)
    if choice.parser is None:
        st.info("No verbs and nouns: no parser here reads this pool's language.")
        return
    if not table.sectors:
        waiting = "The first instructions are being parsed." if look.waiting else "No task here has a verb and a noun."
        st.info(waiting)
        return
    sectors: dict[str, tuple[str, tuple[str, ...]]] = {
        sector_id(s.verb, s.noun): (s.verb, (s.noun,)) for s in table.sectors
    }
    for verb in table.verb_counts():
        sectors[sector_id(verb)] = (verb, tuple(s.noun for s in table.sectors if s.verb == verb))
    key = f"sunburst-{side.pool.id}-{place}"
    asked = (session.database(), side.pool.id, side.wanted, choice.key, session.reviewer())
    judged = judged_pairs(*asked) if drawing.by_valid else None

    def follow() -> None:
        verb, nouns = sectors.get(str(clicked.first(st.session_state[key]).get("id")), ("", ()))
        name = f"{verb} › {nouns[0]}" if len(nouns) == 1 else verb
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
        pick(Picked(place, name, verb=verb, nouns=nouns) if verb else None)

    st.plotly_chart(
        sunburst(table, drawing.theme, choice.parser.label, order, judged=judged),
        key=key,
        on_select=follow,
        selection_mode="points",
        theme=None,
        config=drawing.config("root-verbs"),
        alt=f"Sunburst of root verbs and their objects; {table.sentence}.",
    )


def rouge_of(place: int, side: Side, look: DiversityFigures, drawing: Drawing, top: float | None, height: int) -> None:
    """How near the tasks of one side are to their seeds."""
    from core.diversity.charts import rouge_bars

    histogram = look.rouge()
    if not histogram.n:
        st.info("Seeds are not measured against themselves." if side.wanted.origin == "seed" else _NO_SCORE)
        return
    key = f"rouge-{side.pool.id}-{place}-{st.session_state.get(_TURN, 0)}"

    def follow() -> None:
        at = clicked.place(st.session_state[key], len(histogram.bins), "point_index")
        if at is None:
            pick(None)
            return
        bar = histogram.bins[at]
        pick(Picked(place, f"ROUGE-L {bar.low:.2f} to {bar.high:.2f}", low=bar.low, high=bar.high))

    st.plotly_chart(
        rouge_bars(histogram, drawing.theme, top=top, height=height),
        key=key,
        on_select=follow,
        selection_mode="points",
        theme=None,
        config=drawing.config("rouge-to-seed"),
        alt=f"Histogram of ROUGE-L to the nearest seed, n = {histogram.n}.",
    )


def lengths_of(chosen: Sequence[Side], found: Sequence[DiversityFigures], drawing: Drawing) -> None:
    """Lengths of every side, one under the other on the same axes."""
    from core.diversity.charts import length_bars

    histograms = length_histograms(found)
    several = len(found) > 1
    tops = {text: highest_share([each[text] for each in histograms]) for text in TEXTS} if several else None
    for place, (side, look, each) in enumerate(zip(chosen, found, histograms, strict=True)):
        of = side.heading if several else ""
        key = f"lengths-{side.pool.id}-{place}-{st.session_state.get(_TURN, 0)}"
        st.plotly_chart(
            length_bars(each, drawing.theme, look.texts.unit, PAPER_MEANS, tops, of),
            key=key,
            on_select=_picks_length(key, place, each, look.texts.unit),
            selection_mode="points",
            theme=None,
            config=drawing.config("lengths"),
            alt="Histograms of the lengths of instructions, inputs and outputs.",
        )


def _picks_length(key: str, place: int, histograms: Mapping[str, Histogram], unit: str) -> Callable[[], None]:
    """What a click on a bar of lengths picks: the tasks with such a text."""

    def follow() -> None:
        seen = st.session_state[key]
        curve = clicked.place(seen, len(histograms), "curve_number")
        text = list(histograms)[curve or 0]
        at = clicked.place(seen, len(histograms[text].bins), "point_index")
        if curve is None or at is None:
            pick(None)
            return
        bar = histograms[text].bins[at]
        name = f"{text} of {bar.low:.0f} to {bar.high - 1:.0f} {unit}"
        pick(Picked(place, name, low=bar.low, high=bar.high, text=text))

    return follow


def growth_of(
    place: int, chosen: Side, look: DiversityFigures, drawing: Drawing, most: tuple[int, int] | None, height: int = 320
) -> None:
    """Whether one side's pool still finds new things."""
    from core.diversity.growth_chart import growth_lines

    if len(look.growth) < 2:
        is_release = chosen.wanted.release_id is not None
        st.caption("Coverage over time is a pool's." if is_release else "Coverage over time needs two batches.")
        return
    st.plotly_chart(
        growth_lines(look.growth, drawing.theme, most, height),
        key=f"growth-{place}",
        theme=None,
        config=drawing.config("coverage-over-time"),
        alt="Different verb-noun pairs so far, and the share of candidates accepted, by batch.",
    )


def pairs_of(chosen: Sequence[Side], found: Sequence[DiversityFigures]) -> None:
    """Verbs with their objects on both sides: how many, which share, and by how many points the shares differ."""
    left, right = names_beside([side.name for side in chosen])
    st.subheader("Verbs and objects side by side", anchor=False)
    both = pairs_beside(*found)
    tables.show(
        [
            {
                "verb": one.verb,
                "object": one.noun,
                f"n, {left}": one.left,
                f"n, {right}": one.right,
                f"%, {left}": None if one.left_share is None else 100 * one.left_share,
                f"%, {right}": None if one.right_share is None else 100 * one.right_share,
                "points more": one.points,
            }
            for one in both[:PAIRS_SHOWN]
        ],
        key="pairs-beside",
        at_most=300,
        column_config={
            **{f"%, {name}": st.column_config.NumberColumn(format="%.2f") for name in (left, right)},
            "points more": st.column_config.NumberColumn(format="%+.2f", help=f"of {right} than of {left}"),
        },
    )
    if len(both) > PAIRS_SHOWN:
        st.caption(f"The first {PAIRS_SHOWN} of {len(both):,}; the download has all.")


def table1_of(chosen: Sequence[Side], found: Sequence[DiversityFigures]) -> None:
    """Table 1 of every side beside the paper's."""
    st.subheader("Table 1", anchor=False)
    names = [THIS] if len(found) == 1 else names_beside([side.name for side in chosen])
    tables.show(
        [
            {name: value if name == "statistic" else number(value) for name, value in row.items()}
            for row in table1_beside(found, names)
        ],
        key="table-1",
        column_config={
            name: st.column_config.TextColumn(width="small", alignment="right") for name in [*names, "paper"]
        },
    )
    unknown = sum(look.texts.unknown_kind for look in found)
    if unknown:
        st.caption(
            f"Of {number_of(unknown, 'task')} nobody has said whether they are classification; they count as not."
        )


_TURN = "look-turn"  # goes up when a sector is clicked, so that no bar stays marked
_NO_SCORE = "No task is measured: the pool has no seeds that are switched on."
