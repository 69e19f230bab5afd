"""How many requests may be on their way: halves on a refusal, grows back, pauses for everybody."""

from __future__ import annotations

import asyncio

import pytest

from core.llm.errors import Stopped
from core.llm.throttle import Throttle


@pytest.fixture
def throttle(time):
    return lambda most: Throttle(most, time.sleep, time.clock)


def test_one_round_of_refusals_halves_the_limit_once(throttle, run):
    async def work():
        limit = throttle(16)
        slots = [await limit.take(0, limit.arrive()) for _ in range(16)]
        for slot in slots:  # all of them were sent before the server complained
            limit.slow_down(slot, 0)
        assert limit.limit == 8
        for _ in slots:
            limit.give_back()
        limit.slow_down(await limit.take(0, limit.arrive()), 0)
        assert limit.limit == 4

    run(work())


def test_the_limit_never_falls_below_one(throttle, run):
    async def work():
        limit = throttle(2)
        for _ in range(5):
            limit.slow_down(await limit.take(0, limit.arrive()), 0)
            limit.give_back()
        assert limit.limit == 1

    run(work())


def test_the_limit_grows_by_about_one_for_each_round_of_good_replies_up_to_its_most(throttle, run):
    async def work():
        limit = throttle(8)
        limit.slow_down(await limit.take(0, limit.arrive()), 0)
        limit.give_back()
        assert limit.limit == 4
        for _ in range(5):
            limit.went_well()
        assert limit.limit == 5
        for _ in range(100):
            limit.went_well()
        assert limit.limit == 8

    run(work())


def test_after_a_pause_the_order_is_kept(throttle, run, time):
    async def work():
        limit, served = throttle(1), []

        async def one(priority: int, name: str) -> None:
            await limit.take(priority, limit.arrive())
            served.append((name, time.now))
            limit.give_back()

        slot = await limit.take(0, limit.arrive())
        limit.slow_down(slot, 30)
        asks = [asyncio.ensure_future(one(*who)) for who in [(1, "c"), (0, "a"), (1, "d"), (0, "b")]]
        await asyncio.sleep(0)
        limit.give_back()
        await asyncio.gather(*asks)
        assert served == [("a", 1030), ("b", 1030), ("c", 1030), ("d", 1030)]

    run(work())


def test_a_longer_pause_replaces_a_shorter_one_and_not_the_other_way_round(throttle, run, time):
    async def work():
        limit = throttle(4)
        slot = await limit.take(0, limit.arrive())
        for pause in (5, 50, 10):
            limit.slow_down(slot, pause)
        assert limit.pause_left == 50

    run(work())


def test_a_request_that_gives_up_waiting_takes_nobodys_place(throttle, run):
    async def work():
        limit = throttle(1)
        await limit.take(0, limit.arrive())
        waiting = [asyncio.ensure_future(limit.take(0, limit.arrive())) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        limit.give_back()
        await waiting[1]
        assert (limit.in_flight, limit.waiting) == (1, 0)

    run(work())


def test_a_place_given_in_the_moment_of_giving_up_is_passed_on(throttle, run):
    async def work():
        limit = throttle(1)
        await limit.take(0, limit.arrive())
        waiting = asyncio.ensure_future(limit.take(0, limit.arrive()))
        await asyncio.sleep(0)
        limit.give_back()  # its turn is set, but it hasn't run yet
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert limit.in_flight == 0

    run(work())


def test_a_closed_throttle_sends_everybody_away(throttle, run):
    async def work():
        limit = throttle(1)
        await limit.take(0, limit.arrive())
        waiting = asyncio.ensure_future(limit.take(0, limit.arrive()))
        await asyncio.sleep(0)
        limit.close("The run was stopped.")
        for late in (waiting, limit.take(0, limit.arrive())):
            with pytest.raises(Stopped, match="The run was stopped"):
                await late

    run(work())
