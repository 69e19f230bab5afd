"""Which tasks the diversity page looks at, and what they are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from core import methods, pools
from core.diversity.selection import STATES, TaskSelection
from core.diversity.words import ORIGINS, in_words
from core.pool.members import Holding
from core.records import Pool
from core.release import past
from core.runs import control
from pages.shared import session
from pages.shared.plain import sendable

KINDS = {"classification": True, "other": False}
AGAINST = {
    "accepted": "all its accepted tasks",
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

    @property
    def name(self) -> str:
        """A short name, for the head of a column."""
        its = self.wanted
        if its.release_id is not None:
            return f"{self.pool.name}, release {its.release_id}"
        which = "seeds" if its.origin == "seed" else "" if its.state == "accepted" else its.state
        return f"{self.pool.name}, {which}" if which else self.pool.name


def sides(pool: Pool) -> list[Side]:
    """Draw the filters; return what to look at, and as a second side what to compare it with, if anything."""
    runs = control.of_pool(session.database(), pool.id)
    grown = [run.id for run in runs if methods.makes_tasks(run.method)]
    every = {one.id: one for one in pools.every(session.database())}
    others = {f"pool {one.name}": one for one in every.values() if one.id != pool.id}
    released = {f"release-{one.release_id}": one for one in past.holdings(session.database()) if one.pool_id in every}
    own = {name: one for name, one in released.items() if one.pool_id == pool.id}
    first = st.container(width=170)
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
        [*STATES, *own],
        format_func=lambda name: sendable(f"held by {own[name].label}") if name in own else STATES[name],
        key="state",
        bind="query-params",
        label_visibility="collapsed",
        width=200,
    )
    origin = first.selectbox(
        "Origin",
        list(ORIGINS),
        format_func=lambda name: ORIGINS[name] if name or state not in own else "any origin",  # its seeds too
        key="origin",
        bind="query-params",
        label_visibility="collapsed",
    )
    against = st.selectbox(
        "Compare with",
        [*AGAINST, *released, *others],
        index=None,
        placeholder="compare with …",
        format_func=lambda name: sendable(_against_in_words(name, released, every, pool)),
        key="against",
        bind="query-params",
        label_visibility="collapsed",
        width=210,
    )
    held = own[state].release_id if state in own else None
    wanted = TaskSelection(origin, run_id, KINDS.get(kind or ""), "accepted" if state in own else state, held)
    chosen = [Side(pool, wanted)]
    if against == "seeds":
        chosen.append(Side(pool, TaskSelection("seed", None, wanted.is_classification)))
    elif against in AGAINST:
        chosen.append(Side(pool, replace(wanted, state=against, release_id=None)))
    elif against in released:
        its = released[against]
        there = replace(wanted, run_id=None, state="accepted", release_id=its.release_id)
        chosen.append(Side(every[its.pool_id], there))
    elif against in others:
        chosen.append(Side(others[against], replace(wanted, run_id=None, release_id=None)))
    return chosen


def _against_in_words(name: str, released: Mapping[str, Holding], every: Mapping[int, Pool], pool: Pool) -> str:
    if name not in released:
        return AGAINST.get(name, name)
    one = released[name]
    return one.label if one.pool_id == pool.id else f"{one.label} of pool {every[one.pool_id].name}"
