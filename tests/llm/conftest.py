"""A real ledger over SQLite, requests to send, and a clock that only moves when somebody sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.database.engine import Database, open_database
from core.llm.client import Client
from core.llm.providers import CUSTOM, Provider
from core.llm.rows.requests import RunLedger
from core.pool.pools import create
from core.records import Budget, Endpoint, Request
from core.runs.rows import runs
from tests import databases
from tests.fake_openai import FakeOpenAI


class FakeTime:
    """A clock and the sleep that moves it; sleepers that start together wake together."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.now = max(self.now, until)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(databases.address(tmp_path))
    yield database
    database.close()


@pytest.fixture
def ledger(database: Database) -> RunLedger:
    with database.write() as c:
        pool = create(c, "A pool")
        run = runs.queue(c, pool.id, "self-instruct", {}, Budget(), {})
    return RunLedger(database, run.id, "custom", "http://127.0.0.1/v1")


@pytest.fixture
def at() -> Callable[[str], Provider]:
    """A provider at a server's address."""
    return lambda url: replace(CUSTOM, base_url=url)


@pytest.fixture
def request_of() -> Callable[..., Request]:
    """A request whose prompt, and so its reply, depends on its key."""

    def make(
        key: str = "1/instances/1", endpoint: Endpoint = Endpoint.COMPLETIONS, model: str = "fake", **parameters: Any
    ) -> Request:
        prompt = f"Task: Write about {key}"
        spoken: dict[str, Any] = {"prompt": prompt}
        if endpoint is Endpoint.CHAT:
            spoken = {"messages": [{"role": "user", "content": prompt}]}
        limit = "max_tokens"
        if endpoint is Endpoint.RESPONSES:
            spoken, limit = {"input": [{"role": "user", "content": prompt}]}, "max_output_tokens"
        body = {"model": model, **spoken, limit: 100, **parameters}
        return Request(key, "instances", endpoint, model, {k: v for k, v in body.items() if v is not None})

    return make


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine to its end; a hang is a failure."""

    async def bounded(work: Coroutine[Any, Any, Any]) -> Any:
        return await asyncio.wait_for(work, 120)

    return lambda work: asyncio.run(bounded(work))


@pytest.fixture
def ask(at, ledger, time, run):
    """Ask one or more requests through a fresh client; return the replies, or raise the first error."""

    def go(server: FakeOpenAI, *wanted: Any, **options: Any) -> Any:
        async def work() -> Any:
            options.setdefault("sleep", time.sleep)
            options.setdefault("clock", time.clock)
            key = options.pop("key", "")
            async with Client(at(server.url), key, options.pop("ledger", ledger), **options) as client:
                return await asyncio.gather(*(client.ask(request) for request in wanted))

        got = run(work())
        return got[0] if len(wanted) == 1 else got

    return go
