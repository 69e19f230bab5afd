"""The guidelines beside a text that is judged: what each grade and question means, and the pool's own rules."""

from __future__ import annotations

import streamlit as st

from core.pool.guidelines import Guidelines
from pages.shared.plain import sendable


def draw(its: Guidelines) -> None:
    """The pool's own rules first: they are what nobody knows by heart."""
    if its.own_rules:
        st.caption("**Rules of this pool**")
        st.text(sendable(its.own_rules))
    for rule in its.grades:
        st.caption(f"**{rule.grade.value}** {rule.title}. {rule.meaning} {rule.doubt}")
    for question in its.questions:
        st.caption(f"**{question.text}** {question.explanation} Yes: {question.yes} No: {question.no}")
