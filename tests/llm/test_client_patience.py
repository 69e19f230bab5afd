"""What can succeed is tried again, for as long as the server asks and no longer; a stop ends every wait."""

from __future__ import annotations

import asyncio
import threading
import time as real_time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import sqlalchemy as sa

from core.database.schema import replies
from core.llm import connection
from core.llm.client import Client
from core.llm.errors import (
    NoServer,
    QuotaExhausted,
    RateLimited,
    RequestRefused,
    ServerFailed,
    Stopped,
    TimedOut,
    UnknownModel,
    WrongKey,
)
from core.records import Reply
from tests.fake_openai import FakeOpenAI


@pytest.mark.parametrize(
    "fault", ["429", "429:0.5", "500", "503:1", "408", "409", "cut", "cut-body", "malformed", "empty"]
)
def test_what_can_succeed_is_tried_again_and_the_failure_kept(ask, request_of, database, fault):
    with FakeOpenAI(script=[fault, fault]) as server:
        reply = ask(server, request_of())
    assert len(server.requests) == 3
    with database.read() as c:
        rows = c.execute(sa.select(replies.c.attempt, replies.c.error, replies.c.text)).all()
    assert [row.attempt for row in rows] == [1, 2, 3]
    assert rows[0].error and rows[1].error and rows[2].error is None
    assert rows[2].text == reply.text


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"script": ["quota"]}, QuotaExhausted),
        ({"script": ["402"]}, QuotaExhausted),
        ({"key": "sk-the-real-one"}, WrongKey),
        ({"script": ["403"]}, WrongKey),
        ({"models": ["another"]}, UnknownModel),
        ({"script": ["418"]}, RequestRefused),
        ({"script": ["400"]}, RequestRefused),
    ],
)
def test_what_cannot_succeed_is_told_at_once(ask, request_of, settings, error):
    with FakeOpenAI(**settings) as server, pytest.raises(error) as told:
        ask(server, request_of(presence_penalty=1))
    assert len(server.requests) == 1
    assert server.url in str(told.value)


def test_attempts_are_bounded(ask, request_of):
    with FakeOpenAI(script=["500"] * 9) as server, pytest.raises(ServerFailed):
        ask(server, request_of(), max_attempts=3)
    assert len(server.requests) == 3


def test_the_wait_doubles_after_each_failure(ask, request_of, time):
    with FakeOpenAI(script=["500"] * 4) as server:
        ask(server, request_of())
    for n, waited in enumerate(time.slept):
        assert 0.5 * 2**n <= waited <= 2**n


def test_a_server_that_was_never_there_is_told_after_two_attempts(ask, request_of, database):
    with FakeOpenAI() as server:
        pass
    with pytest.raises(NoServer, match="Nothing answers at"):
        ask(server, request_of())
    with database.read() as c:
        assert len(c.execute(sa.select(replies.c.error)).all()) == 2


def test_a_server_that_takes_too_long_is_given_up(ask, request_of):
    with FakeOpenAI(script=["hang:9"] * 2) as server, pytest.raises(TimedOut, match=r"0\.3 s"):
        ask(server, request_of(), timeout=0.3, max_attempts=2)
    assert len(server.requests) == 2


def test_an_answer_that_comes_while_the_program_stands_still_is_read_and_not_paid_for_twice(
    at, ledger, run, request_of, monkeypatch
):
    monkeypatch.setattr(connection, "LOOK_S", 0.05)
    with FakeOpenAI(latency=0.3) as server:

        async def work() -> Reply:
            async with Client(at(server.url), "", ledger, timeout=1.0, max_attempts=1) as client:
                waiting = asyncio.create_task(client.ask(request_of()))
                while not server.requests:
                    await asyncio.sleep(0.01)
                real_time.sleep(1.5)  # nothing runs, as in a process that is stopped; the answer waits in its socket
                return await waiting

        assert run(work()).text
        assert len(server.requests) == 1


@pytest.mark.parametrize("seconds", [7, 90])
def test_a_pause_that_the_server_asks_for_holds_everybody(at, ledger, time, run, request_of, seconds):
    sent_at = []

    def answer(body, prompt):
        sent_at.append(time.now)
        return "fine"

    async def work() -> None:
        client = Client(at(server.url), "", ledger, concurrency=1, sleep=time.sleep, clock=time.clock)
        await asyncio.gather(*(client.ask(request_of(f"1/{n}")) for n in range(3)))
        await client.close()

    with FakeOpenAI(script=[f"429:{seconds}"], answer=answer) as server:
        run(work())
    assert len(sent_at) == 3
    assert all(moment >= 1000 + seconds for moment in sent_at)


