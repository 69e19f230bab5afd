"""Winnow: starts the app. Chooses the pool, names the reviewer, shows what runs, and hands over to a page.

The file is two things: the server that `streamlit run app.py` finds (`app`, with the guard before it), and the script
that the server runs for each visitor.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import pools
from core.records import StorageFailed
from pages.shared import contents, downloads, faults, guards, heap, links, reader, scripts, session, sidebar, uploading

RETRY_S = 2.0  # between two looks whether a database that went away is back
OPEN_AGAIN_S = 10.0  # between two tries to open one that could not be opened at all
SHARED = Path(__file__).parent / "pages" / "shared"


def draw() -> None:
    """Draw the page that is asked for, for one visitor."""
    # A picture of our own: browsers fetch the icons that Streamlit knows by name from a server elsewhere.
    st.set_page_config(page_title="Winnow", page_icon=str(SHARED / "icon.svg"), layout="wide")
    with st.container(key="scripts-of-all"):  # takes no room
        st.html(SHARED / "style.css")
        scripts.load(SHARED / "page.js")
        downloads.remember_browser()
        reader.style()

    try:
        session.start()
    except StorageFailed as error:
        st.error("The database cannot be opened; it is tried again by itself.")
        st.text(str(error))
        # Only a page with a timer asks again when its server comes back, by then perhaps a Winnow that can open it.
        st.fragment(_until_it_answers, run_every=OPEN_AGAIN_S)()
        st.stop()

    sections = {
        section: [
            st.Page(
                entry.file,
                title=entry.title,
                icon=f":material/{entry.icon}:",
                url_path=entry.address,
                default=entry.address == contents.FIRST,
            )
            for entry in entries
        ]
        for section, entries in contents.SECTIONS.items()
    }
    page = st.navigation(sections, position="hidden")
    try:
        sidebar.draw(sections, page.url_path or contents.FIRST)
    except StorageFailed as error:
        st.error("The database cannot be read; the page comes by itself as soon as it can.")
        st.text(str(error))
        st.fragment(_until_it_answers, run_every=RETRY_S)()
        return
    st.set_page_config(page_title=f"{page.title} · {st.session_state.get(session.CHOSEN_POOL, '')} · Winnow")
    try:
        links.leave(page.url_path or contents.FIRST)
        page.run()
    except StorageFailed as error:
        faults.tell(error)


def _until_it_answers() -> None:
    """Draw the page anew once the database can be read."""
    with suppress(StorageFailed):
        pools.every(session.database())
        st.rerun()


if get_script_run_ctx(suppress_warning=True) is None:
    # The folder pages/ is ours, not Streamlit's first kind of navigation: an address opened right after the start
    # would else be looked for there, and "not found".
    PagesManager.uses_pages_directory = False
    app = st.App(
        __file__,
        lifespan=downloads.serving,
        middleware=[Middleware(guards.Guard), Middleware(uploading.ToDisk), Middleware(downloads.FromDisk)],
        on_script_error=faults.tell,
    )
else:
    draw()
    heap.settle()
