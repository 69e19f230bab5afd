"""Whose turn it is when many rate at once: a text that somebody waits for goes before buttons they will press later.

All sessions of a server share one processor's worth of Python, which turns from one to the other every few
milliseconds, so that ten screens that are drawn at once all come late. Nobody is kept waiting for long, whoever hangs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 0.02  # each of the two waits of `after_texts`, at the most
# A browser gathers what comes within 10 ms and draws it in one go. Buttons that come so much later do not hold up their
# text, which then has the time to be drawn and to reach the screen.
HEAD_START_S = 0.04

_changed = threading.Condition()
_texts_waited_for = 0
_one_at_a_time = threading.Lock()


@contextmanager
def text_first() -> Iterator[None]:
    """What a reviewer waits for is made in this block: an act, and the text that comes after it."""
    global _texts_waited_for
    with _changed:
        _texts_waited_for += 1
    try:
        yield
    finally:
        with _changed:
            _texts_waited_for -= 1
            _changed.notify_all()


@contextmanager
def after_texts(*, head_start: bool = False) -> Iterator[None]:
    """What stands around a text is drawn in this block: one session after the other, and when nobody waits for a
    text; with `head_start` once the session's own text is being drawn by its browser."""
    if head_start:
        time.sleep(HEAD_START_S)  # before it is this session's turn: the others go on
    is_mine = _one_at_a_time.acquire(timeout=PATIENCE_S)
    try:
        with _changed:
            _changed.wait_for(lambda: not _texts_waited_for, PATIENCE_S)
        yield
    finally:
        if is_mine:
            _one_at_a_time.release()
