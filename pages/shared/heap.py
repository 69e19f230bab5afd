"""Keeps what stays for good out of the garbage collector's sight."""

from __future__ import annotations

import gc
import sys

_GROWN = 200  # modules more than at the last time: pages bring theirs along when they are first drawn
_known = 0


def settle() -> None:
    """After a page was drawn: modules and what hangs on them are not looked through again.

    The collector stops every visitor while it looks, and nearly all that it looks at are modules.
    """
    global _known
    if len(sys.modules) - _known > _GROWN:
        _known = len(sys.modules)
        gc.collect()
        gc.freeze()
