"""Keeps what stays for good out of the garbage collector's sight, and has it look more rarely."""

from __future__ import annotations

import gc
import sys

_GROWN = 200  # modules more than at the last time: pages bring theirs along when they are first drawn
# Objects more than at the last look, looks at the young ones before one at the next older, and before one at all. By
# Python's own 700, 10, 10 fifty who rate were all stopped for 20 to 60 ms every five seconds.
_RARELY = 20_000, 20, 50
_known = 0


def settle() -> None:
    """After a page was drawn: modules and what hangs on them are not looked through again.

    The collector stops every visitor while it looks, and nearly all that it looks at are modules.
    """
    global _known
    if len(sys.modules) - _known > _GROWN:
        _known = len(sys.modules)
        gc.set_threshold(*_RARELY)
        gc.collect()
        gc.freeze()
