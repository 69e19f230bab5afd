"""Past releases: what they held and what became of it; checked again, downloaded, their rule taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.pool.members import called
from core.records import Pool, WinnowError
from core.release import filling, past
from core.release.predicate import predicate_of
from core.release.reasons import IN_WORDS, Reason
from core.release.released import Released
from core.release.today import today
from core.release.verify import verify
from core.words import brief
from pages.release import rule as release_rule
from pages.release.write import archive_name, packed
from pages.shared import contents, downloads, links, session, tables
from pages.shared.counting import counted, until_counted
from pages.shared.running import ago

_TICKED, _LEAVES = "release-ticked", "release-leaves"


def table(made: Sequence[Released]) -> None:
    """Every release of the pool, newest first; the one that is ticked is the one below."""
    ticked = tables.pick(
        [
            {
                "release": f"{one.id}",
                "name": one.name,
                "rows": one.rows,
                "formats": ", ".join(dict.fromkeys(file["format"] for file in one.files if "format" in file)),
                "written": ago(one.created_at),
                "by": one.actor,
                "where": one.path,
                "sha256": one.sha256[:16],
            }
            for one in made
        ],
        [one.id for one in made],
        "past-releases",
        one=True,
        at_most=220,
        column_config={"rows": st.column_config.NumberColumn(format="localized", width=80)},
    )
    if ticked != st.session_state.get(_TICKED):  # a tick chooses once; the box beside it goes on choosing
        st.session_state[_TICKED] = ticked
        if ticked:
            st.session_state["release-next"] = ticked[0]


def choose(made: Sequence[Released]) -> Released:
    """The release that the rest of the page is about; the newest unless another is chosen."""
    if (newest := st.session_state.pop("release-next", None)) is not None:
        st.session_state["release-chosen"] = newest
    if st.session_state.get("release-chosen") not in {one.id for one in made}:
        st.session_state.pop("release-chosen", None)
    number = st.selectbox(
        "Release",
        [one.id for one in made],
        format_func={one.id: called(one.id, one.name) for one in made}.__getitem__,
        key="release-chosen",
        label_visibility="collapsed",
        width=260,
    )
    return next(one for one in made if one.id == number)


def actions(pool: Pool, one: Released) -> None:
    """Download, check, use the rule again."""
    there = Path(one.path).exists()
    downloads.button(
        "Download",
        lambda: packed(one),
        Path(one.path).name if one.kind == "file" else archive_name(Path(one.path)),
        key=f"download-{one.id}",
        disabled=not there,
    )
    if st.button("Verify", key=f"verify-{one.id}", disabled=not there or one.kind == "file"):
        st.session_state[f"verified-{one.id}"] = _verified(one)
    st.button("Use its rule", key=f"rule-of-{one.id}", on_click=_use, args=(pool, one))
    if said := st.session_state.get(f"verified-{one.id}"):
        st.text(said)


def held(pool: Pool, one: Released) -> None:
    """What it held and what became of it, with the way to its tasks; where that is not known, the way to know it."""
    database = session.database()
    if one.members is None:
        st.text(today(database, pool.id, one.id).unknown)
        if st.button("Read what it held from its files", key=f"fill-{one.id}"):
            try:
                filling.fill(database, pool.id, one.id)
            except WinnowError as error:
                st.text(brief(str(error)))
            else:
                st.rerun()
        return
    subject = "release-today", pool.id, one.id
    counting = counted(subject, past.state(database, pool.id), lambda: today(database, pool.id, one.id))
    if counting.value is None:
        until_counted(subject, "Looking at what became of it.")
        return
    for sentence in counting.value.sentences():
        st.text(sentence)
    if not counting.is_fresh:
        until_counted(subject, "Looking at what became of it.")
    with st.container(horizontal=True):
        st.button("See its instances", key=f"see-{one.id}", on_click=_see, args=(str(one.id),))
        if one.id == past.newest_id(database, pool.id):
            st.button("See what is not in it", key=f"see-new-{one.id}", on_click=_see, args=("new",))
    if st.session_state.pop(_LEAVES, False):
        links.go(contents.file_of("review"), "Open the table")


def details(one: Released) -> None:
    """What the check found, the notes, files, what was left out, and the rule."""
    if not Path(one.path).exists():
        st.text("It is no longer where it was written; its record and hashes are kept.")
    for note in one.notes:
        st.text(note)
    with st.container(key="release-held"):
        left, right = st.columns([3, 2], gap="large")
    with left:
        tables.show(
            [{name: file.get(name) for name in ("path", "rows", "bytes", "sha256")} for file in one.files],
            column_config={
                "rows": st.column_config.NumberColumn(format="localized", width=70),
                "bytes": st.column_config.NumberColumn(format="localized", width=90),
            },
        )
    with right:
        tables.show(
            [{"left out because": IN_WORDS[Reason(reason)], "instances": n} for reason, n in one.excluded.items()]
            or [{"left out because": "nothing was left out", "instances": None}],
        )
        with st.popover("Its rule as JSON"):
            st.code(predicate_of(one.predicate).text, language="json", height=300)


def _see(which: str) -> None:
    """Have the table of Review narrowed to a release."""
    st.session_state.update({"bulk-where-release-asked": which, "view-asked": "table", _LEAVES: True})


def _verified(one: Released) -> str:
    try:
        return verify(Path(one.path)).sentence
    except WinnowError as error:
        return str(error)


def _use(pool: Pool, one: Released) -> None:
    release_rule.put(pool, predicate_of(one.predicate))
