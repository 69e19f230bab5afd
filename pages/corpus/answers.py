"""Text, instruction and rewritten answer side by side, sifted by how far the source supports the answer."""

from __future__ import annotations

import streamlit as st

from core.corpus import shelf
from core.pool.filters import Filter
from core.records import Origin, State, WinnowError
from core.reinstruct import looking, measuring
from core.reinstruct.looking import ReversedAnswer, Sifting
from core.review import queues
from core.words import number_of
from pages.corpus import grounding as corpus_grounding
from pages.corpus.write import fate
from pages.shared import links, marked, opened, reader, reading, session
from pages.shared.tables import pick

SHOWN = 300
SUPPORT, CHANGES, WHOLE = "what supports it", "what changed", "whole"
WAYS = {
    SUPPORT: "point at a sentence of the answer to see what supports it.",
    CHANGES: "struck out is what the rewriting left away, underlined what it added.",
    WHOLE: "code stands as code, and as you like to read.",
}
QUEUE = "REInstruct answers"
LIST_HEIGHT, TEXT_HEIGHT = 178, 345


def draw() -> None:
    """The whole view."""
    pool, database = session.pool(), session.database()
    looked = f"answers-looked-{pool.id}"
    measuring.measure_all(database, pool.id, edited_only=looked in st.session_state)
    st.session_state[looked] = True
    with st.container(horizontal=True, vertical_alignment="bottom"):
        standing = st.segmented_control("Which", ["kept", "all"], default="kept", required=True, key="answers-which")
        support = st.slider("Support at most", 0, 100, 100, 5, format="%d%%", key="answers-support", width=150)
        doubtful = st.checkbox(
            "Own numbers or names",
            key="answers-doubtful",
            help="Answers with numbers or names that their source doesn't have",
        )
        search = st.text_input("Search", key="answers-search", placeholder="a part of either", width=170)
        review = st.container(width="content")
    wanted = Sifting(
        standing=standing == "kept",
        most_support=support / 100 if support < 100 else None,
        doubtful=doubtful,
        search=search,
    )
    sifted = looking.sifted(database, pool.id, wanted, limit=SHOWN)
    found, supports = sifted.answers, sifted.supports
    kept = sum(one.answer_state is State.ACCEPTED for one in found)
    if refusal := st.session_state.pop("answers-refusal", None):
        st.text(refusal)
    ticked: list[ReversedAnswer] = []
    if found:
        ticked = _list(found, len(supports), supports[len(supports) // 2] if supports else None)
    chosen = [one.task_id for one in ticked if one.answer_state is State.ACCEPTED]
    n = len(chosen) if ticked else kept
    with review:
        st.button(
            f"Review these {n:,}" if ticked or n < SHOWN else "Review these",
            type="primary",
            key="answers-review",
            disabled=not n,
            on_click=_review,
            args=(pool.id, session.reviewer(), wanted, chosen),
        )
    if not found:
        st.info("No answer here. Reverse and rewrite some texts, or look for something else.")
        return
    _three(ticked[-1] if ticked else found[0])


def _list(found: list[ReversedAnswer], n: int, median: float | None) -> list[ReversedAnswer]:
    """The answers with a tick each; those that are ticked."""
    picked = pick(
        [
            {
                "": "✓" if one.answer_state is State.ACCEPTED else "…" if not fate(one).strip() else "✗",
                "instruction": one.instruction,
                "answer": one.answer[:300],
                "support": 100 * one.grounded.support if one.grounded else None,
                "not in the source": ", ".join((*one.grounded.numbers, *one.grounded.names)) if one.grounded else "",
                "why": fate(one),
                "ratings": one.rated,
            }
            for one in found
        ],
        [one.task_id for one in found],
        "answers-list",
        at_most=LIST_HEIGHT,
        column_config={
            "": st.column_config.TextColumn(width=30),
            "instruction": st.column_config.TextColumn(width=340),
            "answer": st.column_config.TextColumn(width=190),
            "support": st.column_config.NumberColumn(format="%.0f%%", width=65),
            "not in the source": st.column_config.TextColumn(width=120),
            "why": st.column_config.TextColumn(width=80),
            "ratings": st.column_config.NumberColumn(width=60),
        },
    )
    first = f"The first {SHOWN:,}. " if len(found) == SHOWN else ""
    told = f"Median support {median:.0%} (n={number_of(n, 'answer')} kept)." if median is not None else ""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(
            f"{first}A tick shows an answer below and chooses it for review; {WAYS[_way()]} {told}",
            width="content",
        )
        st.segmented_control(
            "How to read it",
            list(WAYS),
            default=SUPPORT,
            required=True,
            key="answers-way",
            label_visibility="collapsed",
        )
    return [one for one in found if one.task_id in picked]


def _way() -> str:
    return str(st.session_state.get("answers-way") or SUPPORT)


def _three(one: ReversedAnswer) -> None:
    text = shelf.text(session.database(), one.text_id)
    way = _way()
    left, right = st.columns([2.4, 0.9], gap="small")
    with left:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption("Text and rewritten answer", width="content")
            st.text(f"{text.source}, line {text.line}", width="stretch")
            if way == WHOLE:
                reading.toggles(opened.switch, place="answers-", keyed=False)
        with st.container(border=way != WHOLE, height=TEXT_HEIGHT if way != WHOLE else "content", key="answers-texts"):
            if way == WHOLE:
                texts = (("Text", text.text), ("Rewritten answer", one.answer))
                reader.in_place(texts, f"answers-{one.task_id}")
            elif way == CHANGES and one.answer:
                marked.change(text.text, one.answer)
            elif one.answer:
                marked.grounded(text.text, one.answer, TEXT_HEIGHT - 40)
            else:
                st.text(text.text, width="stretch")
                st.caption("No answer yet.")
    with right:
        st.caption("Instruction" + ("  ·  demo" if one.demo else ""))
        with st.container(border=True, height=TEXT_HEIGHT):
            st.text(one.instruction or "(none could be read)", width="stretch")
            if why := fate(one):
                st.caption("Why it is out" if one.rule else "Where it stands")
                st.text(why)
            corpus_grounding.draw(one.answer, one.grounded)


def _review(pool_id: int, reviewer: str, wanted: Sifting, ticked: list[int]) -> None:
    try:
        database = session.database()
        if ticked:
            queue_id = queues.over_tasks(database, pool_id, f"{QUEUE}, chosen", ticked, reviewer)
        elif wanted == Sifting(standing=wanted.standing):
            everything = Filter(origin=Origin.REINSTRUCT.value)
            queue_id = queues.over_filter(database, pool_id, QUEUE, everything, reviewer)
        else:
            chosen = looking.task_ids(database, pool_id, wanted)
            queue_id = queues.over_tasks(database, pool_id, _name(wanted), chosen, reviewer)
    except WinnowError as error:
        st.session_state["answers-refusal"] = str(error)
        return
    links.review(queue_id)


def _name(wanted: Sifting) -> str:
    parts = [f"support up to {wanted.most_support:.0%}"] if wanted.most_support is not None else []
    parts += ["own numbers or names"] if wanted.doubtful else []
    parts += [f"with {wanted.search}"] if wanted.search else []
    return f"{QUEUE}: {', '.join(parts)}"
