"""The source of a REInstruct answer at the desk: beside the answer, and which of its sentences support it."""

from __future__ import annotations

import streamlit as st

from core.corpus.texts_kept import CorpusText
from core.pool.items import Item
from core.records import Origin
from core.reinstruct import looking
from core.reinstruct.measuring import grounded
from pages.shared import marked, session

_NAMED = 6


def of(item: Item) -> CorpusText | None:
    """The text that an item was made from; None where it was made otherwise, or the text is not in this database."""
    return looking.source_of(session.database(), item.task_id) if item.origin is Origin.REINSTRUCT else None


def not_in_it(answer: str, text: CorpusText) -> str:
    """The answer's numbers and names that the text does not have, in a line; empty where it has them all."""
    found = grounded(answer, text.text)
    absent = (*found.numbers, *found.names)
    more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
    return f"{', '.join(absent[:_NAMED])}{more}"


def draw(item: Item) -> None:
    """The text beside the answer as it stands now, with the answer's grounding above."""
    text = of(item)
    if text is None:
        st.text("The text that this one was made from is not in this database.")
        return
    found = grounded(item.output, text.text)
    told = [f"{text.source}, line {text.line}", f"{found.support:.0%} of the answer's words in the text"]
    told += [f"not in it: {', '.join((*found.numbers, *found.names))}"] if found.numbers or found.names else []
    st.text("  ·  ".join(told))
    left, right = st.columns(2, gap="small")
    left.caption("Source")
    right.caption("Answer: point at a sentence to see what of the source supports it")
    marked.grounded(text.text, item.output, 300)
    with st.expander("What the rewriting changed"):
        marked.change(text.text, item.output)
