"""Which tasks the diversity page looks at, and what they are compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from core import methods, pools
from core.diversity.selection import STATES, TaskSelection
from core.diversity.words import ORIGINS, in_words
from core.records import Pool
from core.runs import control
from pages.shared import session

KINDS = {"classification": True, "other": False}
AGAINST = {
    "approved": "its approved tasks",
    "unrated": "its unrated tasks",
    "refused": "its tasks rated C or D",
    "seeds": "its seeds",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the page: a pool and a selection of its tasks."""

    pool: Pool
    wanted: TaskSelection

    @property
    def heading(self) -> str:
        return f"{self.pool.name}: {in_words(self.wanted)}"


def sides(pool: Pool) -> list[Side]:
    """Draw the filters; return what to look at, and as a second side what to compare it with, if anything."""
    runs = control.of_pool(session.database(), pool.id)
    grown = [run.id for run in runs if methods.makes_tasks(run.method)]
    others = {f"pool {one.name}": one for one in pools.every(session.database()) if one.id != pool.id}
    origin = st.selectbox(
        "Origin",
        list(ORIGINS),
        format_func=ORIGINS.__getitem__,
        key="origin",
        bind="query-params",
        label_visibility="collapsed",
        width=170,
    )
    run_id = st.selectbox(
        "Run",
        grown,
        index=None,
        placeholder="every run",
        key=f"look-run-{pool.id}",
        label_visibility="collapsed",
        width=120,
        disabled=not grown,
    )
    kind = st.selectbox(
        "Kind",
        list(KINDS),
        index=None,
        placeholder="both kinds",
        key="kind",
        bind="query-params",
        label_visibility="collapsed",
        width=140,
    )
    state = st.selectbox(
        "Review",
        list(STATES),
        format_func=STATES.__getitem__,
        key="state",
        bind="query-params",
        label_visibility="collapsed",
        width=200,
    )
    against = st.selectbox(
        "Compare with",
        [*AGAINST, *others],
        index=None,
        placeholder="compare with …",
        format_func=lambda name: AGAINST.get(name, name),
        key="against",
        bind="query-params",
        label_visibility="collapsed",
        width=210,
    )
    wanted = TaskSelection(origin, run_id, KINDS.get(kind or ""), state)
    chosen = [Side(pool, wanted)]
    if against == "seeds":
        chosen.append(Side(pool, TaskSelection("seed", None, wanted.is_classification)))
    elif against in AGAINST:
        chosen.append(Side(pool, replace(wanted, state=against)))
    elif against in others:
        chosen.append(Side(others[against], replace(wanted, run_id=None)))
    return chosen
