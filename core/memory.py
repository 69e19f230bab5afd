"""Memory that is free again, handed back to the system."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


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


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Look for circles of dead objects a hundred times less often: where many come and go together that make none."""
    before = gc.get_threshold()
    gc.set_threshold(100 * before[0], *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
