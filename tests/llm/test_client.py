"""What a run relies on: nothing is paid twice, nothing is lost, limits are kept, and a stop stops."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import replace

import httpx2
import pytest
import sqlalchemy as sa

from core.database.schema import requests
from core.llm.body import ANSWERING
from core.llm.client import Client
from core.llm.connection import PATHS
from core.llm.errors import (
    BadReply,
    BudgetExceeded,
    ContextTooLong,
    PriceUnknown,
    RequestRefused,
    WrongKey,
)
from core.llm.going import SENT
from core.llm.prices import Price
from core.llm.rows.requests import RunLedger
from core.records import Budget, Endpoint, Request, StorageFailed, Usage
from tests.fake_openai import FakeOpenAI

BOTH = pytest.mark.parametrize("endpoint", ANSWERING)


@BOTH
def test_a_reply_is_the_servers_text_reason_and_usage(ask, request_of, endpoint):
    with FakeOpenAI(answer=lambda body, prompt: " two words", script=["length"]) as server:
        reply = ask(server, request_of(endpoint=endpoint))
    assert (reply.text, reply.finish_reason, reply.completion_tokens) == (" two words", "length", 2)
    assert reply.prompt_tokens == 4  # the fake counts words


@pytest.mark.parametrize("endpoint", [Endpoint.COMPLETIONS, Endpoint.CHAT])
def test_the_body_is_sent_exactly_as_recorded(ask, request_of, endpoint):
    request = request_of(endpoint=endpoint, stop=["\n16", "16."], top_p=0.5, unheard_of={"deep": [1, None, "ü"]})
    with FakeOpenAI() as server:
        ask(server, request)
    assert json.dumps(server.requests[0].body) == json.dumps(request.body)
    assert server.requests[0].path == f"/v1{PATHS[endpoint]}"


def test_a_stored_reply_is_returned_without_the_network(ask, request_of):
    with FakeOpenAI() as server:
        first = ask(server, request_of())
    again = ask(server, request_of())  # the server is gone
    assert again == first
    assert len(server.requests) == 1


def test_a_request_is_on_disk_before_it_is_sent(ask, request_of, database):
    def recorded(body, prompt):
        with database.read() as c:
            assert c.execute(sa.select(requests.c.body)).scalar_one() == body
        return "fine"

    with FakeOpenAI(answer=recorded) as server:
        assert ask(server, request_of()).text == "fine"


def test_a_reply_that_cannot_be_stored_is_not_returned(ask, request_of, ledger):
    class FullDisk:
        def __getattr__(self, name):
            return getattr(ledger, name)

        def record_reply(self, *_, **__):
            raise StorageFailed("The disk is full; make room and resume.")

    with FakeOpenAI() as server, pytest.raises(StorageFailed):
        ask(server, request_of(), ledger=FullDisk())
    assert ledger.stored(request_of().key) is None


def test_a_prompt_that_does_not_fit_is_asked_for_a_shorter_reply_and_the_record_says_so(ask, request_of, database):
    request = request_of(max_tokens=1000)
    with FakeOpenAI(context=700) as server:
        reply = ask(server, request)
    assert [sent.body["max_tokens"] for sent in server.requests] == [1000, 800, 640]
    assert reply.body[SENT] == {"max_tokens": 640}
    with database.read() as c:
        assert c.execute(sa.select(requests.c.body)).scalar_one()["max_tokens"] == 1000


def test_a_reply_is_not_shrunk_below_a_floor(ask, request_of):
    with FakeOpenAI(context=0) as server, pytest.raises(ContextTooLong):
        ask(server, request_of(max_tokens=60))
    assert [sent.body["max_tokens"] for sent in server.requests] == [60, 48, 38, 32]


def test_a_model_that_wants_max_completion_tokens_gets_it_from_then_on(ask, request_of):
    with FakeOpenAI(refuses=["max_tokens"]) as server:
        replies = ask(server, *(request_of(f"1/{n}") for n in range(3)), concurrency=1)
    assert ["max_tokens" in sent.body for sent in server.requests] == [True, False, False, False]
    assert all(reply.body[SENT] == {"max_completion_tokens": 100, "max_tokens": None} for reply in replies)


def test_a_reply_to_the_recorded_request_names_no_difference(ask, request_of):
    with FakeOpenAI() as server:
        assert SENT not in ask(server, request_of()).body


def test_the_key_goes_into_the_header_and_nowhere_else(ask, request_of, database, tmp_path):
    key = "sk-secret-0123456789"
    with FakeOpenAI(key=key, answer=lambda body, prompt: f"You sent {key}.") as server:
        reply = ask(server, request_of(), key=key)
        with pytest.raises(WrongKey) as told:
            ask(server, request_of("2"), key="sk-wrong-0123456789")
    assert reply.text == "You sent [key]."
    assert "sk-" not in str(told.value)
    database.close()
    for file in tmp_path.iterdir():
        assert b"0123456789" not in file.read_bytes()


def test_without_a_key_none_is_taken_from_the_environment(ask, request_of, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "not-for-this-server")
    with FakeOpenAI() as server:
        ask(server, request_of())
    assert "not-for-this-server" not in str(server.requests[0].headers)
    assert "authorization" not in server.requests[0].headers


def test_a_redirect_is_not_followed(ask, request_of, at, ledger, run):
    def elsewhere(request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == "127.0.0.1"
        return httpx2.Response(307, headers={"Location": "http://me:sesame@elsewhere.invalid/v1?api_key=5\x1b[2J"})

    client = Client(at("http://127.0.0.1/v1"), "", ledger, transport=httpx2.MockTransport(elsewhere))
    with pytest.raises(RequestRefused, match=r"elsewhere\.invalid") as refused:
        run(client.ask(request_of()))
    assert not [part for part in ("sesame", "api_key", "\x1b") if part in str(refused.value)]


def test_only_the_demo_is_told_the_step(ask, request_of):
    with FakeOpenAI() as server:
        ask(server, request_of())
    assert not [name for name in server.requests[0].headers if name.startswith("x-winnow")]


PRICES = {"fake": Price(1000.0, 2000.0)}


def test_what_a_reply_cost_is_stored(ask, request_of, ledger):
    with FakeOpenAI(answer=lambda body, prompt: "three whole words") as server:
        reply = ask(server, request_of(), prices=PRICES)
    assert reply.usd == pytest.approx(reply.prompt_tokens * 0.001 + 3 * 0.002)
    assert ledger.usage().usd == pytest.approx(reply.usd)


def test_an_unknown_price_stays_unknown(ask, request_of, ledger):
    with FakeOpenAI() as server:
        assert ask(server, request_of()).usd is None
    assert ledger.usage().usd is None


def test_a_reply_without_usage_has_an_unknown_cost_unless_the_price_is_zero(ask, request_of):
    with FakeOpenAI(usage=False) as server:
        assert ask(server, request_of("1"), prices=PRICES).usd is None
        assert ask(server, request_of("2"), prices={"fake": Price(0, 0)}).usd == 0


def test_a_budget_of_requests_is_never_exceeded(ask, request_of, ledger):
    with FakeOpenAI(latency=0.005) as server, pytest.raises(BudgetExceeded, match="5 requests"):
        ask(server, *(request_of(f"1/{n}") for n in range(9)), budget=Budget(requests=5), concurrency=4)
    assert len(server.requests) == 5


def test_a_budget_goes_on_where_the_run_left_off(ask, request_of):
    with FakeOpenAI() as server:
        ask(server, request_of("1"), request_of("2"))
        with pytest.raises(BudgetExceeded):
            ask(server, request_of("3"), request_of("4"), budget=Budget(requests=3), concurrency=1)
        ask(server, request_of("1"), budget=Budget(requests=3))  # stored replies are free
    assert len(server.requests) == 3


def test_a_budget_in_dollars_needs_a_price(ask, request_of):
    with FakeOpenAI() as server, pytest.raises(PriceUnknown, match='"fake"'):
        ask(server, request_of(), budget=Budget(usd=1.0))
    assert server.requests == []


def test_a_time_limit_sends_nothing_after_it(at, ledger, time, run, request_of):
    async def work() -> None:
        client = Client(at(server.url), "", ledger, budget=Budget(seconds=60), clock=time.clock)
        await client.ask(request_of("1"))
        time.now += 61
        await client.ask(request_of("2"))

    with FakeOpenAI() as server, pytest.raises(BudgetExceeded, match="60 s"):
        run(work())
    assert len(server.requests) == 1


def test_usage_is_live(at, ledger, run, request_of):
    async def work() -> Usage:
        async with Client(at(server.url), "", ledger) as client:
            for n in range(3):
                await client.ask(request_of(f"1/{n}"))
            return client.live.usage

    with FakeOpenAI() as server:
        usage = run(work())
    assert usage == ledger.usage()
    assert usage.requests == 3


def test_a_cancelled_request_gives_its_place_and_its_reservation_back(at, ledger, run, request_of):
    async def work() -> None:
        async with Client(at(server.url), "", ledger, concurrency=1, budget=Budget(requests=2)) as client:
            first = asyncio.ensure_future(client.ask(request_of("1")))
            queued = asyncio.ensure_future(client.ask(request_of("2")))
            while not server.requests:
                await asyncio.sleep(0.001)
            first.cancel()
            queued.cancel()
            await asyncio.gather(first, queued, return_exceptions=True)
            assert client.live.in_flight == 0
            await client.ask(request_of("3"))

    with FakeOpenAI(latency=0.03) as server:
        run(work())


def test_a_web_page_instead_of_a_reply_points_at_the_base_url(ask, request_of):
    with FakeOpenAI(script=["html"]) as server, pytest.raises(BadReply, match="base URL"):
        ask(server, request_of(), max_attempts=1)


@pytest.mark.parametrize("text", ["\ud800 half a pair", "a\x00b", "…\u2028🎉 \r\n", ""])
def test_any_text_travels_both_ways_and_is_stored(ask, request_of, text):
    with FakeOpenAI(answer=lambda body, prompt: text) as server:
        reply = ask(server, request_of(prompt=f"Say {text}"))
        assert reply.text == text
        assert ask(server, request_of()).text == text
    assert server.requests[0].body["prompt"] == f"Say {text}"


@pytest.mark.parametrize(("fault", "sent"), [("500", 3), ("429", 3), ("cut-body", 2), ("malformed", 2)])
def test_a_failure_that_may_have_been_charged_counts_against_the_budget(ask, request_of, fault, sent):
    """A request may take at most 131 tokens, so the budget holds two whole ones and no third."""
    budget = Budget(tokens=2 * (len("Task: Write about 1/instances/1") + 1 + 100))
    with FakeOpenAI(script=[fault, fault]) as server, suppress(BudgetExceeded):
        ask(server, request_of(), budget=budget)
    assert len(server.requests) == sent


def test_a_request_cancelled_on_its_way_counts_against_the_budget(at, ledger, run, request_of):
    budget = Budget(tokens=2 * 200 - 1)

    async def work() -> None:
        async with Client(at(server.url), "", ledger, budget=budget) as client:
            first = asyncio.ensure_future(client.ask(request_of("1", prompt="x" * 99)))
            while not server.requests:
                await asyncio.sleep(0.001)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            with pytest.raises(BudgetExceeded, match="199 of the budget"):
                await client.ask(request_of("2", prompt="x" * 99))

    with FakeOpenAI(latency=0.03) as server:
        run(work())


def test_a_request_that_a_resume_words_otherwise_names_in_its_reply_what_was_sent(ledger: RunLedger) -> None:
    first = Request("0/instructions/0", "instructions", Endpoint.CHAT, "m", {"model": "m", "prompt": "before"})
    again = replace(first, body={"model": "m", "prompt": "after"})
    number = ledger.record(first)
    assert ledger.record(again) == number and ledger.request(number).body == first.body, "what is recorded stays"
    reply = ledger.record_reply(
        number, attempt=1, text="x", finish_reason="stop", prompt_tokens=1, completion_tokens=1, usd=0.0, seconds=0.1,
        body={"id": "r"},
    )  # fmt: skip
    assert reply.body == {"id": "r", "winnow_sent": {"prompt": "after"}}
    assert ledger.stored(first.key) == reply, "and is stored so"
