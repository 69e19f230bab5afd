"""What was clicked on the diversity page, a sector or a bar, and the tasks behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.diversity import view
from core.diversity.selection import Looked
from pages.diversity.filters import Side
from pages.shared import behind, session

KEY = "look-picked"


@dataclass(frozen=True, slots=True)
class Picked:
    """What was clicked: a verb with some of its objects, or a bar from `low` to `high` (of a text's length)."""

    side: int
    name: str
    verb: str = ""
    nouns: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    text: str = ""


def pick(picked: Picked | None) -> None:
    st.session_state[KEY] = picked


def picked_panel(chosen: Sequence[Side], parsers: Sequence[str]) -> None:
    """Draw what was clicked, if anything."""
    behind.refusal()
    picked: Picked | None = st.session_state.get(KEY)
    if picked is None or picked.side >= len(chosen):
        st.caption("Click a sector or a bar to see the tasks behind it.")
        return
    side = chosen[picked.side]
    found = _tasks(picked, side, parsers[picked.side])
    if found:
        may_review = side.wanted.origin != "seed" and side.wanted.state != "rejected"
        key = f"{side.pool.id}-{picked}"
        behind.panel(side.pool, picked.name, found, key, lambda: pick(None), may_review=may_review)


def _tasks(picked: Picked, side: Side, parser: str) -> list[Looked]:
    asked = (session.database(), side.pool.id, side.wanted, parser)
    if picked.verb:
        return view.with_pair(*asked, picked.verb, picked.nouns)
    if picked.text:
        return view.with_length(*asked, picked.text, picked.low, picked.high)
    return view.with_seed_score(*asked, picked.low, picked.high)
