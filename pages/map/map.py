"""Map: the pool's instructions placed by meaning, coloured, with a lasso that leads to the tasks inside it."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

import streamlit as st

from core.diversity import job as parsing
from core.diversity.job import ParserChoice
from core.diversity.theme import LIGHT, Theme
from core.maps import job, view
from core.maps.drawing import drawn
from core.maps.view import MapColour, PoolMap
from core.records import Refused, Run
from core.release import past
from core.words import brief, money, number_of
from pages.diversity import parser as parsers
from pages.map.chart import map_figure
from pages.map.plan import MapPlan, next_map
from pages.map.selected import selected
from pages.shared import charts, downloads, links, release_choice, running, scripts, session
from pages.shared.charts import theme_here
from pages.shared.release_choice import ReleaseChoice

SAID = {
    "embeddings": "asking for embeddings",
    "words": "counting words",
    "vectors": "making vectors",
    "neighbours": "finding neighbours",
    "layout": "laying out",
    "titles": "finding titles",
}
TOOLS = {"modeBarButtonsToRemove": ["zoom2d", "pan2d", "autoScale2d"], "scrollZoom": True}  # dragging draws the line

pool, database = session.pool(), session.database()


@st.cache_resource(show_spinner=False, max_entries=2)
def _map(pool_id: int, moment: tuple[int, ...]) -> PoolMap | None:
    """The map of a moment; read once for all sessions."""
    return view.newest(database, pool_id)


@st.cache_resource(show_spinner=False, max_entries=4)
def _narrowed(pool_id: int, moment: tuple[int, ...], held: ReleaseChoice, known: Hashable) -> PoolMap | None:
    """The map of a moment with a release's tasks alone, or without them."""
    shown = _map(pool_id, moment)
    asked = held.inside if held.inside is not None else held.outside
    if shown is None or asked is None:
        return shown
    return view.narrowed(database, pool_id, shown, asked, held.inside is not None)


@st.cache_resource(show_spinner=False, max_entries=6)
def _groups(
    pool_id: int,
    moment: tuple[int, ...],
    colour: MapColour,
    parser: str,
    viewer: str,
    held: ReleaseChoice,
    known: Hashable,
) -> list[str]:
    shown = _narrowed(pool_id, moment, held, known)
    return view.groups(database, pool_id, shown, colour, parser, viewer) if shown else []


def _begin(plan: MapPlan) -> None:
    with running.telling():
        job.begin(database, pool.id, plan.recipe, plan.budget, anew=plan.anew)
        session.runner().wake()


def _progress(drawn_run: Run) -> None:
    """How far the run is, each second; the page comes anew when it has ended."""

    @st.fragment(run_every=1)
    def live() -> None:
        run = job.latest(database, pool.id)
        if run is None or not running.is_at_work(run):
            st.rerun()
        done, of = run.counts.get("done", 0), run.counts.get("of", 0)
        stage = SAID.get(run.counts.get("stage", ""), "waiting")
        n = f"{number_of(run.counts['texts'], 'instruction')}: " if "texts" in run.counts else ""
        unit = "texts" if run.counts.get("stage") == "embeddings" else "rounds"
        with st.container(horizontal=True, vertical_alignment="center", key="map-progress"):
            st.progress(done / of if of else 0.0, f"{n}{stage}" + (f", {done:,} of {of:,} {unit}" if of else ""))
            if run.counts.get("requests"):
                st.caption(money(run.counts.get("usd")), width="content")
            running.controls(run, "map-")

    live()


def _verbs(choice: ParserChoice) -> None:
    """Why verbs are missing: no parser reads the pool, or it is still reading; then the page comes anew."""
    if choice.parser is None:
        st.text(choice.reason)
    elif running.is_at_work(parsing.latest(database, pool.id)):

        @st.fragment(run_every=2)
        def reading() -> None:
            run = parsing.latest(database, pool.id)
            if run is None or not running.is_at_work(run):
                st.rerun()
            done, of = run.counts.get("parsed", 0), run.counts.get("to_parse", 0)
            st.caption(
                f"The parser is reading the pool, {done:,} of {of:,}; the verbs' colours come when it is through."
            )

        reading()


