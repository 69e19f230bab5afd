"""The source of a REInstruct answer at the desk: text and answer side by side, and what the text supports."""

from __future__ import annotations

import streamlit as st

from core.pool.items import Item
from core.reinstruct import looking
from core.reinstruct.measuring import grounded
from core.reinstruct.sides import sides
from pages.shared import session


def draw(item: Item) -> None:
    """The text beside the answer as it stands now, differences marked, with the answer's grounding above."""
    text = looking.source_of(session.database(), item.task_id)
    if text is None:
        st.text("The text that this one was made from is not in this database.")
        return
    found = grounded(item.output, text.text)
    told = [f"{text.source}, line {text.line}", f"{found.support:.0%} of the answer's words in the text"]
    told += [f"not in it: {', '.join((*found.numbers, *found.names))}"] if found.numbers or found.names else []
    st.text("  ·  ".join(told))
    shown = sides(text.text, item.output)
    left, right = st.columns(2, gap="small")
    with left:
        st.caption("Source: [-left out-]")
        st.text(shown.source, width="stretch")
    with right:
        st.caption("Answer: {+new+}")
        st.text(shown.answer, width="stretch")
