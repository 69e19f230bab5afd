"""A budget is hard: the worst case is set aside first, and what wasn't needed comes back."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm.budget import Spending, require_price
from core.llm.errors import BudgetExceeded, PriceUnknown, Stopped
from core.llm.prices import Price, estimate
from core.records import Budget, Endpoint, Refused, Reply, Request, Usage

PRICES = {"m": Price(1.0, 10.0)}


def asked(max_tokens: int | None = 100, prompt: str = "x" * 99, model: str = "m") -> Request:
    """A request of at most 100 prompt tokens."""
    body = {"model": model, "prompt": prompt} | ({} if max_tokens is None else {"max_tokens": max_tokens})
    return Request("k", "instances", Endpoint.COMPLETIONS, model, body)


def answered(prompt: int | None = 10, completion: int | None = 20, usd: float | None = 0.0) -> Reply:
    return Reply(1, "text", "stop", prompt, completion, usd, 0.1, {})


def spending(budget: Budget, spent: Usage | None = None, clock=lambda: 0.0) -> Spending:
    return Spending(budget, PRICES, spent or Usage(), clock)


def test_a_reservation_is_the_prompts_upper_bound_and_max_tokens(run):
    run(spending(Budget(tokens=200)).reserve(asked()))
    with pytest.raises(BudgetExceeded, match="200 tokens and 199 of the budget of 199"):
        run(spending(Budget(tokens=199)).reserve(asked()))


def test_what_was_not_needed_comes_back(run):
    async def work():
        purse = spending(Budget(tokens=500))
        for _ in range(11):  # 30 tokens each, 200 set aside each: 330 + 200 doesn't fit any more
            purse.settle(await purse.reserve(asked()), answered())
        with pytest.raises(BudgetExceeded, match="200 tokens and 170 "):
            await purse.reserve(asked())
        assert purse.usage == Usage(11, 110, 220, 0.0)

    run(work())


def test_a_request_waits_for_others_to_settle_before_it_is_refused(run):
    async def work():
        purse = spending(Budget(tokens=300))
        first = await purse.reserve(asked())
        second = asyncio.ensure_future(purse.reserve(asked()))
        await asyncio.sleep(0)
        assert not second.done()
        purse.settle(first, answered())
        await second

    run(work())


def test_a_request_that_fits_not_even_alone_is_refused_once_nobody_is_in_flight(run):
    async def work():
        purse = spending(Budget(requests=1))
        first = await purse.reserve(asked())
        second = asyncio.ensure_future(purse.reserve(asked()))
        await asyncio.sleep(0)
        purse.settle(first, answered())
        with pytest.raises(BudgetExceeded, match="1 request is spent"):
            await second

    run(work())


def test_a_failed_attempt_is_free_unless_the_server_may_have_charged(run):
    async def work():
        purse = spending(Budget(tokens=400))
        purse.release(await purse.reserve(asked()))
        purse.release(await purse.reserve(asked()), charged=True)
        purse.release(await purse.reserve(asked()))
        with pytest.raises(BudgetExceeded, match="200 of the budget"):
            await purse.reserve(asked(max_tokens=101))

    run(work())


def test_a_reply_without_usage_counts_as_its_worst_case(run):
    async def work():
        purse = spending(Budget(tokens=399))
        purse.settle(await purse.reserve(asked()), answered(None, None))
        with pytest.raises(BudgetExceeded, match="199 of the budget"):
            await purse.reserve(asked())

    run(work())


def test_dollars_are_kept_too(run):
    most = (100 * 1.0 + 100 * 10.0) / 1e6

    async def work():
        purse = spending(Budget(usd=2 * most))
        purse.settle(await purse.reserve(asked()), answered(usd=most))
        purse.settle(await purse.reserve(asked()), answered(usd=most))
        with pytest.raises(BudgetExceeded, match=r"\$0\.0000 of the budget"):
            await purse.reserve(asked())

    run(work())


def test_earlier_spending_of_the_run_counts(run):
    with pytest.raises(BudgetExceeded, match="30 of the budget"):
        run(spending(Budget(tokens=1000), Usage(9, 900, 70, 1.0)).reserve(asked()))


def test_a_budget_in_dollars_is_refused_where_earlier_spending_is_unknown():
    with pytest.raises(PriceUnknown, match="isn't known in dollars"):
        spending(Budget(usd=1.0), Usage(3, 10, 10, None))


def test_a_budget_in_dollars_is_refused_for_an_unknown_price():
    with pytest.raises(PriceUnknown, match='"other"'):
        require_price(Budget(usd=1.0), "other", PRICES)
    require_price(Budget(tokens=1), "other", PRICES)
    require_price(Budget(usd=1.0), "m", PRICES)


def test_a_budget_needs_a_bound_on_the_reply(run):
    run(spending(Budget(requests=5)).reserve(asked(max_tokens=None)))
    with pytest.raises(Refused, match="max_tokens"):
        run(spending(Budget(tokens=5000)).reserve(asked(max_tokens=None)))


def test_a_stop_ends_the_waiting(run):
    async def work():
        purse = spending(Budget(requests=1))
        await purse.reserve(asked())
        second = asyncio.ensure_future(purse.reserve(asked()))
        await asyncio.sleep(0)
        purse.close("Stopped here.")
        with pytest.raises(Stopped, match="Stopped here"):
            await second

    run(work())


@settings(max_examples=60, deadline=None)
@given(
    limit=st.integers(0, 3000),
    takes=st.lists(st.tuples(st.integers(1, 120), st.floats(0, 1), st.booleans()), max_size=25),
)
def test_whatever_happens_the_budget_is_never_exceeded(limit, takes):
    """Any requests at once, of any length, succeeding or lost: tokens spent never pass the limit."""
    spent = 0

    async def one(purse: Spending, reply_length: int, share: float, lost: bool) -> None:
        nonlocal spent
        request = asked(max_tokens=reply_length)
        handle = await purse.reserve(request)
        await asyncio.sleep(0)
        took = int(estimate(request, PRICES).most_tokens * share)
        spent += took
        assert spent <= limit
        if lost:
            purse.release(handle, charged=True)
        else:
            purse.settle(handle, answered(took, 0))

    async def work() -> None:
        purse = spending(Budget(tokens=limit))
        got = await asyncio.gather(*(one(purse, *take) for take in takes), return_exceptions=True)
        assert all(isinstance(each, BudgetExceeded | None) for each in got), got

    asyncio.run(work())
    assert spent <= limit