def test_a_pause_may_be_a_date(ask, request_of, time):
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    with FakeOpenAI(script=[f"429:{date}"]) as server:
        ask(server, request_of())
    assert 1035 < time.now < 1045


def test_a_pause_of_a_day_is_told_and_not_waited_for(ask, request_of, time):
    with FakeOpenAI(script=["429:86400"]) as server, pytest.raises(RateLimited):
        ask(server, request_of())
    assert time.now == 1000


def test_concurrency_is_bounded(ask, request_of):
    together = threading.Barrier(5)

    def answer(body: Any, prompt: str) -> str:
        together.wait(60)
        return "fine"

    with FakeOpenAI(answer=answer) as server:
        ask(server, *(request_of(f"1/{n}") for n in range(30)), concurrency=5)
    assert server.most_at_once == 5


def test_a_server_with_a_lower_limit_is_served_at_its_pace(ask, request_of):
    with FakeOpenAI(latency=0.005, at_once=3) as server:
        got = ask(server, *(request_of(f"1/{n}") for n in range(40)), concurrency=16)
    assert len(got) == 40
    assert max(server.answered.values()) == 1


def test_waiting_requests_go_by_priority_then_in_order(at, ledger, run, request_of):
    async def work() -> None:
        async with Client(at(server.url), "", ledger, concurrency=1) as client:
            asks = [client.ask(request_of(f"{p}/{n}"), priority=p) for n, p in enumerate([0, 2, 1, 2, 1, 0])]
            await asyncio.gather(*asks)

    with FakeOpenAI() as server:
        run(work())
    order = [request.prompt.split()[-1] for request in server.requests]
    assert order == ["0/0", "0/5", "1/2", "1/4", "2/1", "2/3"]


def test_a_stop_lets_requests_in_flight_finish_and_sends_nothing_more(at, ledger, run, request_of):
    async def work() -> list[Any]:
        client = Client(at(server.url), "", ledger, concurrency=2)
        asks = [asyncio.ensure_future(client.ask(request_of(f"1/{n}"))) for n in range(6)]
        while len(server.requests) < 2:
            await asyncio.sleep(0.001)
        assert (client.live.in_flight, client.live.waiting, client.live.limit) == (2, 4, 2)
        client.close_to_new()
        stopped.set()
        got = await asyncio.gather(*asks, return_exceptions=True)
        await client.close()
        return got

    stopped = threading.Event()

    def answer(body: Any, prompt: str) -> str:
        assert stopped.wait(60)
        return "fine"

    with FakeOpenAI(answer=answer) as server:
        got = run(work())
    assert [type(one) for one in got] == [Reply] * 2 + [Stopped] * 4
    assert len(server.requests) == 2
    assert [ledger.stored(f"1/{n}") is not None for n in range(6)] == [True] * 2 + [False] * 4


def test_a_stop_ends_a_long_wait_between_attempts(at, ledger, run, request_of):
    async def work() -> None:
        async def forever(seconds: float) -> None:
            client.close_to_new()
            await asyncio.Event().wait()

        client = Client(at(server.url), "", ledger, sleep=forever)
        await client.ask(request_of())

    with FakeOpenAI(script=["500"]) as server, pytest.raises(Stopped):
        run(work())


def test_a_stop_ends_a_pause_that_the_server_asked_for(at, ledger, run, request_of):
    async def work() -> None:
        client = Client(at(server.url), "", ledger)
        asked = asyncio.ensure_future(client.ask(request_of()))
        while not client.live.pause_left:
            await asyncio.sleep(0.001)
        client.close_to_new()
        await asked

    with FakeOpenAI(script=["429:300"]) as server, pytest.raises(Stopped):
        run(work())


def test_a_stopped_client_still_returns_what_is_stored(at, ledger, run, request_of):
    async def work() -> None:
        client = Client(at(server.url), "", ledger)
        reply = await client.ask(request_of())
        client.close_to_new()
        assert await client.ask(request_of()) == reply

    with FakeOpenAI() as server:
        run(work())
