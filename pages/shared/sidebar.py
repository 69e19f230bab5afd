"""The side bar: the pool, who is working, and what runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core import documents, pools
from core.moments import local
from core.records import StorageFailed
from core.runs import control
from pages.shared import contents, links, session
from pages.shared.plain import sendable
from pages.shared.running import controls, progress_line


def draw(sections: Mapping[str, Sequence[Any]], address: str) -> None:
    """Draw the side bar of the page at an address: pool, pages in the order of the work, what helps on this one,
    running work. Afterwards `session.pool()` is chosen."""
    names = [pool.name for pool in pools.every(session.database())]
    if not names:
        with st.sidebar:
            st.text("All pools are archived. Make one on the page Pools and import.")
        names = [_any_archived()]
    _say_archived(names)
    _follow_address("pool", names)
    if st.session_state.get("pool") not in names:
        st.session_state["pool"] = names[0]
    _follow_address("reviewer")
    with st.sidebar:
        st.selectbox("Pool", names, key="pool", label_visibility="collapsed")
        _pages(sections)
        _running()
        if not session.signed_in():
            st.text_input(
                "Your name as reviewer", key="reviewer", placeholder=sendable(session.unless_named()), max_chars=60
            )
        _help(address)
    _keep_in_address("pool", session.CHOSEN_POOL)
    _keep_in_address("reviewer", session.CHOSEN_REVIEWER)


def _say_archived(names: Sequence[str]) -> None:
    """An address of a pool that was put away, or deleted for good, says so; another pool is shown."""
    asked = st.query_params.get("pool")
    if not asked or asked in names or asked == st.session_state.get("pool-in-address"):
        return
    if asked in {pool.name for pool in pools.every(session.database(), archived=True)}:
        st.warning("The pool of this address is archived; the page Pools and import restores it. This is another pool.")
        st.text(asked)
    elif stone := next((one for one in pools.tombstones(session.database()) if one.name == asked), None):
        st.warning("The pool of this address was deleted for good. This is another pool.")
        st.text(f"{stone.name}: by {stone.actor}, {local(stone.at)}")
    else:
        links.say_absent("pool", asked, names)


def _follow_address(name: str, allowed: Sequence[str] | None = None) -> None:
    """Take a choice from the address where a link or the browser's back button has brought another one.

    Not bound to the widget: Streamlit refuses to go to another page from code while a bound choice is in the address.
    """
    asked = st.query_params.get(name)
    is_new = name not in st.session_state or asked != st.session_state.get(f"{name}-in-address")
    if asked and is_new and (allowed is None or asked in allowed):
        st.session_state[name] = asked


def _keep_in_address(name: str, remembered: str) -> None:
    """A reload, or a link to this page, lands where one is."""
    chosen = st.session_state.get(name) or ""
    if chosen and st.query_params.get(name) != chosen:
        st.query_params[name] = chosen
    st.session_state[f"{name}-in-address"] = st.session_state[remembered] = chosen


def _pages(sections: Mapping[str, Sequence[Any]]) -> None:
    with st.container(gap=None, key="pages"):
        for section, pages in sections.items():
            if section:
                st.caption(section)
            for page in pages:
                st.page_link(page)


def _help(address: str) -> None:
    """The documents about this page."""
    asked = [one.partition("#") for one in contents.documents_of(address)]
    found = [(name, mark) for name, _, mark in asked if name in documents.titles()]
    if not found:
        return
    kept = {name: st.session_state[name] for name in ("pool", "reviewer") if st.session_state.get(name)}
    with st.container(gap=None, key="help-here"):
        st.caption("Help on this page")
        for name, mark in found:
            its = {"read": name, "at": mark} if mark else {"read": name}
            st.page_link(contents.file_of("help"), label=documents.titles()[name], query_params={**kept, **its})


def _any_archived() -> str:
    """One that was put away; where the last of all was deleted for good, the demo is made, as at a first start."""
    away = pools.every(session.database(), archived=True)
    return away[0].name if away else pools.get_or_make(session.database(), session.DEMO_POOL)[0].name


def _running() -> None:
    """What runs, looked at often while something does; a hundred idle browsers should cost nothing."""
    st.fragment(_lines, run_every=2 if control.at_work(session.database()) else 30)()


def _lines() -> None:
    """A line a run, and where it may spend its pause and stop: from every page, for every pool."""
    try:
        at_work = control.at_work(session.database())
    except StorageFailed:  # the page beside it says what is wrong; this looks again by itself
        st.caption("What runs cannot be read now.")
        return
    for live in at_work:
        st.text(f"{live.pool}: {progress_line(live.run)}")
        if live.asks:
            with st.container(horizontal=True):
                controls(live.run, "side-")
