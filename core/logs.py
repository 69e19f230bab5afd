"""Where the program writes what went wrong in detail: a file in the data folder. A person is told one sentence."""

from __future__ import annotations

import logging
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
