"""Reviewers over real sockets who go on after every fault, and remember what was acknowledged."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

from tests.benchmarks.bench_desk import Reviewer

PATIENCE_S = 120.0  # longer than any fault lasts: who stays at an item then stays for good


@dataclass(slots=True)
class Told:
    """What one reviewer saw: acts that the screen moved on from, acts whose fate a fault hid, milliseconds of each."""

    acknowledged: int = 0
    unknown: int = 0
    reconnects: int = 0
    waited: int = 0  # acts that were not saved at once, and went by themselves
    again: int = 0  # keys that came to nothing and were pressed once more
    took: list[float] = field(default_factory=list)  # until the server had sent all of the next item's page
    stood: list[float] = field(default_factory=list)  # until the next item's texts were there
    errors: list[str] = field(default_factory=list)


class Person(Reviewer):
    """A reviewer with patience: a lost connection is made again, what was not saved is waited for."""

    def __init__(self, address: str, name: str) -> None:
        super().__init__(address, name)
        self.told = Told()

    async def work(self, until: float, pause: float, dice: random.Random) -> Told:
        """Rate until the clock (monotonic) says so."""
        is_open = False
        while time.monotonic() < until:
            try:
                if not is_open:
                    self.buttons = {}
                    await asyncio.wait_for(self.open(), max(1.0, until - time.monotonic()))
                    is_open = True
                await asyncio.sleep(max(0.3, pause * dice.uniform(0.5, 1.5)))
                await self._rate(dice.choice("ABCD"), until)
            except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError) as error:
                is_open = await self._lost(error)
            except Exception as error:  # noqa: BLE001 a socket library's own words for a server that went
                is_open = await self._lost(error)
        return self.told

    async def _lost(self, error: Exception) -> bool:
        self.told.reconnects += 1
        cut_off = type(error).__name__ in (
            "ConnectionClosedError",
            "ConnectionClosedOK",
            "InvalidMessage",
        )  # in a handshake
        if not cut_off and not isinstance(error, OSError | TimeoutError | EOFError):
            self.told.errors.append(f"{type(error).__name__}: {error}"[:200])
        await asyncio.sleep(0.3)
        return False

    async def _rate(self, grade: str, until: float) -> None:
        before, began = self.item, time.perf_counter()
        self.told.unknown += 1  # until it is known
        await self.send_press(grade)
        came = await asyncio.wait_for(self._until_done(), 60)
        tried = 0
        while self.item == before:
            if time.monotonic() > until + PATIENCE_S:
                self.told.errors.append(f"{self.name} stayed at {self.item}")
                return
            tried += 1
            await asyncio.sleep(1.0)
            await self.socket.send(self._message(self.again).SerializeToString())
            came = await asyncio.wait_for(self._until_done(), 60)
        self.told.unknown -= 1
        self.told.acknowledged += 1
        self.told.waited += bool(tried)
        ended = time.perf_counter()
        self.told.took.append(1000 * (ended - began))
        self.told.stood.append(1000 * ((came or ended) - began))

    def failed(self, said: str) -> None:
        self.told.errors.append(said[:200])


async def crowd(address: str, reviewers: int, seconds: float, pause: float, first: int = 0) -> dict[str, Told]:
    """So many reviewers at once for so long; what each was told, by name."""
    people = [Person(address, f"r{first + number}") for number in range(reviewers)]
    until = time.monotonic() + seconds
    told = await asyncio.gather(*(one.work(until, pause, random.Random(n)) for n, one in enumerate(people)))
    return {one.name: its for one, its in zip(people, told, strict=True)}
