"""Requests that wait for each other and go together; what was on its way when a program died is fetched, not resent.

Whoever asks waits; when nobody has come for a moment, all who wait are packed and handed over. A run's independent
requests so go as one parcel, and those that depend on its answers as the next.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.llm.connection import Connection
from core.llm.errors import ParcelTrouble, ServerFailed, Stopped
from core.llm.parcels import lines
from core.llm.parcels.at_server import QueueFull
from core.llm.parcels.words import MOST_BYTES, MOST_ROWS, Delivery, Parcel, ParcelRow, Stage
from core.llm.rows.parcels import ParcelBook
from core.llm.way import Came
from core.records import Endpoint, Request
from core.words import number_of

QUIET_S = 1.0  # without a newcomer, until those who wait are packed
STOPPED = "The run was stopped before this request was sent; resume it to go on."
LEFT = "The run was stopped while this request was on its way with others; a resume fetches the answer."
NO_ANSWER = "no answer came to it in its batch; it is asked again."


class Carrier(Protocol):
    """Sees parcels home."""

    async def carry(self, parcel: Parcel) -> tuple[list[int], list[int]]:
        """Return the requests whose answers are in the book now, and those that have none. Raises ModelError."""

    async def cancel(self, parcel: Parcel) -> str:
        """Take a parcel back as far as it can be; return what became of that, in a sentence."""


@dataclass(frozen=True, slots=True)
class _Waits:
    """A request that waits: its body where it was changed, and whom to tell."""

    request: Request
    changed: Mapping[str, Any] | None
    told: asyncio.Future[None]


class Courier:
    """The way of requests that go together. One event loop; not for threads."""

    together = True

    def __init__(
        self,
        connection: Connection,
        book: ParcelBook,
        delivery: Delivery,
        carrier: Callable[[Callable[[Parcel], None]], Carrier],
        sleep: Callable[[float], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._connection, self._book, self._delivery = connection, book, delivery
        self._sleep, self._clock = sleep, clock
        self._carrier = carrier(self._hear)
        self._waiting: dict[int, _Waits] = {}
        self._unsent: dict[int, _Waits] = {}
        self._here = set(book.unread())
        self._open: dict[int, Parcel] = {}
        self._lies_in: dict[int, int] = {}  # request -> parcel, of those on their way
        for parcel in book.open():
            self._open[parcel.id] = parcel
            self._lies_in |= dict.fromkeys(book.keys(parcel).values(), parcel.id)
        self._trouble: dict[int, BaseException] = {}
        self._at_work: dict[int, asyncio.Task[None]] = {}
        self._packing: asyncio.Task[None] | None = None
        self._arrived = 0.0
        self._most = MOST_ROWS
        self._one_by_one: asyncio.Lock | None = None
        self._closed = False
        self._withdrawn: list[str] = []

    @property
    def note(self) -> str:
        """How far the parcels are, and once closed, what goes on without us."""
        told = [self._left(parcel) if self._closed else parcel.told for parcel in self._open.values()]
        return " ".join(filter(None, [*self._withdrawn, *told]))

    async def fetch(
        self, request_id: int, request: Request, sent: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Came:
        """Wait with the others, and for the answer. Raises what became of the parcel, or Stopped."""
        if request_id not in self._here:
            await self._wait(request_id, request, sent)
        self._here.discard(request_id)
        parcel, changed, raw, seconds = self._book.answer(request_id)
        body = request.body if changed is None else changed
        asked = self._connection.asked(request.endpoint, body)
        return Came(lambda: lines.answer_of(asked, raw), body, parcel.id, seconds)

    def left_over(self) -> Sequence[int]:
        return sorted(self._here)

    def close_to_new(self) -> None:
        """Send nothing more and wait for nobody: what is on its way stays there, and is fetched by a resume."""
        self._closed = True
        for request_id, waits in self._waiting.items():
            if not waits.told.done():
                waits.told.set_exception(Stopped(STOPPED if request_id in self._unsent else LEFT))
        self._unsent.clear()
        for task in (*self._at_work.values(), *([self._packing] if self._packing else [])):
            task.cancel()

    async def withdraw(self) -> None:
        """Cancel what is at the server; it keeps, and charges for, what it has finished."""
        await self._gone()
        for parcel in list(self._open.values()):
            if said := await self._carrier.cancel(self._book.get(parcel.id)):
                self._withdrawn.append(said)
                self._open.pop(parcel.id)

    async def close(self) -> None:
        await self._gone()
        await self._connection.close()

    async def _gone(self) -> None:
        tasks = (*self._at_work.values(), *([self._packing] if self._packing else []))
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait(self, request_id: int, request: Request, sent: Mapping[str, Any]) -> None:
        if self._closed:
            raise Stopped(STOPPED)
        lies_in = self._lies_in.get(request_id)
        if lies_in in self._trouble:
            raise self._trouble[lies_in]
        changed = None if sent is request.body else sent
        waits = _Waits(request, changed, asyncio.get_running_loop().create_future())
        self._waiting[request_id] = waits
        if lies_in is None:
            self._unsent[request_id] = waits
        self._arrived = self._clock()
        for parcel in self._open.values():
            if parcel.id not in self._at_work:
                self._set_out(parcel)
        self._pack_soon()
        try:
            await waits.told
        finally:
            self._waiting.pop(request_id, None)
            self._unsent.pop(request_id, None)

    def _pack_soon(self) -> None:
        if self._packing is None or self._packing.done():
            self._packing = asyncio.create_task(self._pack_when_quiet())
            self._packing.add_done_callback(lambda task: self._fail(list(self._unsent), _fault(task)))

    async def _pack_when_quiet(self) -> None:
        while self._unsent:
            left = QUIET_S - (self._clock() - self._arrived)
            if left > 0:
                await self._sleep(left)
            else:
                self._pack()

    def _pack(self) -> None:
        """Put all who wait into parcels: one for each model and endpoint, more where a file would be too large."""
        groups: dict[tuple[Endpoint, str], list[tuple[int, Mapping[str, Any] | None]]] = {}
        sizes: dict[tuple[Endpoint, str], int] = {}
        full = []
        for request_id, waits in self._unsent.items():
            place = (waits.request.endpoint, waits.request.model)
            size = self._size(waits)
            if place in groups and (len(groups[place]) >= self._most or sizes[place] + size > MOST_BYTES):
                full.append((place, groups.pop(place)))
                sizes[place] = 0
            groups.setdefault(place, []).append((request_id, waits.changed))
            sizes[place] = sizes.get(place, 0) + size
        for (endpoint, model), rows in [*full, *groups.items()]:
            name = f"winnow-{uuid.uuid4().hex[:16]}"
            parcel = self._book.pack(name, self._delivery, endpoint, model, rows)
            for request_id, _ in rows:
                self._unsent.pop(request_id, None)
                self._lies_in[request_id] = parcel.id
            self._open[parcel.id] = parcel
            self._set_out(parcel)

    def _size(self, waits: _Waits) -> int:
        request = waits.request
        of_any = Parcel(0, 0, "winnow-0123456789abcdef", self._delivery, request.endpoint, "", Stage.PACKED, 0)
        row = ParcelRow(0, request.key, request.body if waits.changed is None else waits.changed)
        return len(lines.request_line(of_any, row, lines.url_of(self._connection.provider, request.endpoint))) + 1

    def _set_out(self, parcel: Parcel) -> None:
        mine = [request_id for request_id, lies_in in self._lies_in.items() if lies_in == parcel.id]

        def ended(task: asyncio.Task[None]) -> None:
            """Whatever broke reaches whoever waits, as from any other way."""
            error = _fault(task)
            if error is not None:
                self._trouble[parcel.id] = error
                self._fail(mine, error)

        self._at_work[parcel.id] = asyncio.create_task(self._see_home(parcel, mine))
        self._at_work[parcel.id].add_done_callback(ended)

    async def _see_home(self, parcel: Parcel, mine: list[int]) -> None:
        try:
            if self._one_by_one is None:
                here, lost = await self._carrier.carry(parcel)
            else:
                async with self._one_by_one:
                    here, lost = await self._carrier.carry(parcel)
        except QueueFull:
            self._again_in_parts(parcel, mine)
            return
        self._let_go(parcel, mine)
        self._here |= set(here)
        for request_id in here:
            if (waits := self._waiting.get(request_id)) and not waits.told.done():
                waits.told.set_result(None)
        self._fail(lost, ServerFailed(f"{parcel.called}: {NO_ANSWER}"))

    def _again_in_parts(self, parcel: Parcel, mine: list[int]) -> None:
        """The server's queue is too short for this many: half as many at a time from now on, one parcel at a time."""
        self._let_go(parcel, mine)
        if parcel.requests == 1:
            told = f"{self._connection.asked_of_batches().server} has no room in its queue for a single request"
            self._fail(mine, ParcelTrouble(f"{told}; resume when its other batches are done."))
            return
        self._most = min(self._most, max(1, parcel.requests // 2))
        self._one_by_one = self._one_by_one or asyncio.Lock()
        self._unsent |= {request_id: self._waiting[request_id] for request_id in mine if request_id in self._waiting}
        self._pack_soon()

    def _let_go(self, parcel: Parcel, mine: list[int]) -> None:
        self._open.pop(parcel.id, None)
        for request_id in mine:
            self._lies_in.pop(request_id, None)

    def _fail(self, requests: list[int], error: BaseException | None) -> None:
        for request_id in requests:
            if error and (waits := self._waiting.get(request_id)) and not waits.told.done():
                waits.told.set_exception(error)

    def _hear(self, parcel: Parcel) -> None:
        if parcel.id in self._open:
            self._open[parcel.id] = parcel

    def _left(self, parcel: Parcel) -> str:
        if parcel.delivery is Delivery.FILE:
            return ""
        if parcel.stage is Stage.SENT:
            return (
                f"{parcel.called} of {number_of(parcel.requests, 'request')} goes on at the server; a resume "
                f"fetches it."
            )
        return f"A batch of {number_of(parcel.requests, 'request')} was about to be handed over; a resume does that."


def _fault(task: asyncio.Task[None]) -> BaseException | None:
    return None if task.cancelled() else task.exception()
