"""The side bar: the pool, who is working, and what runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.store import pools, runs
from pages.parts import session
from pages.parts.running import progress_line


def draw(sections: Mapping[str, Sequence[Any]]) -> None:
    """Draw the side bar: pool, pages in the order of the work, running work. Afterwards `session.pool()` is chosen."""
    with session.database().read() as c:
        names = [pool.name for pool in pools.every(c)]
    if not names:
        with st.sidebar:
            st.text("All pools are archived. Make one on the page Pools and import.")
        names = [_any_archived()]
    if st.session_state.get("pool") not in names:
        asked = st.query_params.get("pool")
        st.session_state["pool"] = asked if asked in names else names[0]
    with st.sidebar:
        st.selectbox("Pool", names, key="pool", bind="query-params", label_visibility="collapsed")
        _pages(sections)
        _running()
        if not getattr(st.user, "is_logged_in", False):
            st.text_input("Your name as reviewer", key="reviewer", placeholder="me", bind="query-params", max_chars=60)


def _pages(sections: Mapping[str, Sequence[Any]]) -> None:
    kept = {"pool": st.session_state["pool"], "reviewer": st.session_state.get("reviewer") or ""}
    with st.container(gap=None, key="pages"):
        for section, pages in sections.items():
            if section:
                st.caption(section)
            for page in pages:
                st.page_link(page, query_params={name: value for name, value in kept.items() if value})


def _any_archived() -> str:
    with session.database().read() as c:
        return pools.every(c, archived=True)[0].name


def _running() -> None:
    """What runs, looked at often while something does; a hundred idle browsers should cost nothing."""
    with session.database().read() as c:
        busy = bool(runs.active(c))
    st.fragment(_lines, run_every=2 if busy else 30)()


def _lines() -> None:
    with session.database().read() as c:
        active = [(run, pools.by_id(c, run.pool_id).name) for run in runs.active(c)]
    for run, name in active:
        st.text(f"{name}: {progress_line(run)}")
