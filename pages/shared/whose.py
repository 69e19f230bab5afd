"""Whose judgement it is: asked once, so that nobody is "me" by accident."""

from __future__ import annotations

import streamlit as st

from core import settings
from pages.shared import session

ALONE = "me"
_UNSAID = "who-unsaid"


def must_be_known() -> None:
    """Go on where it is known who judges; else ask, and draw nothing more."""
    if session.signed_in() or st.session_state.get(session.CHOSEN_REVIEWER) or settings.load().reviewer:
        return
    with st.container(border=True, width=520, key="who-judges"):
        st.subheader("Who is judging?", anchor=False)
        st.caption("Ratings are kept by name, so that reviewers can be compared and nobody sees another's too early.")
        st.text_input("Your name", key="who", max_chars=60, on_change=_begin)
        with st.container(horizontal=True):
            st.button("Begin", type="primary", key="who-begin", on_click=_begin)
            st.button("I judge alone", key="who-alone", on_click=_begin, args=(ALONE,))
        if st.session_state.pop(_UNSAID, False):
            st.text("Write a name first, or choose “I judge alone”.")
    st.stop()


def _begin(name: str = "") -> None:
    """The name goes where the side bar and the address have it, so that a reload does not ask again."""
    given = " ".join((name or st.session_state.get("who", "")).split())
    st.session_state[_UNSAID] = not given
    if given:
        st.session_state["reviewer"] = given
