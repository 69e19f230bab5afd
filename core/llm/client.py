"""Asking a model, so that a paid reply is never lost and never paid twice.

The order is the promise: a stored reply is returned without the network; otherwise the worst case is set aside in the
budget, the request is recorded, sent, and its reply recorded before anything is read from it.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from core.llm.budget import Spending
from core.llm.connection import Connection
from core.llm.errors import (
    NO_ANSWER_YET,
    ContextTooLong,
    ModelError,
    NeedsRoom,
    NoServer,
    ParameterRefused,
    RateLimited,
    Withheld,
)
from core.llm.findings import Memory, NoMemory, NotTaken
from core.llm.going import Going, with_more_room
from core.llm.learning import Learning
from core.llm.ledger import Ledger
from core.llm.patience import Patience, pause
from core.llm.prices import Prices, paid, prices_for
from core.llm.providers import Provider
from core.llm.reading import Answer
from core.llm.throttle import Throttle
from core.llm.way import Alone, Came, Way
from core.records import Budget, Fate, Reply, Request, Usage

if TYPE_CHECKING:
    import httpx2

TOGETHER = 1_000_000  # requests under way that go together: no server works on them one by one
MORE_ROOM = 2  # times that a reply which was all thoughts is asked for again
STOPPED = "The run was stopped before this request was sent; resume it to go on."


@dataclass(frozen=True, slots=True)
class Live:
    """What a client is doing now. `pause_left`: seconds of a pause that the server asked for."""

    in_flight: int
    waiting: int
    limit: int
    pause_left: float
    usage: Usage


class Client:
    """Asks one provider's models on behalf of one run. One event loop; not for threads.

    `timeout` is the most seconds that one attempt may take, `max_attempts` how often a request is tried while trying
    again can help. Where prompt and reply don't fit the model, the reply asked for shrinks to what fits, or step by
    step to 80%, down to 32 tokens. A parameter that the model refuses by name is left out, or called what the model
    calls it, and `memory` keeps that for the next time; with `leave_out` False it ends the request instead. Such
    changes are never silent: the stored reply's body names under `winnow_sent` what was sent differently from the
    recorded request, and `figures` tell which settings had no effect.
    """

    def __init__(
        self,
        provider: Provider,
        key: str,
        ledger: Ledger,
        *,
        concurrency: int = 8,
        budget: Budget | None = None,
        prices: Prices | None = None,
        max_attempts: int = 6,
        timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
        memory: Memory | None = None,
        leave_out: bool = True,
        not_taken: NotTaken | None = None,
        together: Callable[[Connection], Way] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`prices` None means the built-in ones; `not_taken` is what a resumed run found before.

        `together` makes the way of requests that go with others; without it each goes by itself, at once.
        Raises PriceUnknown for a budget that can't be kept.
        """
        self.provider, self._ledger = provider, ledger
        self._prices = prices_for(provider) if prices is None else prices
        self._spending = Spending(budget or Budget(), self._prices, ledger.usage(), clock)
        connection = Connection(
            provider, key, connections=concurrency, timeout=timeout, headers=headers, transport=transport
        )
        self._connection = connection
        self._way = together(connection) if together else Alone(connection)
        self._throttle = Throttle(TOGETHER if self._way.together else concurrency, sleep, clock)
        self._learning = Learning(provider, memory or NoMemory(), leave_out, not_taken)
        self._fates, self._withheld = Counter(ledger.fates()), dict(ledger.withheld())
        self._patience = Patience(max_attempts, self._way.together)
        self._sleep, self._clock = sleep, clock
        self._stopping = asyncio.Event()
        self._reached = False

    async def ask(self, request: Request, priority: int = 0, *, source: str | None = None) -> Reply:
        """Return the stored reply to a request, sending it only where none is stored yet.

        Waiting requests are sent by priority, the smallest number first, then in order of arrival. `source` is the hash
        of the text that a `reverse` or `rewrite` request is about, for the demo. A reply whose tokens all went into
        thinking is asked for again with more room, as a request of its own, twice at most. Raises ModelError:
        BudgetExceeded, Stopped, or what the server refused or failed with when no further attempt can help.
        """
        for tries in itertools.count(1):
            roomier = with_more_room(request, tries) if tries <= MORE_ROOM else None
            try:
                reply = await self._ask(request, priority, source)
                if roomier is None or reply.fate is not Fate.THOUGHTS:
                    return reply
            except NeedsRoom:
                if roomier is None:
                    raise
            self._learning.more_room(request, roomier)
            request = roomier
        raise AssertionError("attempts don't end by themselves")

    async def _ask(self, request: Request, priority: int, source: str | None) -> Reply:
        stored = self._ledger.stored(request.key)
        if stored is not None:
            self._learning.tell(request, stored.body)
            return stored
        arrival, failures = self._throttle.arrive(), 0
        going = Going(request, self._demo_headers(request, source))
        for attempt in itertools.count(1):
            try:
                return await self._attempt(going, attempt, priority, arrival)
            except ContextTooLong as error:
                if not going.shrink(error.room):
                    raise
            except ParameterRefused as refused:
                self._learning.refused(refused, going)
            except ModelError as error:
                failures += 1
                if not self._patience.worth_another(error, failures, self._reached):
                    if isinstance(error, Withheld):
                        self._withheld[going.request_id] = error.reply.fate
                    raise
                await self._rest(self._patience.rest(error, failures))
        raise AssertionError("attempts don't end by themselves")

    def has_reply(self, key: str) -> bool:
        """Whether a reply to this request is stored, so that asking costs nothing and says nothing new."""
        return self._ledger.stored(key) is not None

    def close_to_new(self) -> None:
        """Send nothing more: what is in flight finishes and is stored, everything waiting raises Stopped.

        Call it in the event loop of the requests (from another thread by `loop.call_soon_threadsafe`).
        """
        self._stopping.set()
        self._throttle.close(STOPPED)
        self._spending.close(STOPPED)
        self._way.close_to_new()

    @property
    def live(self) -> Live:
        """What is going on now; cheap enough to read on every redraw."""
        throttle = self._throttle
        return Live(throttle.in_flight, throttle.waiting, throttle.limit, throttle.pause_left, self._spending.usage)

    @property
    def note(self) -> str:
        """What a person who waits is told: that the model is being loaded, how far a batch is; mostly ""."""
        return self._way.note

    @property
    def is_used_up(self) -> bool:
        """Whether recordings answer, and have begun again from the first."""
        return self._connection.is_used_up

    def figures(self) -> dict[str, Any]:
        """What a run keeps of its requests: how many, tokens, dollars, fates, and the settings that weren't taken."""
        used = self._spending.usage
        return {
            "requests": used.requests,
            "usd": used.usd,
            "prompt_tokens": used.prompt_tokens,
            "completion_tokens": used.completion_tokens,
            "fates": dict(self._fates + Counter(fate.value for fate in self._withheld.values())),
            "not_taken": {step: dict(names) for step, names in self._learning.not_taken.items()},
        }

    async def settle(self) -> None:
        """Put what has come home and nobody asks for any more into the book too: it was paid for."""
        for request_id in self._way.left_over():
            request = self._ledger.request(request_id)
            going = Going(request, {}, request_id)
            with suppress(ModelError):  # a failure is in the book then, and its request may be asked again
                reply = await self._exchange(going, request.body, 1)
                self._spending.count(reply)

    async def withdraw(self) -> None:
        """Take back what is under way with others, as far as it can be; stop first."""
        await self._way.withdraw()

    async def close(self) -> None:
        """Hang up. Stop first, and wait for what is in flight."""
        self.close_to_new()
        await self._way.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _attempt(self, going: Going, attempt: int, priority: int, arrival: int) -> Reply:
        slot = await self._throttle.take(priority, arrival)
        try:
            # A failed attempt's reservation is given back with its slot: whoever waits here for a reservation waits
            # for requests that are really on their way.
            sent = going.body(self._learning.known(going.request))
            handle = await self._spending.reserve(replace(going.request, body=sent))
            charged = False
            try:
                going.request_id = self._ledger.record(going.request)
                charged = True  # from here on, unless the server says otherwise: cancelled, or the disk is full
                reply = await self._exchange(going, sent, attempt)
                self._spending.settle(handle, reply)
                handle = 0
            except ModelError as error:
                charged = error.may_be_charged
                if isinstance(error, RateLimited) or pause(error):
                    self._throttle.slow_down(slot, pause(error))
                raise
            finally:
                if handle:
                    self._spending.release(handle, charged=charged)
        finally:
            self._throttle.give_back()
        self._throttle.went_well()
        return reply

    async def _exchange(self, going: Going, sent: Mapping[str, Any], attempt: int) -> Reply:
        started, came = self._clock(), None
        try:
            came = await self._way.fetch(going.request_id, going.request, sent, going.headers)
            answer = came.read()
        except NO_ANSWER_YET:
            raise
        except ModelError as error:
            self._ledger.record_failure(
                going.request_id,
                attempt=attempt,
                error=str(error),
                seconds=self._clock() - started,
                why=error.at(going.request_id) if isinstance(error, Withheld) else "",
                parcel_id=came.parcel_id if came else None,
            )
            self._reached |= not isinstance(error, NoServer)
            raise
        self._reached = True
        return self._keep(going, came, answer, attempt, self._clock() - started)

    def _keep(self, going: Going, came: Came, answer: Answer, attempt: int, seconds: float) -> Reply:
        """Store what came, before anything is done with it."""
        text, finish_reason = going.read(answer)
        reply = self._ledger.record_reply(
            going.request_id,
            attempt=attempt,
            text=text,
            finish_reason=finish_reason,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            usd=paid(going.request.model, answer.prompt_tokens, answer.completion_tokens, self._prices),
            seconds=seconds if came.seconds is None else came.seconds,
            body=going.with_difference(answer.body, came.sent),
            thoughts=answer.thoughts,
            parcel_id=came.parcel_id,
        )
        self._fates[reply.fate.value] += 1
        self._withheld.pop(going.request_id, None)
        self._learning.tell(going.request, reply.body)
        return reply

    async def _rest(self, seconds: float) -> None:
        if not seconds:
            return
        waits = [
            asyncio.ensure_future(self._sleep(seconds)),
            asyncio.ensure_future(self._stopping.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _demo_headers(self, request: Request, source: str | None) -> Mapping[str, str]:
        if not self.provider.is_demo:
            return {}
        from core.llm.demo import headers_for

        return headers_for(request, source)
