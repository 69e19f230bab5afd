"""Where the program writes what went wrong in detail: a file in the data folder. A person is told one sentence."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

NAME = "winnow.log"
LARGEST = 5 << 20


def to_file(folder: Path) -> None:
    """Send the log of this program to `winnow.log` in the folder; it is made when there is something to write."""
    from logging.handlers import RotatingFileHandler

    logging.raiseExceptions = False  # a log that cannot be written is no reason to shout at the user
    ours = logging.getLogger("core")
    for earlier in [handler for handler in ours.handlers if isinstance(handler, RotatingFileHandler)]:
        ours.removeHandler(earlier)
        earlier.close()
    writer = RotatingFileHandler(folder / NAME, maxBytes=LARGEST, backupCount=1, encoding="utf-8", delay=True)
    writer.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    ours.addHandler(writer)


@dataclass(frozen=True, slots=True)
class OwnFault:
    """Something that went wrong in Winnow itself: its number, the same each time, and what a person is told."""

    number: str
    sentence: str


def fault(error: BaseException) -> OwnFault:
    """Write a fault with all its details to the log, under a number, and return what to tell a person.

    The number is made of the places that the error passed through, never of a text: it says nothing of anybody's data.
    """
    places = [
        f"{Path(frame.filename).name}:{frame.lineno}:{frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    number = f"W-{sha256('|'.join([type(error).__name__, *places]).encode()).hexdigest()[:8]}"
    logging.getLogger("core").error("fault %s", number, exc_info=error)
    return OwnFault(
        number,
        f"This is a fault of Winnow's own, number {number}; its details are in the log ({NAME} in the data folder), "
        "and `winnow doctor --report FILE` packs what a maintainer needs, without texts or keys.",
    )
