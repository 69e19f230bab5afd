"""The tasks inside the line that was drawn on the map, or around a titled place: listed, and on to review."""

from __future__ import annotations

import json
import math
from collections import Counter
from contextlib import suppress

import streamlit as st

from core.diversity import view as diversity
from core.maps.lasso import corners_of
from core.maps.placing import APART
from core.maps.view import PoolMap
from core.records import Pool
from pages.shared import behind, links, session

LINE, PLACE, CORNERS = "map-line", "map-place", "map-corners"


@st.fragment
def selected(pool: Pool, shown: PoolMap, parser: str) -> None:
    """The tasks inside the line; the map above is not drawn anew for them."""
    if links.is_leaving():
        st.rerun()
    with st.container(key="map-lasso"):
        st.text_input("The line drawn on the map", key=LINE, on_change=_sent, label_visibility="collapsed")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Draw a line around tasks to see them, or choose a dense place. The wheel zooms, two clicks show all.",
            width="content",
        )
        st.selectbox(
            "A dense place",
            shown.titles,
            index=None,
            format_func=lambda title: title.words,
            placeholder="a dense place …",
            key=PLACE,
            on_change=_chosen,
            label_visibility="collapsed",
            width=260,
        )
    behind.refusal()
    corners = st.session_state.get(CORNERS, ())
    if not corners:
        return
    inside = diversity.with_ids(session.database(), pool.id, parser, shown.within(corners))
    if not inside:
        st.caption("No task lies inside that line.")
        return
    verbs = Counter(one.verb for one in inside if one.verb).most_common(1)
    most = f", most often with the verb “{verbs[0][0]}”" if verbs else ""
    behind.panel(pool, f"on the map{most}", inside, f"map-{hash(corners)}", _close, left_out=shown.seeds)


def _sent() -> None:
    """A line came from the browser."""
    st.session_state[CORNERS] = ()
    with suppress(ValueError, RecursionError):
        st.session_state[CORNERS] = corners_of(json.loads(st.session_state[LINE] or "[]"))
    st.session_state[PLACE] = None


def _chosen() -> None:
    """A titled place was chosen, which is what the keyboard has instead of a line."""
    title = st.session_state[PLACE]
    turn = [2 * math.pi * at / 24 for at in range(24)]
    around = [(title.x + APART / 2 * math.cos(at), title.y + APART / 2 * math.sin(at)) for at in turn] if title else []
    st.session_state[CORNERS] = tuple(around)


def _close() -> None:
    st.session_state[CORNERS], st.session_state[PLACE] = (), None
