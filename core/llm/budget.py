"""A hard budget: what a request may cost at most is set aside before it is sent, and settled when the reply is here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from core.llm.errors import BudgetExceeded, PriceUnknown, Stopped
from core.llm.prices import Prices, cost, max_tokens, most_prompt_tokens
from core.records import Budget, Reply, Request, Usage
from core.words import number_of


@dataclass(frozen=True, slots=True)
class Reservation:
    """The most that one request can take of each limit; 0 for a limit that the budget doesn't have."""

    tokens: int = 0
    usd: float = 0.0


def require_price(budget: Budget, model: str, prices: Prices) -> None:
    """Raise PriceUnknown where the budget is in dollars and the model's price isn't known; ask before a run starts."""
    if budget.usd is not None and model not in prices:
        raise PriceUnknown(
            f"The price of \"{model}\" isn't known, so a budget in dollars can't be kept; enter its price on the page "
            "Models, or set the budget in tokens or requests."
        )


class Spending:
    """What a run has spent against its budget, over all its resumes.

    Budgets are kept exactly as far as servers report usage. A reply without usage counts as its worst case, and so does
    an attempt that the server may have charged for without answering. One event loop; not for threads.
    """

    def __init__(self, budget: Budget, prices: Prices, spent: Usage, clock: Callable[[], float]) -> None:
        """`spent` is what the run spent before; `seconds` count from here. Raises PriceUnknown, BudgetExceeded."""
        if budget.usd is not None and spent.usd is None:
            raise PriceUnknown(
                "What this run has spent so far isn't known in dollars, so a budget in dollars can't be kept; set the "
                "budget in tokens or requests, or start a new run."
            )
        self.budget, self._prices, self._clock = budget, prices, clock
        self._usage = spent
        self._requests, self._tokens, self._usd = spent.requests, spent.tokens, spent.usd or 0.0
        self._held: dict[int, Reservation] = {}
        self._handles = 0
        self._started = clock()
        self._settled = asyncio.Event()
        self._closed = ""

    @property
    def usage(self) -> Usage:
        """What the replies so far have taken, as far as the server says; never a reservation."""
        return self._usage

    async def reserve(self, request: Request) -> int:
        """Set the most that this request can take aside and return a handle for `settle` or `release`.

        While others in flight hold what is missing, waits for them: they mostly take less. Raises BudgetExceeded when
        it doesn't fit with nothing in flight, or when the time is over; PriceUnknown for a model without a price.
        """
        most = self._most(request)
        while True:
            if self._closed:
                raise Stopped(self._closed)
            refused = self._refused(most)
            if refused is None:
                break
            if not self._held or self._out_of_time():
                raise refused
            self._settled.clear()
            await self._settled.wait()
        self._handles += 1
        self._held[self._handles] = most
        return self._handles

    def settle(self, handle: int, reply: Reply) -> None:
        """Replace a reservation by what the reply took."""
        self._count(reply, self._held[handle])
        self._let_go(handle)

    def count(self, reply: Reply) -> None:
        """Count a reply that nothing was set aside for: it came home when nobody asked for it any more."""
        self._count(reply, Reservation())

    def _count(self, reply: Reply, most: Reservation) -> None:
        told = reply.prompt_tokens is not None and reply.completion_tokens is not None
        prompt, completion = reply.prompt_tokens or 0, reply.completion_tokens or 0
        self._tokens += prompt + completion if told else most.tokens
        self._usd += most.usd if reply.usd is None else reply.usd
        self._requests += 1
        known = None if self._usage.usd is None or reply.usd is None else self._usage.usd + reply.usd
        self._usage = Usage(
            self._usage.requests + 1,
            self._usage.prompt_tokens + prompt,
            self._usage.completion_tokens + completion,
            known,
        )

    def release(self, handle: int, *, charged: bool = False) -> None:
        """Give a reservation back; `charged` counts its worst case as spent, where the server may have charged."""
        if charged:
            most = self._held[handle]
            self._tokens += most.tokens
            self._usd += most.usd
        self._let_go(handle)

    def close(self, why: str) -> None:
        """Send everybody who waits for others to settle away with Stopped and this sentence."""
        self._closed = why
        self._settled.set()

    def _most(self, request: Request) -> Reservation:
        if self.budget.usd is None and self.budget.tokens is None:
            return Reservation()
        prompt, completion = most_prompt_tokens(request), max_tokens(request)
        tokens = prompt + completion if self.budget.tokens is not None else 0
        if self.budget.usd is None:
            return Reservation(tokens)
        require_price(self.budget, request.model, self._prices)
        return Reservation(tokens, cost(request.model, prompt, completion, self._prices) or 0.0)

    def _refused(self, most: Reservation) -> BudgetExceeded | None:
        budget, held = self.budget, self._held.values()
        if self._out_of_time():
            return BudgetExceeded(f"The run's time of {budget.seconds:g} s is over; raise the limit to go on.")
        if budget.requests is not None and self._requests + len(held) + 1 > budget.requests:
            return BudgetExceeded(
                f"The budget of {number_of(budget.requests, 'request')} is spent ({self._requests:,} answered); "
                f"raise it to go on."
            )
        if budget.tokens is not None:
            left = budget.tokens - self._tokens
            if most.tokens + sum(other.tokens for other in held) > left:
                return BudgetExceeded(
                    f"The next request may take {number_of(most.tokens, 'token')} and {max(0, left):,} of the "
                    f"budget of "
                    f"{budget.tokens:,} are left; raise it to go on."
                )
        if budget.usd is not None:
            dollars = budget.usd - self._usd
            # A hair of slack, for sums of floats that should come out even.
            if most.usd + sum(other.usd for other in held) > dollars + 1e-9:
                return BudgetExceeded(
                    f"The next request may cost ${most.usd:.4f} and ${max(0.0, dollars):.4f} of the budget of "
                    f"${budget.usd:,.2f} are left; raise it to go on."
                )
        return None

    def _out_of_time(self) -> bool:
        return self.budget.seconds is not None and self._clock() - self._started >= self.budget.seconds

    def _let_go(self, handle: int) -> None:
        del self._held[handle]
        self._settled.set()
