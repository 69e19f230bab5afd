"""What the hub's package says while it asks again and again, as one sentence instead of two lines an attempt."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_ITS_OWN = "huggingface_hub"
_told = logging.getLogger("winnow.hub")  # with no handler of ours: a terminal shows it, on standard error
SENTENCE = "The hub does not answer; it is asked again for up to a minute. Ctrl+C ends the wait."


class Unanswered(logging.Handler):
    """Counts the hub package's complaints: `n` attempts came to nothing so far."""

    n = 0

    def emit(self, record: logging.LogRecord) -> None:
        if "thrown while requesting" not in record.getMessage():
            return
        self.n += 1
        if self.n == 1:
            _told.warning(SENTENCE)


@contextmanager
def unanswered() -> Iterator[Unanswered]:
    """Hear what the hub's package complains of meanwhile; it is shown nowhere else."""
    logger, heard = logging.getLogger(_ITS_OWN), Unanswered(logging.WARNING)
    before, logger.propagate = logger.propagate, False
    logger.addHandler(heard)
    try:
        yield heard
    finally:
        logger.removeHandler(heard)
        logger.propagate = before
