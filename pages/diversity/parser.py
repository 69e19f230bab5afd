"""The parser of a pool: which one reads it, how far it is, and how to get a better one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.diversity import job
from core.diversity.install import INSTALLABLE, install_parser
from core.diversity.job import ParserChoice
from core.diversity.language import NAMES
from core.diversity.parser import available_parsers
from core.diversity.view import DiversityFigures
from core.pool import pool_settings
from core.records import Pool, Run, RunState, WinnowError
from core.words import brief
from pages.shared import running, session

_REDRAW = 2  # the charts are drawn again when so many times more is parsed
_BUSY = (RunState.QUEUED, RunState.RUNNING)


def parser_settings(pool: Pool) -> None:
    """Choose the pool's parser, or download one."""
    there = [parser.name for parser in available_parsers()]
    named = pool_settings.of(pool).parser
    options = ["", *there, *([named] if named and named not in there else [])]

    def choose() -> None:
        job.choose(session.database(), pool.id, st.session_state[f"parser-{pool.id}"] or None)

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
    name = st.selectbox(
        "Another parser",
        missing,
        format_func=lambda name: f"{name}, reads {NAMES[INSTALLABLE[name]]}",
        key="parser-to-install",
    )
    if st.button("Download it", key="install-parser"):
        bar = st.progress(0.0)
        try:
            install_parser(name, running.told_by(bar))
            st.rerun()
        except WinnowError as error:
            bar.empty()
            st.error("Not installed.")
            st.text(brief(str(error)))


def begin(pool: Pool, choice: ParserChoice) -> None:
    """See that what is new gets parsed, in the background."""
    if choice.parser and job.begin(session.database(), pool, choice.parser):
        session.runner().wake()


@dataclass(frozen=True, slots=True)
class ParsedPool:
    """A pool on the page: its parser, and what was parsed when its charts were drawn."""

    pool: Pool
    choice: ParserChoice
    look: DiversityFigures

    @property
    def run(self) -> Run | None:
        """The pool's parse run as it stands, where there is a parser."""
        return job.latest(session.database(), self.pool.id) if self.choice.parser else None


def status(shown: Sequence[ParsedPool]) -> None:
    """A line a pool: which parser, how far; while it works, with its progress and a stop."""
    shown = list({each.pool.id: each for each in shown}.values())  # a pool beside a part of itself has one run
    drawn = [each.run for each in shown]
    busy = any(run is not None and run.state in _BUSY for run in drawn)

    @st.fragment(run_every=1 if busy else None)
    def live() -> None:
        runs_now = [each.run for each in shown]
        for each, before, run in zip(shown, drawn, runs_now, strict=True):
            _line(each, before, run)
        if busy and not any(run is not None and run.state in _BUSY for run in runs_now):
            st.rerun()

    live()


def _line(each: ParsedPool, drawn: Run | None, run: Run | None) -> None:
    if each.choice.parser is None:
        st.text(each.choice.reason)
        return
    look = each.look
    with st.container(horizontal=True, vertical_alignment="center", key=f"parse-status-{each.pool.id}-{id(look)}"):
        st.caption(f"parser: {each.choice.parser.label} · {look.parsed:,} of {look.tasks:,} parsed")
        if run is None:
            return
        if run.state in _BUSY:
            done, of = run.counts.get("parsed", 0), run.counts.get("to_parse", 0)
            st.progress(done / of if of else 0.0, f"{done:,} of {of:,}" if of else "the parser is loading", width=160)
            running.stop_button(run, f"stop-parsing-{run.id}")
            if done > _REDRAW * (drawn.counts.get("parsed", 0) if drawn else 0):
                st.rerun()
        elif look.waiting:
            st.text(run.message)
            st.button("Parse the rest", key=f"parse-rest-{run.id}", on_click=_insist, args=(each.pool, each.choice))


def _insist(pool: Pool, choice: ParserChoice) -> None:
    if choice.parser:
        job.begin(session.database(), pool, choice.parser, insist=True)
        session.runner().wake()