def _picture(shown: PoolMap, theme: Theme) -> None:
    head = st.container(horizontal=True, vertical_alignment="bottom")
    colour = MapColour(
        head.segmented_control(
            "Colour by", list(MapColour), default=MapColour.ORIGIN, required=True, key="map-colour", bind="query-params"
        )
    )
    choice = parsing.choice(database, pool)
    if colour is MapColour.VERB:
        parsers.begin(pool, choice)
        _verbs(choice)
    now = view.moment(database, pool.id, choice.key)
    held = release_choice.select(pool, head, "map-release", "Release", width=230)
    known = past.state(database, pool.id)[-1]
    try:
        narrowed = _narrowed(pool.id, now, held, known)
    except Refused as error:
        st.text(brief(str(error)))
        return
    shown = narrowed or shown
    if not len(shown):
        st.caption("No task on the map is " + ("in that release." if held.inside else "outside that release."))
        return
    groups = _groups(pool.id, now, colour, choice.key, session.reviewer(), held, known)
    with st.container(key="map-picture"):
        st.plotly_chart(
            map_figure(shown, colour, groups, theme, pool.name),
            key=f"map-{pool.id}-{shown.run_id}-{colour}-{held.inside}-{held.outside}",
            theme=None,
            config=charts.config("map") | TOOLS,
            alt=f"Map of {number_of(len(shown), 'task')}, coloured by {colour}; the dense places: "
            + ", ".join(title.words for title in shown.titles),
        )
    with head.popover("Download", icon=":material/download:"):
        downloads.button(
            "The picture as SVG",
            lambda: drawn(shown, colour, groups, LIGHT, pool.name).encode("utf-8", "replace"),  # a file is for paper
            f"{pool.name}-map.svg",
            "image/svg+xml",
            key="map-svg",
        )
        downloads.button(
            "Its points as CSV",
            lambda: charts.as_csv(view.point_by_point(shown, {colour: groups})),
            f"{pool.name}-map.csv",
            "text/csv",
            key="map-csv",
        )
        st.caption(f"Made in {shown.seconds:,.0f} s by run {shown.run_id} with " + _packages(shown))
    selected(pool, shown, choice.key)


def _packages(shown: PoolMap) -> str:
    return ", ".join(f"{name} {version}" for name, version in shown.made_with.items())


def _stale(shown: PoolMap) -> str:
    parts = [
        f"{number_of(shown.missing, 'text', 'have')} come or changed since, not on it yet" if shown.missing else "",
        f"{shown.gone:,} on it are no longer in the pool and are not drawn" if shown.gone else "",
    ]
    return "The map is of an earlier moment: " + "; ".join(part for part in parts if part) + "."


with st.container(key="scripts"):
    scripts.load(Path(__file__).parent / "map.js")
moment = view.moment(database, pool.id, "")
shown = _map(pool.id, moment)
run = job.latest(database, pool.id)
at_work = running.is_at_work(run)
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Map", anchor=False, width="stretch")
    plan = next_map(pool, shown, moment)
    wanting = job.too_few(database, pool.id) if shown is None else ""
    st.button(
        "Make it anew" if shown else "Make the map",
        type="secondary" if shown and not shown.is_stale and shown.recipe == plan.recipe else "primary",
        key="map-begin",
        on_click=_begin,
        args=(plan,),
        disabled=at_work or not plan.may_begin or bool(wanting),
    )
if plan.told:
    st.text(plan.told)
running.refusal()
if run is not None and at_work:
    _progress(run)
elif run is not None and run.message and (shown is None or run.id != shown.run_id):
    st.text(run.message)
if shown is None:
    if wanting:
        st.info(wanting)
        links.grow_or_import()
        st.stop()
    st.info("Instructions of like meaning will lie near each other here; a line around some leads to their review.")
    st.caption("It takes some seconds for a small pool and some minutes for 50,000 tasks, in a process of its own.")
    st.stop()
if shown.is_stale:
    st.caption(_stale(shown))
if shown.left_out:
    st.caption(
        f"{number_of(shown.left_out, 'text', 'are')} not on it, for the model gave no embedding of use for them."
    )
_picture(shown, theme_here())
