"""Drawing an audit: population, size, seed, strata."""

from __future__ import annotations

import streamlit as st

from core.audit import audit
from core.pool import search
from core.pool.filters import Filter
from core.records import Origin, Pool, Refused
from core.statistics.sampling import Allocation
from core.words import brief, number_of
from pages.shared import release_choice, session
from pages.shared.release_choice import ReleaseChoice

_ANY = "any"
_YES_NO = {_ANY: None, "classification": True, "other": False}
_INPUT = {_ANY: None, "given": True, "empty": False}
_STRATA = {
    "": "none",
    "classification": "classification or not",
    "source": "where tasks came from",
    "run": "the run that made them",
}


def draw(pool: Pool, reviewer: str) -> None:
    """The form of a new audit; opens the audit once it is drawn."""
    database = session.database()
    made = audit.runs_to_choose(database, pool.id)
    number = len(audit.every(database, pool.id)) + 1
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Population", anchor=False)
        held = _population_form(pool, made)
        try:
            n = audit.matching(database, pool.id, _population(held))
        except Refused as error:  # of a release, what it held is not known
            n = 0
            st.text(brief(str(error)))
        st.caption(
            f"{number_of(n, 'accepted instance', 'match')}. One random instance is drawn of each drawn task, as "
            f"in the paper."
        )
    with right:
        st.subheader("Sample", anchor=False)
        _sample_form(number)
        st.button("Draw the sample", type="primary", disabled=not n, on_click=_draw, args=(pool.id, reviewer, held))
        if complaint := st.session_state.pop("new-audit-complaint", ""):
            st.error("No sample was drawn.")
            st.text(complaint)


def _population_form(pool: Pool, made: list[int]) -> ReleaseChoice:
    origins = [_ANY, *(origin.value for origin in Origin if origin is not Origin.SEED)]
    st.selectbox("Source", origins, key="new-origin")
    st.selectbox("Run", [_ANY, *made], key="new-run")
    with st.container(horizontal=True):
        st.segmented_control("Kind", list(_YES_NO), default=_ANY, required=True, key="new-kind")
        st.segmented_control("Input", list(_INPUT), default=_ANY, required=True, key="new-input")
    with st.container(horizontal=True):
        st.text_input("Root verb", placeholder="as on the page Diversity", key="new-verb")
        st.text_input("Search", placeholder="words, or “as written”", key="new-search", help=search.HELP)
    return release_choice.select(pool, st.container(), "new-release", "Release")


def _sample_form(number: int) -> None:
    st.text_input("Name", placeholder=f"Audit {number}", max_chars=80, key="new-name")
    st.number_input("Items", 1, 100_000, audit.SIZE, help="The paper judged 200.", key="new-size")
    st.number_input("Seed", 0, 2**53 - 1, number, help="The same pool and seed give the same items.", key="new-seed")
    strata = st.selectbox(
        "Sample each part by itself", list(_STRATA), format_func=_STRATA.__getitem__, key="new-strata"
    )
    if strata:
        st.segmented_control(
            "Share of each part",
            [each.value for each in Allocation],
            default=Allocation.PROPORTIONAL.value,
            required=True,
            key="new-share",
        )


def _draw(pool_id: int, reviewer: str, held: ReleaseChoice) -> None:
    """Draw what the form says at this moment: a click may come together with the last change of a field."""
    asked = st.session_state
    strata = asked["new-strata"]
    try:
        drawn = audit.new(
            session.database(),
            pool_id,
            name=asked["new-name"],
            wanted=_population(held),
            size=int(asked["new-size"]),
            seed=int(asked["new-seed"]),
            stratify_by=strata,
            allocation=Allocation(asked.get("new-share", Allocation.PROPORTIONAL.value)) if strata else None,
            actor=reviewer,
        )
    except Refused as error:
        asked["new-audit-complaint"] = str(error)
    else:
        asked["audit-chosen"], asked["audit-view"] = drawn.id, "Judge"


def _population(held: ReleaseChoice) -> Filter:
    asked = st.session_state
    return Filter(
        origin="" if asked["new-origin"] == _ANY else asked["new-origin"],
        run_id=None if asked["new-run"] == _ANY else asked["new-run"],
        verb=asked["new-verb"].strip().lower(),
        is_classification=_YES_NO[asked["new-kind"]],
        has_input=_INPUT[asked["new-input"]],
        search=asked["new-search"].strip(),
        in_release=held.inside,
        not_in_release=held.outside,
    )
