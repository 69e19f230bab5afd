"""Who works on a run: a name for a part of this program, which tells others on this machine whether it still lives."""

from __future__ import annotations

import os
import platform
import uuid
from functools import cache
from pathlib import Path


def new() -> str:
    """A name that nobody else has: machine, process, and something random."""
    return f"{_machine()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"


def has_ended(owner: str) -> bool:
    """Whether the owner's process is known to be gone. False where that can't be told: its lease decides then."""
    machine, _, rest = owner.partition("/")
    number = rest.partition("/")[0]
    if os.name != "posix" or machine != _machine() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@cache
def _machine() -> str:
    """This machine and, where there are such, this container: a process's number means something only in there."""
    space = Path("/proc/self/ns/pid")
    return f"{platform.node().replace('/', '-')}:{space.stat().st_ino if space.exists() else 0}"


HERE = new()
"""Who does what this program keeps for itself: the command line's runs."""
