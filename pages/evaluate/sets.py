"""The sealed sets: what they hold, where they are from, and which pools may hold their texts all the same."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.database import Database
from core.evaluation import models
from core.evaluation.importing import What
from core.evaluation.models import SetView
from core.records import Pool
from pages.evaluate import bringing
from pages.shared import session, tables
from pages.shared.plain import cells


def draw(there: Mapping[str, SetView], name: str, pool: Pool) -> None:
    """Every set, then the tasks of the chosen one."""
    tables.show(
        cells(
            {
                "set": view.set.name,
                "schema": view.set.layout.value,
                "tasks": view.tasks,
                "responses": view.responses,
                "blind rounds": view.rounds,
                "left out": view.set.counts.get("left_out", 0),
                "open for": ", ".join(view.opened_in) or "no pool: sealed",
            }
            for view in there.values()
        ),
        key="evaluate-sets",
    )
    _seal(there[name], pool)
    found = models.tasks(session.database(), name, limit=1000)
    st.subheader(f"Tasks of {name}" if name.isascii() and name.isalnum() else "Tasks of the chosen set", anchor=False)
    tables.show(
        cells(
            {
                "task": task.position,
                "kind": task.category,
                "instruction": task.instruction,
                "input": task.input,
                "references": len(task.references),
            }
            for task in found
        ),
        key="evaluate-tasks",
        at_most=330,
        column_config={"instruction": st.column_config.TextColumn(width="large")},
    )
    if len(found) < there[name].tasks:
        st.caption(f"The first {len(found):,} of {there[name].tasks:,}.")
    bringing.form("", (What.SET,))


def bring_in(database: Database) -> None:
    """The form alone, where there is no set yet."""
    bringing.form("", (What.SET,))


def _seal(view: SetView, pool: Pool) -> None:
    opened = pool.name in view.opened_in
    with st.container(horizontal=True, vertical_alignment="center"):
        if opened:
            st.text(
                f"Open for the pool {pool.name}: its texts may enter, and no model of it can be judged by this set."
            )
        else:
            st.text(f"Sealed: no text of this set enters the pool {pool.name} as a seed, an import or a candidate.")
        word = "Seal it again" if opened else "Open it for this pool"
        st.button(word, on_click=_open, args=(pool.name, view.set.name, not opened))


def _open(pool: str, set_name: str, opened: bool) -> None:
    models.open_for(session.database(), pool, set_name, opened)
