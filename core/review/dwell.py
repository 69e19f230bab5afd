"""The dwell guard: a key that was pressed before its text could be seen does nothing."""

from __future__ import annotations

from dataclasses import dataclass

DWELL_S = 0.25


@dataclass(slots=True)
class Dwell:
    """How long the present text has been on screen; times are in seconds of one clock that never goes back.

    A press that comes too soon starts the time again, so that a key held down or hammered never rates.
    """

    since: float

    def allows(self, now: float) -> bool:
        """Whether a press counts by now."""
        if now - self.since < DWELL_S:
            self.since = now
            return False
        return True
