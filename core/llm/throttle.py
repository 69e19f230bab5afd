"""How many requests may be on their way: halves when the server says slow down, grows back by one a round.

Who waits is served by priority (the smallest number first), then in order of arrival. A pause that the server asks for
holds everybody. One event loop; not for threads.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.llm.errors import Stopped


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave to send one request, given in the limit's `epoch`."""

    epoch: int


class Throttle:
    """A limit on requests in flight that adapts to the server (additive increase, multiplicative decrease)."""

    def __init__(self, most: int, sleep: Callable[[float], Awaitable[None]], clock: Callable[[], float]) -> None:
        self._most, self._limit = max(1, most), float(max(1, most))
        self._sleep, self._clock = sleep, clock
        self._waiting: list[tuple[int, int, asyncio.Future[Slot]]] = []
        self._arrivals = itertools.count()
        self._in_flight = 0
        self._epoch = 0
        self._pause_until = 0.0
        self._alarm: asyncio.Task[None] | None = None
        self._closed = ""

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return max(1, int(self._limit))

    @property
    def in_flight(self) -> int:
        return self._in_flight

    @property
    def waiting(self) -> int:
        return sum(not turn.done() for _, _, turn in self._waiting)

    @property
    def pause_left(self) -> float:
        """Seconds until the pause that the server asked for is over; 0 outside of one."""
        return max(0.0, self._pause_until - self._clock())

    def arrive(self) -> int:
        """Return a place in the order of arrival, for a request that may come back after a failure."""
        return next(self._arrivals)

    async def take(self, priority: int, arrival: int) -> Slot:
        """Wait for leave to send; give it back with `give_back`. Raises Stopped once closed."""
        if self._closed:
            raise Stopped(self._closed)
        turn: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, arrival, turn))
        self._serve()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back()
            raise

    def give_back(self) -> None:
        """Return a slot that `take` gave."""
        self._in_flight -= 1
        self._serve()

    def went_well(self) -> None:
        """Grow: one more request in flight for each full round of good replies."""
        self._limit = min(float(self._most), self._limit + 1 / self._limit)
        self._serve()

    def slow_down(self, slot: Slot, pause: float) -> None:
        """Halve the limit, once for all requests that were sent before it was last halved, and keep the pause."""
        if slot.epoch == self._epoch:
            self._epoch += 1
            self._limit = max(1.0, self._limit / 2)
        if pause > 0:
            self._pause_until = max(self._pause_until, self._clock() + pause)

    def close(self, why: str) -> None:
        """Send everybody who waits, and everybody who comes, away with Stopped and this sentence."""
        self._closed = why
        for _, _, turn in self._waiting:
            if not turn.done():
                turn.set_exception(Stopped(why))
        self._waiting.clear()
        if self._alarm:
            self._alarm.cancel()

    def _serve(self) -> None:
        while self._waiting and self._in_flight < self.limit:
            if self.pause_left > 0:
                if self._alarm is None:
                    self._alarm = asyncio.get_running_loop().create_task(self._serve_after_pause())
                return
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._in_flight += 1
                turn.set_result(Slot(self._epoch))

    async def _serve_after_pause(self) -> None:
        try:
            while self.pause_left > 0:
                await self._sleep(self.pause_left)
        finally:
            self._alarm = None
        self._serve()
