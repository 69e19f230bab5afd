"""The texts and why: what each rule saw in a text, which failed one rule alone, what other thresholds would do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from core.corpus import shelf
from core.corpus.findings import examine
from core.corpus.select_settings import SelectSettings
from core.corpus.selection_plan import METHOD, SelectionPlan, kept_verbs, plan_of
from core.corpus.texts_kept import CorpusText, Miss, TextState
from core.corpus.tuning import TuningEffect, tune
from core.corpus.verbs import Verbs
from core.runs import control
from core.words import number_of
from pages.corpus.rules import rules_form
from pages.shared import running, session, tables
from pages.shared.tables import pick

POOL, MISSES = "In the pool", "Failed one rule"
SHOWN = 300
JUDGED = 2000  # waiting texts that other thresholds are tried on
LIST_HEIGHT, TEXT_HEIGHT = 560, 235


def draw() -> None:
    """The whole view."""
    run = control.shown(session.database(), session.pool().id, METHOD)
    if run is None:
        st.info("No text yet. Select some first.")
        return
    plan, pool = plan_of(run.settings), session.pool()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.segmented_control("Which", [POOL, MISSES], default=POOL, required=True, key="corpus-which")
        states = [state.value for state in TextState]
        state = st.selectbox(
            "State", states, index=None, placeholder="any", key="corpus-state", width=140, disabled=which == MISSES
        )
        search = st.text_input("Search", key="corpus-search", placeholder="a part of the text or file", width=260)
    with st.expander("Try other thresholds on these texts"):
        rules = rules_form(plan.preset if plan.preset != "own" else "mended", columns=5)
    verbs = kept_verbs(plan.verbs)
    wanted = TextState(state) if state else None
    database = session.database()
    misses, waiting = shelf.misses(database, run.id), shelf.waiting(database, pool.id, limit=JUDGED)
    shown = shelf.page(database, pool.id, states=[wanted] if wanted else TextState, search=search, limit=SHOWN)
    tuned = tune(waiting, misses, rules, verbs)
    _tuned(plan, rules, tuned, waiting, misses)
    found: list[CorpusText] | list[Miss] = shown
    if which == MISSES:
        found = [miss for miss in misses if search.casefold() in (miss.text + miss.source).casefold()]
    left, right = st.columns([1, 1.2], gap="medium")
    with left:
        chosen = _list(found, tuned)
    with right:
        _text(chosen, rules, verbs)


def _tuned(
    plan: SelectionPlan, rules: SelectSettings, tuned: TuningEffect, waiting: list[CorpusText], misses: list[Miss]
) -> None:
    if rules == plan.settings.rules:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(
            f"With these thresholds {len(tuned.comes):,} of {number_of(len(misses), 'text')} that failed one rule "
            f"come in, and "
            f"{len(tuned.goes):,} of {len(waiting):,} that wait would go."
        )
        st.button("Select again with these", key="corpus-again", on_click=_again, args=(session.pool().id, plan, rules))
        ids = [text.id for text, _ in tuned.goes]
        st.button(
            f"Leave out the {len(ids):,}",
            key="corpus-out",
            disabled=not ids,
            on_click=_aside,
            args=(session.pool().id, ids, True),
        )


def _list(found: list[CorpusText] | list[Miss], tuned: TuningEffect) -> CorpusText | Miss | None:
    if not found:
        st.caption("Nothing here.")
        return None
    comes, goes = set(tuned.comes), {text.id: rules for text, rules in tuned.goes}

    def row(text: CorpusText | Miss) -> dict[str, Any]:
        opening = " ".join(text.text[:200].split())
        if isinstance(text, Miss):
            fate = "would come in" if text in comes else ""
            return {"failed": text.rule, "text": opening, "new": fate, "file": text.source, "line": text.line}
        fate = f"would go: {', '.join(goes[text.id])}" if text.id in goes else ""
        return {"state": text.state.value, "text": opening, "new": fate, "file": text.source, "line": text.line}

    rows = [row(text) for text in found]
    if not any(one["new"] for one in rows):
        rows = [{name: value for name, value in one.items() if name != "new"} for one in rows]
    picked = pick(
        rows,
        [(text.source, text.line) for text in found],
        f"corpus-list-{type(found[0]).__name__}",
        one=True,
        at_most=LIST_HEIGHT,
        column_config={
            "text": st.column_config.TextColumn(width=330),
            "new": st.column_config.TextColumn("with these thresholds", width="medium"),
            "failed": st.column_config.TextColumn(width="small"),
            "state": st.column_config.TextColumn(width="small"),
        },
    )
    if len(found) == SHOWN:
        st.caption(f"The first {SHOWN}; search for others.")
    return next((text for text in found if (text.source, text.line) in picked), found[0])


def _text(text: CorpusText | Miss | None, rules: SelectSettings, verbs: Verbs) -> None:
    if text is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        url = text.url if isinstance(text, CorpusText) and text.url else ""
        st.text(f"{text.source}, line {text.line}  {url}")
        if isinstance(text, CorpusText):
            _set_aside(text)
    if isinstance(text, CorpusText) and text.note:
        st.text(text.note)
    with st.container(border=True, height=TEXT_HEIGHT):
        st.text(text.text, width="stretch")
    findings = examine(text.text, rules, verbs)
    tables.show(
        [
            {
                "": "✓" if one.passes else "✗",
                "rule": one.rule.replace("-", " "),
                "found": one.found,
                "wanted": one.wanted,
                "asks for": one.asks,
            }
            for one in findings
        ],
        height="content",
        key="corpus-findings",
        column_config={
            "": st.column_config.TextColumn(width=30),
            "rule": st.column_config.TextColumn(width=110),
            "found": st.column_config.TextColumn(width=190),
            "wanted": st.column_config.TextColumn(width=150),
        },
    )


def _set_aside(text: CorpusText) -> None:
    if text.state is TextState.WAITING:
        st.button("Leave it out", key=f"corpus-off-{text.id}", on_click=_aside, args=(text.pool_id, [text.id], True))
    elif text.state in (TextState.OFF, TextState.FAILED):
        st.button(
            "Let it wait again", key=f"corpus-on-{text.id}", on_click=_aside, args=(text.pool_id, [text.id], False)
        )


def _aside(pool_id: int, ids: list[int], off: bool) -> None:
    shelf.set_aside(session.database(), pool_id, ids, off)


def _again(pool_id: int, plan: SelectionPlan, rules: SelectSettings) -> None:
    again = replace(plan, settings=replace(plan.settings, rules=rules))
    running.start(pool_id, METHOD, again.as_mapping())
    st.session_state["corpus-goto"] = "Select"
