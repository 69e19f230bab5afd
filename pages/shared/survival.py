"""Survival by rule: what was left after each filter, what people changed since, and what is accepted."""

from __future__ import annotations

import streamlit as st

from core.gate.ledger import Survival
from core.gate.rules import RULES, sentence
from pages.shared import tables


def survival_chart(found: Survival) -> None:
    """One row a rule that dropped something, then what people took back and out; the last row is what is accepted."""
    left = found.arrived
    rows: list[tuple[str, int, int]] = [("candidates", 0, left)]
    for rule in [*RULES, *(name for name in found.dropped if name not in RULES)]:
        if found.dropped.get(rule):
            left -= found.dropped[rule]
            rows.append((sentence(rule), found.dropped[rule], left))
    if found.rescued:
        left += found.rescued
        rows.append(("rescued by a person", -found.rescued, left))
    if found.taken_out:
        left -= found.taken_out
        rows.append(("taken out by a person", found.taken_out, left))
    rows.append(("accepted", 0, found.accepted))
    tables.show(
        [
            {"step": step, "dropped": dropped, "left": still, "share left": 100 * still / max(found.arrived, 1)}
            for step, dropped, still in rows
        ],
        height="content",
        key="survival",
        column_config={
            "step": st.column_config.TextColumn("after", width=250),
            "dropped": st.column_config.NumberColumn("dropped by it", format="localized"),
            "left": st.column_config.NumberColumn(f"left of {found.arrived:,}", format="localized"),
            "share left": st.column_config.ProgressColumn(
                "share left", min_value=0, max_value=100, format="%.1f%%", width=130
            ),
        },
    )
