"""Survival by rule: how many candidates were left after each filter, in the filters' order."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.gate.drop_rules import RULES


def survival_chart(arrived: int, dropped: Mapping[str, int]) -> None:
    """One row a rule that dropped something: how many it dropped, and what was left of all candidates."""
    left = arrived
    rows = [{"step": "candidates", "dropped": 0, "left": arrived, "share left": 1.0}]
    for rule in [*RULES, *(name for name in dropped if name not in RULES)]:
        if dropped.get(rule):
            left -= dropped[rule]
            step = RULES.get(rule, rule)
            rows.append({"step": step, "dropped": dropped[rule], "left": left, "share left": left / arrived})
    st.dataframe(
        rows,
        hide_index=True,
        height=min(40 + 35 * len(rows), 330),
        key="survival",
        column_config={
            "step": st.column_config.TextColumn("after the rule", width="large"),
            "dropped": st.column_config.NumberColumn("dropped by it", format="localized"),
            "left": st.column_config.NumberColumn(f"left of {arrived:,}", format="localized"),
            "share left": st.column_config.ProgressColumn("share left", min_value=0.0, max_value=1.0, format="percent"),
        },
    )
