"""Asking a model, so that a paid reply is never lost and never paid twice.

The order is the promise: a stored reply is returned without the network; otherwise the worst case is set aside in the
budget, the request is recorded, sent, and its reply recorded before anything is read from it.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from core.llm.budget import Spending
from core.llm.connection import Connection
from core.llm.errors import ContextTooLong, ModelError, NoServer, ParameterRefused, RateLimited, ServerFailed
from core.llm.ledger import Ledger
from core.llm.prices import Prices, cost, prices_for
from core.llm.providers import Provider
from core.llm.reading import Answer
from core.llm.throttle import Throttle
from core.records import Budget, Reply, Request, Usage

if TYPE_CHECKING:
    import httpx2

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 1.0, 30.0
LONGEST_PAUSE_S = 600.0  # a server that asks for more is told to a person instead of waited for
PATIENCE_WITH_LIMITS = 5  # times max_attempts: being told to wait costs nothing
ATTEMPTS_AT_AN_UNKNOWN_SERVER = 2  # a wrong address should be told at once
SHRINK, SHORTEST_REPLY = 0.8, 32  # of max_tokens where prompt and reply don't fit, as the paper's client does
STOPPED = "The run was stopped before this request was sent; resume it to go on."
SENT = "winnow_sent"


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
    again can help. Where prompt and reply don't fit the model, `max_tokens` shrinks step by step to 80%, down to 32; a
    model that asks for `max_completion_tokens` gets it. Such changes are never silent: the stored reply's body names
    under `winnow_sent` what was sent differently from the recorded request.
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
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`prices` None means the built-in ones. Raises PriceUnknown for a budget that can't be kept."""
        self.provider, self._ledger = provider, ledger
        self._prices = prices_for(provider) if prices is None else prices
        self._spending = Spending(budget or Budget(), self._prices, ledger.usage(), clock)
        self._throttle = Throttle(concurrency, sleep, clock)
        self._connection = Connection(provider, key, connections=concurrency, timeout=timeout, transport=transport)
        self._max_attempts, self._sleep, self._clock = max_attempts, sleep, clock
        self._stopping = asyncio.Event()
        self._reached = False
        self._renames_max_tokens = False

    async def ask(self, request: Request, priority: int = 0, *, source: str | None = None) -> Reply:
        """Return the stored reply to a request, sending it only where none is stored yet.

        Waiting requests are sent by priority, the smallest number first, then in order of arrival. `source` is the hash
        of the text that a `reverse` or `rewrite` request is about, for the demo. Raises ModelError: BudgetExceeded,
        Stopped, or what the server refused or failed with when no further attempt can help.
        """
        stored = self._ledger.stored(request.key)
        if stored is not None:
            return stored
        arrival, failures = self._throttle.arrive(), 0
        going = _Going(request, self._demo_headers(request, source))
        for attempt in itertools.count(1):
            try:
                return await self._attempt(going, attempt, priority, arrival)
            except ContextTooLong:
                if not going.shrink():
                    raise
            except ParameterRefused as refused:
                self._rename(refused, going)
            except ModelError as error:
                failures += 1
                if not self._worth_another(error, failures):
                    raise
                await self._rest(error, failures)
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

    @property
    def live(self) -> Live:
        """What is going on now; cheap enough to read on every redraw."""
        throttle = self._throttle
        return Live(throttle.in_flight, throttle.waiting, throttle.limit, throttle.pause_left, self._spending.usage)

    async def close(self) -> None:
        """Hang up. Stop first, and wait for what is in flight."""
        self.close_to_new()
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _attempt(self, going: _Going, attempt: int, priority: int, arrival: int) -> Reply:
        slot = await self._throttle.take(priority, arrival)
        try:
            # A failed attempt's reservation is given back with its slot: whoever waits here for a reservation waits
            # for requests that are really on their way.
            handle = await self._spending.reserve(going.request)
            charged = False
            try:
                going.request_id = self._ledger.record(going.request)
                charged = True  # from here on, unless the server says otherwise: cancelled, or the disk is full
                reply = await self._exchange(going, attempt)
                self._spending.settle(handle, reply)
                handle = 0
            except ModelError as error:
                charged = error.may_be_charged
                if isinstance(error, RateLimited) or _pause(error):
                    self._throttle.slow_down(slot, _pause(error))
                raise
            finally:
                if handle:
                    self._spending.release(handle, charged=charged)
        finally:
            self._throttle.give_back()
        self._throttle.went_well()
        return reply

    async def _exchange(self, going: _Going, attempt: int) -> Reply:
        sent = going.body(self._renames_max_tokens)
        started = self._clock()
        try:
            answer = await self._connection.post(going.request.endpoint, sent, going.headers)
        except ModelError as error:
            seconds = self._clock() - started
            self._ledger.record_failure(going.request_id, attempt=attempt, error=str(error), seconds=seconds)
            self._reached |= not isinstance(error, NoServer)
            raise
        self._reached = True
        return self._ledger.record_reply(
            going.request_id,
            attempt=attempt,
            text=answer.text,
            finish_reason=answer.finish_reason,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            usd=self._usd(going.request.model, answer),
            seconds=self._clock() - started,
            body=_with_difference(answer.body, going.request.body, sent),
        )

    def _usd(self, model: str, answer: Answer) -> float | None:
        price = self._prices.get(model)
        if price is not None and price.prompt == price.completion == 0:
            return 0.0
        if answer.prompt_tokens is None or answer.completion_tokens is None:
            return None
        return cost(model, answer.prompt_tokens, answer.completion_tokens, self._prices)

    def _rename(self, refused: ParameterRefused, going: _Going) -> None:
        """Remember that this server calls it max_completion_tokens; any other refusal is for a person to read."""
        if refused.name != "max_tokens" or refused.instead != "max_completion_tokens" or going.renamed:
            raise refused
        self._renames_max_tokens = True

    def _worth_another(self, error: ModelError, failures: int) -> bool:
        most = self._max_attempts
        if isinstance(error, RateLimited):
            most *= PATIENCE_WITH_LIMITS
        if isinstance(error, NoServer) and not self._reached:
            most = min(most, ATTEMPTS_AT_AN_UNKNOWN_SERVER)
        return error.may_succeed_later and failures < most and _asked_pause(error) <= LONGEST_PAUSE_S

    async def _rest(self, error: ModelError, failures: int) -> None:
        """Wait before the next attempt: longer after each failure, and never all at the same moment."""
        if _pause(error):
            return  # the throttle keeps that pause for everybody
        longest = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** (failures - 1))
        waits = [
            asyncio.ensure_future(self._sleep(longest * random.uniform(0.5, 1.0))),
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


@dataclass(slots=True)
class _Going:
    """One request on its way: what differs from the recorded one so far."""

    request: Request
    headers: Mapping[str, str]
    request_id: int = 0
    max_tokens: int | None = None
    renamed: bool = field(default=False)

    def body(self, rename_max_tokens: bool) -> Mapping[str, Any]:
        """The body to send: exactly the recorded one, save for what the server made us change."""
        if self.max_tokens is None and not (rename_max_tokens and "max_tokens" in self.request.body):
            return self.request.body
        body = dict(self.request.body)
        limit_name = "max_tokens" if "max_tokens" in body else "max_completion_tokens"
        limit = body.pop(limit_name) if self.max_tokens is None else self.max_tokens
        body.pop(limit_name, None)
        if rename_max_tokens and limit_name == "max_tokens":
            limit_name, self.renamed = "max_completion_tokens", True
        return {**body, limit_name: limit}

    def shrink(self) -> bool:
        """Ask for a reply of 80% of the length from now on; return False where it is as short as it may be."""
        now = self.max_tokens or self.request.body.get("max_tokens") or self.request.body.get("max_completion_tokens")
        if not isinstance(now, int) or now <= SHORTEST_REPLY:
            return False
        self.max_tokens = max(SHORTEST_REPLY, int(now * SHRINK))
        return True


def _with_difference(
    body: Mapping[str, Any], recorded: Mapping[str, Any], sent: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The reply's body, with what was sent differently from the recorded request; None for a field left out."""
    if sent is recorded:
        return body
    names = {*recorded, *sent}
    return {**body, SENT: {n: sent.get(n) for n in sorted(names) if sent.get(n) != recorded.get(n)}}


def _asked_pause(error: ModelError) -> float:
    return (error.retry_after or 0.0) if isinstance(error, RateLimited | ServerFailed) else 0.0


def _pause(error: ModelError) -> float:
    """The pause that everybody keeps; one that is too long to wait for ends its request and holds nobody else."""
    asked = _asked_pause(error)
    return asked if asked <= LONGEST_PAUSE_S else 0.0
