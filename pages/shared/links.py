"""Going to another page from code, and what an address names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from urllib.parse import urlencode

import streamlit as st
from streamlit.errors import StreamlitAPIException

from pages.shared import contents, session

_REVIEW = "review-asked"
LONGEST = 18  # digits of a number that a database holds


def go(page: str, label: str) -> None:
    """Go to another page of the same pool; where the address holds a page's own choices, offer a link instead.

    Streamlit does not drop choices that are bound to widgets from the address while code is running.
    """
    chosen = {"pool": session.CHOSEN_POOL, "reviewer": session.CHOSEN_REVIEWER}
    kept = {name: st.session_state[key] for name, key in chosen.items() if st.session_state.get(key)}
    try:
        st.switch_page(page, query_params=kept)
    except StreamlitAPIException:
        st.page_link(page, label=label, icon=":material/arrow_forward:")


def grow_or_import() -> None:
    """Where a page has no texts to show: the two ways in which a pool gets some."""
    with st.container(horizontal=True, gap="small", width="content"):
        st.page_link(contents.file_of("generate"), label="Generate", icon=":material/psychiatry:")
        st.page_link(contents.file_of("pools"), label="Import", icon=":material/inventory:")


def review(queue_id: int) -> None:
    """Go to the desk with that queue on the redraw that follows: a callback may ask for it, and a fragment."""
    st.session_state.update({"queue-asked": queue_id, "view-asked": "desk", _REVIEW: True})


def is_leaving() -> bool:
    """Whether a queue was asked for; a fragment then has the whole page run, which leaves."""
    return bool(st.session_state.get(_REVIEW))


def to_queue(queue_id: int) -> str:
    """An address that can be sent: the pool and the queue, and not who made it."""
    asked = urlencode({"pool": st.session_state.get(session.CHOSEN_POOL, ""), "queue": queue_id})
    return f"{(st.context.url or '').split('?')[0]}?{asked}"


def leave(address: str) -> None:
    """Go where a callback asked to from the page of that address; app.py does so before each page."""
    if st.session_state.pop(_REVIEW, False) and address != "review":
        go(contents.file_of("review"), "Open their queue")


def number(asked: object) -> int:
    """The number that an address or another page names; 0, which nothing has, where it names none."""
    text = str(asked)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST else 0


def say_absent(word: str, asked: str, there: Iterable[object]) -> None:
    """Where an address names what is not there: say so, as another is shown; the nearest name, where one is near."""
    known = [str(one) for one in there]
    if not asked or asked in known:
        return
    st.warning(f"The {word} of this address is not here; another one is shown. The list has those that there are.")
    near = [] if asked.isdecimal() else difflib.get_close_matches(asked, known, 1, 0.6)
    st.text(asked + (f" - did you mean {near[0]}?" if near else ""))
