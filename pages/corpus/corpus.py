"""Corpus: select texts that read like answers, write the instruction that each one answers, then a clean answer."""

from __future__ import annotations

import streamlit as st

from core.corpus import shelf
from core.corpus.texts_kept import TextState
from core.reinstruct import looking
from core.words import number_of
from pages.corpus import answers as corpus_answers
from pages.corpus import select as corpus_select
from pages.corpus import texts as corpus_texts
from pages.corpus import write as corpus_write
from pages.shared import session, views

SELECT, TEXTS, WRITE, ANSWERS = "Select", "Texts", "Reverse and rewrite", "Answers"
VIEWS = {
    SELECT: corpus_select.draw,
    TEXTS: corpus_texts.draw,
    WRITE: corpus_write.draw,
    ANSWERS: corpus_answers.draw,
}

pool, database = session.pool(), session.database()
counts, unanswered = shelf.counts(database, pool.id), looking.unanswered(database, pool.id)

if "corpus-view" not in st.session_state:
    asked = st.query_params.get("view", "")
    begin = WRITE if counts[TextState.WAITING] else SELECT
    st.session_state["corpus-view"] = asked if asked in VIEWS else begin
if goto := st.session_state.pop("corpus-goto", None):
    st.session_state["corpus-view"] = goto

with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Corpus", anchor=False, width="content")
    view = views.chosen(VIEWS, "corpus-view")
    parts = [f"{counts[state]:,} {state.value}" for state in TextState if counts[state]]
    if unanswered:
        parts.append(f"{number_of(unanswered, 'instruction')} without an answer")
    st.text("Texts: " + (" · ".join(parts) if parts else "none yet"))
st.query_params["view"] = view
VIEWS[view]()
