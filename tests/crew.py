"""A crew in this very process: what it is given and what it returns goes through pickle, and cannot be written to."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from core.crews import Call, CallKey


class HereCrew:
    """Does calls as `core.crews.Crew` says, those that are under way at one time in any order."""

    def __init__(self, workers: int = 3, seed: int = 0) -> None:
        self.workers = workers
        self.done: list[CallKey] = []
        self._chance = random.Random(seed)
        self._waiting: list[Call] = []

    def share(self, value: Any) -> Any:
        return _sent(value)

    def call(self, call: Call) -> None:
        self._waiting.append(call)

    def results(
        self, stop: Callable[[], bool] = lambda: False, more: Iterable[Call] = ()
    ) -> Iterator[tuple[CallKey, Any]]:
        upcoming, running = iter(more), list[Call]()
        while not stop():
            while len(running) < self.workers and (call := self._next(upcoming)):
                running.append(call)
            if not running:
                return
            call = running.pop(self._chance.randrange(len(running)))
            self.done.append(call.key)
            yield call.key, _sent(call.function(*_sent(call.args)))

    def _next(self, upcoming: Iterator[Call]) -> Call | None:
        if not self._waiting:
            return next(upcoming, None)
        self._waiting.sort(key=lambda call: call.key)
        return self._waiting.pop(0)


def _sent(value: Any) -> Any:
    buffers: list[pickle.PickleBuffer] = []
    content = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(content, buffers=[bytes(buffer.raw()) for buffer in buffers])  # noqa: S301 (written by the line before)
