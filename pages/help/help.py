"""Help: the documents, without a network; every page's side bar leads to its own."""

from __future__ import annotations

import streamlit as st

from core import documents
from core.pools import guide
from pages.shared import contents, links, session

titles = documents.titles()
if not titles:
    st.title("Help", anchor=False)
    st.info("The documents are not beside this installation; they lie in the folder docs of the source.")
    st.stop()


def _where(name: str) -> str:
    """A document as the list shows it: what it is for, and its title."""
    section = documents.SECTIONS.get(name.split("/")[0])
    return f"{section}: {titles[name]}" if section else titles[name]


asked = st.query_params.get("read", "")
at = st.query_params.get("at", "")
links.say_absent("document", asked, titles)
if asked in titles and asked != st.session_state.get("help-asked"):
    st.session_state["help-document"] = asked
st.session_state["help-asked"] = asked
st.title("Help", anchor=False)
if st.button("Show the five steps", key="guide-back", help="The first minute, on the page Overview."):
    guide.dismiss(session.database(), session.reviewer(), False)
    links.go(contents.file_of("overview"), "Overview")
name = st.selectbox("Document", list(titles), format_func=_where, key="help-document")
if name != asked:
    st.query_params["read"] = st.session_state["help-asked"] = name
    st.query_params.pop("at", None)
    at = ""
with st.container(width=860):
    st.header(titles[name], anchor=False)
    for kind, piece, shows in documents.parts(name, at):
        if kind == "text":
            st.markdown(piece)
        elif kind == "place":
            with st.container(key=f"help-at-{shows}"):  # shared/page.js brings it into sight
                st.markdown(piece)
        elif (documents.FOLDER / piece).is_file():
            st.image(documents.FOLDER / piece, alt=shows or titles[name])
