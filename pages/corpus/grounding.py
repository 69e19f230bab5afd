"""How far the source supports an answer, in figures and in the sentences that it supports least."""

from __future__ import annotations

import streamlit as st

from core.reinstruct.looking import Grounded

WEAK = 0.6
SHOWN = 3


def draw(answer: str, grounded: Grounded | None) -> None:
    """Figures first, then the sentences to look at. A low number is a place to look, not a verdict."""
    if grounded is None:
        return
    st.caption("Supported by the source (ROUGE-L precision)")
    st.text(f"{grounded.support:.0%} of {len(grounded.sentences)} sentences' words")
    for label, words in (("Numbers not in the source", grounded.numbers), ("Names not in it", grounded.names)):
        if words:
            st.caption(label)
            st.text(", ".join(words))
    weak = sorted((share, start, end) for start, end, share in grounded.sentences if share < WEAK)[:SHOWN]
    if weak:
        st.caption("Sentences it supports least")
        for share, start, end in weak:
            st.text(f"{share:.0%}  {answer[start:end]}")
