"""What takes seconds in a large pool is counted beside the page, which is drawn at once and again when it is done."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from core import pools
from pages.shared import session

T = TypeVar("T")

SMALL = 50_000  # instances in a database; up to there a page counts before it is drawn, which takes a second at most
KEPT = 16  # counts that are remembered
_ONE_AT_A_TIME = threading.Semaphore(1)  # they are all Python's work, and two would take twice as long each
# Seconds that a thread keeps Python while others wait for it. By Python's own 0.005 a page that asks a server for each
# of its statements waits so long after every one while something counts.
_TURN_S = 0.0005


@dataclass(frozen=True, slots=True)
class Figured(Generic[T]):
    """What was counted. `value` is None where nothing is known yet; not `is_fresh`: it is of before the last change."""

    value: T | None
    is_fresh: bool


@dataclass(slots=True)
class _Count:
    moment: Hashable
    future: Future[Any]
    began: float


@st.cache_resource(show_spinner=False)
def _counts() -> dict[Hashable, tuple[_Count, Any]]:
    """By subject: the count at work or done last, and the value that was known before it."""
    return {}


_LOCK = threading.Lock()


def counted(subject: Hashable, moment: Hashable, work: Callable[[], T]) -> Figured[T]:
    """What `work` gives for a subject at a moment of the database, kept until the moment changes.

    In a large database it is done by a thread of its own, for which the page does not wait: it shows what there is, and
    `until_counted` draws it again. `work` must not ask the session for anything. What it raises is raised here.
    """
    with _LOCK:
        counts = _counts()
        its, before = counts.pop(subject, (None, None))
        # A count that is under way is waited for, though it will be of a moment ago: else nobody ever sees one while a
        # run changes the pool all the time.
        has_failed = its is not None and its.future.done() and its.future.exception() is not None
        is_new = its is None or (its.future.done() and (has_failed or its.moment != moment))
        if its is None or is_new:
            before = its.future.result() if its is not None and not has_failed else before
            its = _Count(moment, Future(), time.monotonic())
        counts[subject] = (its, before)
        while len(counts) > KEPT:
            counts.pop(next(iter(counts)))
    if is_new and pools.newest_instance(session.database()) > SMALL:
        threading.Thread(target=_do, args=(its.future, work, _TURN_S), daemon=True, name="counting").start()
    elif is_new:
        with st.spinner("Counting…", show_time=True):
            _do(its.future, work)
    if its.future.done():
        return Figured(its.future.result(), its.moment == moment)
    return Figured(before, False)


def until_counted(subject: Hashable, what: str) -> None:
    """Say that a subject is being counted, and draw the page again as soon as it is."""

    @st.fragment(run_every=1.0)
    def wait() -> None:
        its, _ = _counts().get(subject, (None, None))
        if its is None or its.future.done():
            st.rerun()
        else:
            st.caption(f"{what} {time.monotonic() - its.began:,.0f} s so far; the page goes on by itself.")

    wait()


def _do(future: Future[Any], work: Callable[[], Any], turn_s: float | None = None) -> None:
    with _ONE_AT_A_TIME:
        usual = sys.getswitchinterval()
        sys.setswitchinterval(turn_s or usual)
        try:
            found = work()
        except Exception as error:  # noqa: BLE001 handed to whoever asks for it
            future.set_exception(error)
        else:
            future.set_result(found)
        finally:
            sys.setswitchinterval(usual)
