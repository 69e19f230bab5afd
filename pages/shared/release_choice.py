"""A choice by release: what one held, or what the newest did not hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from core.records import Pool
from core.release import past
from pages.shared import session
from pages.shared.plain import sendable

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

Width = int | Literal["stretch"]
ANY = ""


@dataclass(frozen=True, slots=True)
class ReleaseChoice:
    """The number of a release whose instances are meant, or of one whose instances are not."""

    inside: int | None = None
    outside: int | None = None


def select(pool: Pool, place: DeltaGenerator, key: str, label: str, width: Width = "stretch") -> ReleaseChoice:
    """Draw the choice; another page has it made by `KEY-asked`.

    A release of which it is not known what it held is offered too: what asks for it says why not.
    """
    there = past.holdings(session.database(), pool.id)
    choices = {ANY: ReleaseChoice()}
    words = {ANY: "any" if there else "none made yet"}
    for one in there:
        choices[str(one.release_id)] = ReleaseChoice(inside=one.release_id)
        words[str(one.release_id)] = f"in {one.label}"
    if there:
        choices["new"] = ReleaseChoice(outside=there[0].release_id)
        words["new"] = f"not in the last, {there[0].label}"
    if (asked := st.session_state.pop(f"{key}-asked", None)) is not None:
        st.session_state[key] = asked
    if st.session_state.get(key) not in choices:
        st.session_state.pop(key, None)
    chosen = place.selectbox(
        label, list(choices), format_func=lambda name: sendable(words[name]), key=key, disabled=not there, width=width
    )
    return choices[chosen]
