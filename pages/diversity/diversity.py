"""Diversity: verbs and their objects, nearness to the seeds, lengths, Table 1, and the tasks behind each."""

from __future__ import annotations

import streamlit as st

from core import pools
from core.diversity import job, seedscores
from core.diversity.axes import highest_share
from core.diversity.selection import TaskSelection
from core.diversity.view import DiversityFigures, look, moment
from core.gate.admission import tokeniser_of
from core.pools import guide
from core.records import Pool, Refused
from core.words import brief
from pages.diversity.charts import Drawing, growth_of, lengths_of, pairs_of, rouge_of, sunburst_of, table1_of
from pages.diversity.downloads import menu as downloads
from pages.diversity.filters import sides
from pages.diversity.parser import ParsedPool, begin, parser_settings, status
from pages.diversity.picked import picked_panel
from pages.shared import links, session
from pages.shared.charts import theme_here
from pages.shared.counting import Figured, counted, until_counted
from pages.shared.plain import sendable

pool, database = session.pool(), session.database()


def _look(side: Pool, wanted: TaskSelection, parser: str) -> Figured[DiversityFigures]:
    """What a selection holds now; read once for all sessions."""
    subject = "diversity", side.id, wanted, parser, tokeniser_of(side).value

    def read() -> DiversityFigures:
        seedscores.measure(database, pools.with_id(database, side.id))
        return look(database, side.id, wanted, parser)

    found = counted(subject, moment(database, parser, wanted), read)
    if not found.is_fresh:
        until_counted(subject, "Measuring the pool.")
    return found


head = st.container(horizontal=True, vertical_alignment="center")
with st.container(horizontal=True, vertical_alignment="bottom"):
    chosen = sides(pool)
with head:
    st.title("Diversity", anchor=False, width=130)
    told = st.container(width="stretch")
    with st.popover("Charts", icon=":material/tune:"):
        verbs = st.number_input("Verbs in the sunburst", 1, 60, 20, key="verbs", bind="query-params")
        nouns = st.number_input("Objects of each verb", 1, 20, 4, key="nouns", bind="query-params")
        by_valid = st.toggle("Colour the sunburst by the share valid", key="by-valid", bind="query-params")
        image = st.segmented_control(
            "A chart's camera saves", ["svg", "png"], default="svg", required=True, key="image", persist_state="session"
        )
        parser_settings(pool)

drawing = Drawing(int(verbs), int(nouns), theme_here(), str(image), by_valid)
choices = [job.choice(database, side.pool) for side in chosen]
for side, choice in zip(chosen, choices, strict=True):
    begin(side.pool, choice)  # first, since a parser takes seconds to load
try:
    read = [_look(side.pool, side.wanted, choice.key) for side, choice in zip(chosen, choices, strict=True)]
except Refused as error:  # of a release, what it held is not known
    st.text(brief(str(error)))
    st.page_link("pages/release/release.py", label="Release")
    st.stop()
found = [one.value for one in read if one.value is not None]
if len(found) < len(chosen):
    st.stop()

if not found[0].tasks and len(found) == 1:
    st.info("No task is here. Grow the pool, import a file, or choose other filters.")
    links.grow_or_import()
    st.stop()

guide.note_look(database, session.reviewer(), pool.id)
with told:
    status([ParsedPool(side.pool, choice, one) for side, choice, one in zip(chosen, choices, found, strict=True)])
with head:
    downloads(chosen, found, choices, drawing)

tops, most = None, None
order: list[str] = []
if len(found) == 2:
    tops = highest_share([one.rouge() for one in found])
    steps = [step for one in found for step in one.growth]  # two releases have none
    most = (max(step.number for step in steps), max(step.pairs for step in steps)) if steps else None
    order = [verb for one in found for verb in one.table(drawing.verbs, drawing.nouns).verb_counts()]
    for side, one in zip(chosen, found, strict=True):
        if one.told:
            st.caption(f"Release {side.wanted.release_id}: {one.told}")
    for column, place in zip(st.columns(2, gap="medium"), (0, 1), strict=True):
        with column:
            st.text(sendable(f"{chosen[place].heading}, n = {found[place].tasks:,}"))
            sunburst_of(place, chosen[place], found[place], choices[place], drawing, order)
            rouge_of(place, chosen[place], found[place], drawing, tops, 280)
            growth_of(place, chosen[place], found[place], drawing, most)
    picked_panel(chosen, [choice.key for choice in choices])
    pairs_of(chosen, found)
else:
    if found[0].told:
        st.caption(found[0].told)
    left, right = st.columns([11, 9], gap="medium")
    with left:
        sunburst_of(0, chosen[0], found[0], choices[0], drawing, order)
    with right:
        rouge_of(0, chosen[0], found[0], drawing, None, 266)
        growth_of(0, chosen[0], found[0], drawing, None, 280)
    picked_panel(chosen, [choices[0].key])
lengths_of(chosen, found, drawing)
table1_of(chosen, found)
