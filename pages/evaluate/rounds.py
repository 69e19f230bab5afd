"""Choosing, drawing, joining and closing blind rounds."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.evaluation import drawing, models, rating
from core.evaluation.rating import RoundView
from core.evaluation.words import Round, RoundKind, StillRating
from core.records import WinnowError
from core.words import brief, number_of
from pages.shared import session
from pages.shared.plain import label

_KINDS = {RoundKind.GRADE: "grade each, A to D", RoundKind.CHOOSE: "choose the best"}


def choose(set_name: str, views: Sequence[RoundView], reviewer: str) -> RoundView | None:
    """The round that the reviewer is at, or None while a new one is being drawn."""
    if not views:
        st.text(
            "No blind round yet. Draw one: its raters see answers in an order of their own and never a model's name, "
            "until they have judged everything."
        )
        _draw_form(set_name, reviewer)
        return None
    by_id = {view.round.id: view for view in views}
    if st.session_state.get("evaluate-round") not in by_id:
        open_ones = [view for view in views if view.joined and view.owed and view.round.closed_at is None]
        st.session_state["evaluate-round"] = (open_ones or list(views))[0].round.id
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = st.selectbox(
            "Round",
            list(by_id),
            format_func=lambda number: f"{by_id[number].round.name}: {number_of(by_id[number].round.items, 'item')}",
            key="evaluate-round",
            label_visibility="collapsed",
            width=330,
        )
        # Names of models are sent to a browser only once somebody asks to draw.
        st.toggle("New round", key="evaluate-draws")
        view = by_id[chosen]
        if view.joined and not view.judged and view.round.closed_at is None:
            st.button("I take no part", on_click=_leave, args=(view.round, reviewer))
    if st.session_state.get("evaluate-draws"):
        _draw_form(set_name, reviewer)
        return None
    return by_id[chosen]


def invite(view: RoundView, reviewer: str) -> None:
    """What a round asks, before one joins it, or after it was closed."""
    its = view.round
    best = "better of two" if its.side == 2 else f"best of up to {its.side}"
    what = f"Choose the {best} answers" if its.kind is RoundKind.CHOOSE else "Grade every answer A to D"
    wanted = (
        "everybody judges everything"
        if its.overlap is None
        else "each item wants " + ("1 rater" if its.overlap == 1 else f"{its.overlap:g} raters")
    )
    st.text(f"{what}. {number_of(its.items, 'item')}, {its.side} at a time; {wanted}.")
    told = ", ".join(f"{name} {n}" for name, n in view.raters.items())
    st.text(f"Judged so far: {told}." if told else "Nobody has begun.")
    if its.closed_at is not None:
        st.text("This round is closed: what was said counts, and nothing more is taken.")
        return
    st.caption("From your first item on, what models wrote and how they did stays hidden from you until you are done.")
    with st.container(horizontal=True):
        st.button("Rate", type="primary", shortcut="enter", on_click=_join, args=(its, reviewer))
        if view.raters:
            st.button("Close the round for everybody", on_click=_close, args=(its,))


def _draw_form(set_name: str, reviewer: str) -> None:
    there = models.answered(session.database(), set_name, reviewer)
    if isinstance(there, StillRating):
        st.text(str(there))
        return
    names = [each.model.name for each in there]
    with st.form("evaluate-new-round", border=False, enter_to_submit=False):
        name = st.text_input("Name", placeholder="numbered, where you give none")
        chosen = st.multiselect("Models", names, default=names[:4])
        one, two, three = st.columns(3)
        kind = one.selectbox("Question", list(_KINDS), format_func=_KINDS.__getitem__)
        side = two.number_input(
            "Answers at a time",
            1,
            drawing.MOST_AT_ONCE,
            min(len(names), 3) or 1,
            help="Choosing shows two at least; of two every pair is judged where there are up to three models.",
        )
        tasks = three.number_input("Tasks", 1, value=None, placeholder="all")
        overlap = one.number_input(
            "Raters an item wants",
            1.0,
            50.0,
            value=None,
            step=0.1,
            placeholder="everybody",
            help="1.3: three in ten twice",
        )
        seed = two.number_input("Seed", 0, value=None, placeholder="the next")
        if st.form_submit_button("Draw the round", type="primary"):
            try:
                made = drawing.draw(
                    session.database(),
                    set_name,
                    models=chosen,
                    kind=kind,
                    side=side,
                    tasks=tasks,
                    overlap=overlap,
                    seed=seed,
                    name=name,
                    actor=reviewer,
                )
            except WinnowError as error:
                st.text(brief(str(error)))
                return
            for key in ("evaluate-round", "evaluate-draws"):
                st.session_state.pop(key, None)
            st.toast(f"Drawn: {number_of(made.items, 'item')}.")
            st.rerun()


def _join(its: Round, reviewer: str) -> None:
    try:
        rating.turn(session.database(), its.id, reviewer)
    except WinnowError as error:
        st.toast(label(str(error)))


def _leave(its: Round, reviewer: str) -> None:
    try:
        rating.leave(session.database(), its.id, reviewer)
    except WinnowError as error:
        st.toast(label(str(error)))
    st.session_state.pop("evaluate-sitting", None)


def _close(its: Round) -> None:
    rating.close(session.database(), its.id)
