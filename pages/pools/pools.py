"""Pools and import: make, rename, archive; bring tasks in; back the database up."""

from __future__ import annotations

import streamlit as st

from core import pools
from core.gate.admission import tokeniser_of
from core.knobs import settings_of
from core.pool import pool_settings
from core.pool.pool_settings import PoolSettings
from core.records import Tokeniser, WinnowError
from core.seeds.seeds import Seed
from core.words import brief, with_capital
from pages.pools import importing, leaving
from pages.shared import session
from pages.shared.plain import label

SETTINGS = settings_of(PoolSettings)
pool, database = session.pool(), session.database()
st.title("Pools and import", anchor=False)


def _told(work: object, *arguments: object) -> None:
    """Do something to a pool; a refusal is shown as text where the user looks."""
    try:
        work(*arguments)  # type: ignore[operator]
    except WinnowError as error:
        st.session_state["pool-refusal"] = str(error)


def _make() -> None:
    name = st.session_state["new-pool"]
    own: list[Seed] | None = None if st.session_state["new-pool-seeds"] == "built-in" else []
    made = pools.make(database, name, own, tokeniser=st.session_state["new-pool-tokeniser"])
    st.session_state["pool"] = made.name
    st.session_state["new-pool"] = ""
    st.session_state["pool-made"] = made.name


def _rename() -> None:
    name = st.session_state[f"rename-{pool.id}"]
    st.session_state["pool"] = pools.rename(database, pool.id, name).name


def _archive(pool_id: int, archived: bool) -> None:
    pools.archive(database, pool_id, archived)


def _choose_tokeniser(seen: Tokeniser) -> None:
    chosen = Tokeniser(st.session_state[f"tokeniser-{pool.id}"])
    pools.choose_tokeniser(database, pool.id, chosen, seen)
    st.session_state["pool-told"] = "New candidates are measured so; what was decided stays."


left, right = st.columns((3, 2), gap="large")
with left:
    importing.draw(pool)

with right:
    st.subheader("A new pool", anchor=False)
    st.text_input("Name", key="new-pool", max_chars=80)
    with st.container(horizontal=True):
        st.segmented_control("Seeds", ["built-in", "none yet"], default="built-in", required=True, key="new-pool-seeds")
        st.segmented_control(
            "Tokeniser",
            [t.value for t in Tokeniser],
            default=SETTINGS["tokeniser"].default.value,
            required=True,
            key="new-pool-tokeniser",
            help=SETTINGS["tokeniser"].knob.help,
        )
    st.button("Make it", on_click=_told, args=(_make,), disabled=not st.session_state.get("new-pool"))
    if refusal := st.session_state.pop("pool-refusal", None):
        st.error("Not done.")
        st.text(refusal)

    if (made := st.session_state.pop("pool-made", None)) is not None:
        with st.container(border=True, gap="small", key="pool-made-told"):
            st.text(f"{made} is made, and chosen in the side bar.")
            has_seeds = bool(pools.funnel(database, pool.id).seeds)
            to = ("pages/generate/generate.py", "Generate") if has_seeds else ("pages/seeds/seeds.py", "Add seeds")
            st.page_link(to[0], label=to[1], icon=":material/arrow_forward:")
            st.caption("Or import a file of tasks here.")

    st.subheader("This pool", anchor=False)
    st.text_input("Another name", pool.name, key=f"rename-{pool.id}", max_chars=80)
    with st.container(horizontal=True):
        st.button("Rename", on_click=_told, args=(_rename,))
        with st.popover("Archive", help="Puts it away; nothing in it changes."):
            st.text(f"Put {pool.name} away? It leaves the list of pools; nothing in it changes, and it can come back.")
            st.button("Put it away", key="archive-yes", on_click=_told, args=(_archive, pool.id, True))
    stands = tokeniser_of(pool)
    st.session_state[f"tokeniser-{pool.id}"] = stands.value  # what is, never what this page once showed
    st.segmented_control(
        "Tokeniser of its novelty gate",
        [t.value for t in Tokeniser],
        required=True,
        key=f"tokeniser-{pool.id}",
        on_change=_told,
        args=(_choose_tokeniser, stands),
    )
    if told := st.session_state.pop("pool-told", None):
        st.caption(label(told))
    guidelines, its = pool_settings.of(pool).guidelines, SETTINGS["guidelines"].knob
    with st.form(f"guidelines-{pool.id}", border=False):
        rules = st.text_area(
            with_capital(its.label),
            guidelines,
            height=110,
            max_chars=its.longest,
            help=its.help,
        )
        if st.form_submit_button("Keep these rules"):
            try:
                pools.keep_guidelines(database, pool.id, rules, guidelines)
                st.caption("Kept; the review desk and new audit reports show them.")
            except WinnowError as error:
                st.error("Not kept.")
                st.text(brief(str(error)))
    leaving.draw(pool)
    away = pools.every(database, archived=True)
    if away:
        st.subheader("Archived", anchor=False)
        for old in away:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(old.name)
                st.button("Restore", key=f"restore-{old.id}", on_click=_told, args=(_archive, old.id, False))
