"""How fast an import goes and how long it will take, by what it did in its last half minute."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 30.0
SOONEST_S = 2.0  # before, a rate says nothing


class Pace:
    """What is told of work that goes through several stages. `clock`: seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage = ""
        self._seen: deque[tuple[float, int]] = deque()

    def told(self, what: str, n: int, of: int) -> str:
        """Say how much of a stage is done, of how much (0: not known), at what rate, and how long the rest will take.

        "40,000 of 1,000,000 rows stored  ·  5,000 a second  ·  3 min left"
        """
        now = self._clock()
        if what != self._stage:
            self._stage = what
            self._seen.clear()
        self._seen.append((now, n))
        while len(self._seen) > 2 and now - self._seen[1][0] >= WINDOW_S:
            self._seen.popleft()
        parts = [f"{n:,} of {of:,} {what}" if of else f"{n:,} {what}"]
        began, before = self._seen[0]
        if now - began >= SOONEST_S and n > before:
            rate = (n - before) / (now - began)
            parts.append(f"{rate:,.0f} a second")
            if of > n:
                parts.append(f"{_lasting((of - n) / rate)} left")
        return "  ·  ".join(parts)


def _lasting(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
