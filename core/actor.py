"""Who acts: known where an act comes in, at a page or a verb, and written down by the act beside what was done.

A page's session knows its reviewer, the command line its --reviewer; a run that works by itself is nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NOBODY = ""  # also: not known, as in a database of before
_acting: ContextVar[str] = ContextVar("acting", default=NOBODY)
_asked: list[Callable[[], str]] = []


def acting() -> str:
    """The name of whoever acts here and now; "" where it is nobody, or not known."""
    return _acting.get() or next(filter(None, (ask() for ask in _asked)), NOBODY)


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """Let what is done inside be done by this person."""
    before = _acting.set(name)
    try:
        yield
    finally:
        _acting.reset(before)


def know_by(ask: Callable[[], str]) -> None:
    """Ask this, in every thread of the program, who acts: it says "" where it does not know."""
    if ask not in _asked:
        _asked.append(ask)
