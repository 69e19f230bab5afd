"""Backups: a checked copy of the whole database, and the way back to one."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core import settings
from core.database import restoring
from core.history.backups import back_up
from core.records import WinnowError
from pages.shared import session
from pages.shared.running import ago

database, url = session.database(), settings.load().url
st.title("Backups", anchor=False)

if database.path is None:
    st.info("This data is on a database server: back it up and restore it with the server's own tools.")
    st.code('pg_dump --format=custom --file=winnow.dump "$WINNOW_DATABASE_URL"', language=None)
    st.stop()


def _write() -> None:
    try:
        st.session_state["backup-told"] = f"Written and checked: {back_up(database)}"
    except WinnowError as error:
        st.session_state["backup-refused"] = str(error)


def _ask(source: Path) -> None:
    try:
        restoring.ask(url, source)
    except WinnowError as error:
        st.session_state["backup-refused"] = str(error)


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:,.1f} MB"


for refusal in (*session.restore_refusal, st.session_state.pop("backup-refused", "")):
    if refusal:
        st.error("Not done; the data is as it was.")
        st.text(refusal)
if told := st.session_state.pop("backup-told", None):
    st.success("Done.")
    st.text(told)

st.text(f"The database: {database.path}")
st.caption("A backup copies everything while others go on working, and is read through before it is kept.")
st.button("Back up now", type="primary", key="backup", on_click=_write)

if waiting := restoring.asked(url):
    with st.container(border=True):
        st.subheader("At the next start", anchor=False)
        st.text(f"{waiting} takes the place of the database.")
        st.caption(
            "Stop Winnow and start it again (make app). What is there now is kept beside it under another name. "
            "Ratings given until then are in that file, not in the backup."
        )
        st.button("Do not restore", key="restore-not", on_click=restoring.forget, args=(url,))

st.subheader("Backups beside the database", anchor=False)
found = restoring.backups(url)
if not found:
    st.caption("None yet. “Back up now” writes the first; every upgrade of the schema writes one too.")
for path in found[:30]:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{path.name}  ·  {_size(path)}  ·  {ago(path.stat().st_mtime)}")
        st.button("Restore at the next start", key=f"restore-{path.name}", on_click=_ask, args=(path,))
if len(found) > 30:
    st.caption(f"{len(found) - 30} older ones lie in the same folder.")
st.caption("By hand, while nothing of Winnow runs: `winnow restore FILE`. Never copy a backup over the database.")
