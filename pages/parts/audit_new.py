"""Drawing an audit: population, size, seed, strata."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.records import Origin, Pool, Refused
from core.review import audit
from core.review.sampling import Allocation
from core.store import audits, filters, runs
from core.store.filters import Filter
from pages.parts import session

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
    with database.read() as c:
        made = [run.id for run in runs.of_pool(c, pool.id, limit=200)]
        number = len(audits.of_pool(c, pool.id)) + 1
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Population", anchor=False)
        wanted = _population(made)
        with database.read() as c:
            n = filters.count(c, pool.id, wanted)
        st.caption(f"{n:,} accepted instances match. One random instance is drawn of each drawn task, as in the paper.")
    with right:
        st.subheader("Sample", anchor=False)
        name = st.text_input("Name", placeholder=f"Audit {number}", max_chars=80, key="new-audit-name")
        size = st.number_input("Items", 1, 100_000, audit.SIZE, help="The paper judged 200.", key="new-audit-size")
        seed = st.number_input(
            "Seed", 0, 2**53 - 1, number, help="The same pool and seed give the same items.", key="new-audit-seed"
        )
        stratify_by = st.selectbox(
            "Sample each part by itself", list(_STRATA), format_func=_STRATA.get, key="new-strata"
        )
        allocation = None
        if stratify_by:
            allocation = st.segmented_control(
                "Share of each part", list(Allocation), default=Allocation.PROPORTIONAL, required=True, key="new-share"
            )
        asked = {
            "name": name,
            "wanted": wanted,
            "size": int(size),
            "seed": int(seed),
            "stratify_by": stratify_by,
            "allocation": Allocation(allocation) if allocation else None,
        }
        st.button("Draw the sample", type="primary", disabled=not n, on_click=_draw, args=(pool.id, asked, reviewer))
        if complaint := st.session_state.pop("new-audit-complaint", ""):
            st.error("No sample was drawn.")
            st.text(complaint)


def _draw(pool_id: int, asked: dict[str, Any], reviewer: str) -> None:
    try:
        with session.database().write() as c:
            drawn = audit.new(c, pool_id, **asked, actor=reviewer)
    except Refused as error:
        st.session_state["new-audit-complaint"] = str(error)
    else:
        st.session_state["audit-chosen"], st.session_state["audit-view"] = drawn.id, "Judge"


def _population(made: list[int]) -> Filter:
    origins = [_ANY, *(origin.value for origin in Origin if origin is not Origin.SEED)]
    origin = st.selectbox("Source", origins, key="new-origin")
    run = st.selectbox("Run", [_ANY, *made], key="new-run")
    with st.container(horizontal=True):
        kind = st.segmented_control("Kind", list(_YES_NO), default=_ANY, required=True, key="new-kind")
        given = st.segmented_control("Input", list(_INPUT), default=_ANY, required=True, key="new-input")
    with st.container(horizontal=True):
        verb = st.text_input("Root verb", placeholder="as on the page Diversity", key="new-verb")
        contains = st.text_input("Contains", placeholder="in instruction, input or output", key="new-contains")
    return Filter(
        origin="" if origin == _ANY else origin,
        run_id=None if run == _ANY else run,
        verb=verb.strip().lower(),
        is_classification=_YES_NO[kind],
        has_input=_INPUT[given],
        contains=contains.strip(),
    )
