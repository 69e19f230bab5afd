"""Memory that is free again, handed back to the system."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock


def give_back() -> None:
    """Hand memory that is free again back to the system, after work that took much of it."""
    kept_out_of_sight = gc.get_freeze_count() > 0
    gc.unfreeze()  # what was frozen while the work went on may be what it leaves behind
    gc.collect()
    if kept_out_of_sight:
        gc.freeze()
    if os.name == "posix":
        import ctypes

        with suppress(OSError, AttributeError):  # another C library has no such call
            ctypes.CDLL(None).malloc_trim(0)


_TURN = Lock()
_seldom: list[tuple[int, int, int]] = []  # as it was before, once for each who asks for it now


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Look for circles of dead objects a hundred times less often: where many come and go together that make none.

    For the whole program, until the last one who asks for it has ended.
    """
    with _TURN:
        usual = _seldom[0] if _seldom else gc.get_threshold()
        _seldom.append(usual)
        gc.set_threshold(100 * usual[0], *usual[1:])
    try:
        yield
    finally:
        with _TURN:
            _seldom.pop()
            if not _seldom:
                gc.set_threshold(*usual)
