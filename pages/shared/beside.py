"""What an instance has beside its three texts, folded: one line that says what there is, all of it as plain text."""

from __future__ import annotations

import json

import streamlit as st

from core.records import Beside
from pages.shared import plain, tables

LABELS = {"user": "user", "assistant": "answer", "system": "system", "tool": "tool"}
SHOWN = 20_000  # characters of one text


def draw(its: Beside, *, own_judgement_first: bool = False) -> None:
    """Show what stands beside an instance; nothing where there is nothing.

    `own_judgement_first`: leave out what others made of it (rejected answers and the row's other fields, which may
    hold grades and the names of models) while a reviewer judges blind.
    """
    if its.has_context:
        with st.expander(_context_label(its), icon=":material/forum:"):
            if its.system:
                plain.field("system prompt", _cut(its.system))
            for turn in its.turns:
                plain.field(LABELS.get(turn.role, "turn"), _cut(turn.text), empty="(empty)")
    if its.thoughts:
        with st.expander("thoughts before the output", icon=":material/psychology:"):
            st.text(plain.sendable(_cut(its.thoughts)), width="stretch")
    if own_judgement_first:
        return
    if its.rejected:
        with st.expander(_counted(len(its.rejected), "rejected answer"), icon=":material/thumb_down:"):
            for number, text in enumerate(its.rejected, 1):
                plain.field(f"rejected {number}", _cut(text), empty="(empty)")
    if its.extra:
        with st.expander(_counted(len(its.extra), "other field") + " of its row", icon=":material/table_rows:"):
            rows = ({"field": name, "value": _cut(_shown(value), 2000)} for name, value in its.extra.items())
            tables.show(plain.cells(rows), width="stretch")


def _context_label(its: Beside) -> str:
    parts = ["system prompt"] if its.system else []
    if its.turns:
        parts.append(_counted(len(its.turns), "earlier turn"))
    return " and ".join(parts)


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _cut(text: str, at: int = SHOWN) -> str:
    return text if len(text) <= at else f"{text[:at]}… ({len(text) - at:,} more characters)"
