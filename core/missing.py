"""A name that nothing has, in one sentence that says what was probably meant and what to do next."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

from core.records import NotFound, Refused

MOST_NAMES = 8


def no_such_name(word: str, asked: object, known: Iterable[str], otherwise: str, listed: str = "") -> NotFound:
    """The error for a name that nothing has: what was probably meant, else what there is.

    `otherwise`: the act that makes a first one; `listed`: the verb that lists them all.
    """
    there = list(known)
    begun = f'There is no {word} "{asked}"'
    if not there:
        return NotFound(f"{begun}, and none at all yet: {otherwise}.")
    near = difflib.get_close_matches(str(asked).casefold(), [name.casefold() for name in there], 2, 0.6)
    meant = [name for name in there if name.casefold() in near][:2]
    if meant:
        return NotFound(f"{begun}. Did you mean {' or '.join(meant)}?")
    more = f" and {len(there) - MOST_NAMES:,} more" if len(there) > MOST_NAMES else ""
    more += f"; `{listed}` lists them" if more and listed else ""
    return NotFound(f"{begun}; there {'is' if len(there) == 1 else 'are'} {', '.join(there[:MOST_NAMES])}{more}.")


def no_such_file(path: Path) -> Refused:
    """The error for a path at which no file is: the name beside it that was probably meant."""
    if path.is_dir():
        return Refused(f"There is no file {path}, but a folder; name a file in it.")
    if path.exists():
        return Refused(f"{path} is no plain file, but a device, a pipe or a socket; name a file on a disk.")
    if not path.parent.is_dir():
        return Refused(f"There is no file {path}, nor the folder {path.parent}; check the path.")
    near = difflib.get_close_matches(path.name, os.listdir(path.parent), 1, 0.6)
    return Refused(
        f"There is no file {path}" + (f". Did you mean {path.parent / near[0]}?" if near else "; check the path.")
    )
