"""The parser of a pool: which one reads it, how far it is, and how to get a better one."""

from __future__ import annotations

import streamlit as st

from core.diversity import job
from core.diversity.install import INSTALLABLE, install_parser
from core.diversity.job import Choice
from core.diversity.parser import available_parsers
from core.records import Pool, RunState, WinnowError
from core.store import pools, runs
from pages.parts import session

_REDRAW = 1.6  # the charts are drawn again when so many times more is parsed


def parser_settings(pool: Pool) -> None:
    """Choose the pool's parser, or download one."""
    there = [parser.name for parser in available_parsers()]
    named = pool.settings.get("parser")
    options = ["", *there, *([named] if named and named not in there else [])]

    def choose() -> None:
        with session.database().write() as c:
            pools.configure(c, pool.id, parser=st.session_state[f"parser-{pool.id}"] or None)

    st.selectbox(
        "Parser of this pool",
        options,
        options.index(named or ""),
        format_func=lambda name: name or "the best that reads its language",
        key=f"parser-{pool.id}",
        on_change=choose,
    )
    missing = [name for name in INSTALLABLE if name not in there]
    if not missing:
        return
    name = st.selectbox("Another parser", missing, key="parser-to-install")
    if st.button("Download it", key="install-parser"):
        bar = st.progress(0.0)
        try:
            install_parser(name, lambda done, total: bar.progress(done / total if total else 0.0))
            st.rerun()
        except WinnowError as error:
            bar.empty()
            st.error("Not installed.")
            st.text(str(error))


def begin(pool: Pool, choice: Choice) -> None:
    """See that what is new gets parsed, in the background."""
    if choice.parser and job.begin(session.database(), pool, choice.parser):
        session.runner().wake()


def status(pool: Pool, choice: Choice, parsed: int, tasks: int) -> None:
    """One line: which parser, how far; while it works, with its progress and a stop."""
    if choice.parser is None:
        st.text(choice.reason)
        return
    run = job.latest(session.database(), pool.id)
    busy = run is not None and run.state in (RunState.QUEUED, RunState.RUNNING)

    @st.fragment(run_every=1 if busy else None)
    def live() -> None:
        now = job.latest(session.database(), pool.id)
        with st.container(horizontal=True, vertical_alignment="center", key="parse-status"):
            st.caption(f"parser: {choice.parser.label if choice.parser else ''} · {parsed:,} of {tasks:,} parsed")
            if now is None or (parsed == tasks and not busy):
                return
            if now.state in (RunState.QUEUED, RunState.RUNNING):
                done, of = now.counts.get("parsed", 0), now.counts.get("to_parse", 0)
                st.progress(
                    done / of if of else 0.0, f"{done:,} of {of:,}" if of else "the parser is loading", width=260
                )
                st.button("Stop", key="stop-parsing", on_click=_ask_stop, args=(now.id,), disabled=bool(now.asked))
                drawn = st.session_state.setdefault(f"parsed-drawn-{now.id}", 0)
                if done < drawn or done > drawn * _REDRAW:
                    st.session_state[f"parsed-drawn-{now.id}"] = done
                    st.rerun()
                return
            if busy:
                st.session_state.pop(f"parsed-drawn-{now.id}", None)
                st.rerun()
            st.text(now.message)
            st.button("Parse the rest", key="parse-rest", on_click=_insist, args=(pool, choice))

    live()


def _ask_stop(run_id: int) -> None:
    with session.database().write() as c:
        runs.ask(c, run_id, "stop")


def _insist(pool: Pool, choice: Choice) -> None:
    if choice.parser:
        job.begin(session.database(), pool, choice.parser, insist=True)
        session.runner().wake()
