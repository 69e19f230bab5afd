"""Winnow: starts the app. Chooses the pool, names the reviewer, shows what runs, and hands over to a page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.records import StorageFailed
from pages.shared import session, sidebar

PARTS = Path(__file__).parent / "pages" / "parts"
# A picture of our own: browsers fetch the icons that Streamlit knows by name from a server elsewhere.
st.set_page_config(page_title="Winnow", page_icon=str(PARTS / "icon.svg"), layout="wide")
st.html(PARTS / "style.css")

try:
    session.start()
except StorageFailed as error:
    st.error("The database cannot be opened.")
    st.text(str(error))
    st.stop()

SECTIONS = {
    "": [("overview", "Overview", "grain"), ("seeds", "Seeds", "nest_eco_leaf")],
    "Grow": [("generate", "Generate", "psychiatry"), ("corpus", "Corpus", "library_books")],
    "See": [
        ("diversity", "Diversity", "donut_large"),
        ("ledger", "Discards", "inventory_2"),
        ("whatif", "What if", "tune"),
    ],
    "Judge": [("review", "Review", "rate_review"), ("audit", "Audit", "fact_check")],
    "Release": [("release", "Release", "outbox")],
    "Set up": [("pools", "Pools and import", "inventory"), ("settings", "Models", "settings")],
}
FIRST = "overview"

sections = {
    section: [
        st.Page(f"pages/{name}.py", title=title, icon=f":material/{icon}:", url_path=name, default=name == FIRST)
        for name, title, icon in pages
    ]
    for section, pages in SECTIONS.items()
}
page = st.navigation(sections, position="hidden")
sidebar.draw(sections)
try:
    page.run()
except StorageFailed as error:
    st.error("This step could not be saved or read.")
    st.text(str(error))
