"""What a pool has spent is right whatever was added up before."""

from __future__ import annotations

from contextlib import suppress

import pytest
import sqlalchemy as sa

from core.database import Database
from core.database.schema import replies, requests, runs
from core.llm import book
from core.llm.rows import spent
from core.llm.rows.requests import RunLedger
from core.pool import pools
from core.records import Budget, Endpoint, Request, Usage
from core.runs.rows import runs as run_store


class Spender:
    """A run of a pool, to which replies come when it is told so."""

    def __init__(self, database: Database, pool_id: int, method: str = "self-instruct") -> None:
        with database.write() as c:
            self.run_id = run_store.queue(c, pool_id, method, {}, Budget(), {}).id
        self._ledger = RunLedger(database, self.run_id, "custom", "http://127.0.0.1:1/v1")
        self._n = 0

    def gets(self, *, usd: float | None = 0.5, error: str = "") -> None:
        self._n += 1
        number = self._ledger.record(Request(str(self._n), "instructions", Endpoint.CHAT, "m", {"messages": []}, 0))
        if error:
            self._ledger.record_failure(number, attempt=1, error=error, seconds=0.1)
            return
        self._ledger.record_reply(
            number,
            attempt=1,
            text="x",
            finish_reason="stop",
            prompt_tokens=10,
            completion_tokens=3,
            usd=usd,
            seconds=0.1,
            body={},
        )


def said(database: Database, pool_id: int, methods: tuple[str, ...] | None = None) -> Usage:
    with database.read() as c:
        return book.pool_usage(c, pool_id, methods)


@pytest.fixture
def pool_ids(database: Database) -> list[int]:
    with database.write() as c:
        return [pools.create(c, name).id for name in ("one", "two")]


def test_replies_that_come_later_are_added_to_what_was_known(database: Database, pool_ids: list[int]) -> None:
    one, two = pool_ids
    assert said(database, one) == Usage(0, 0, 0, 0.0)
    writes, answers, other = Spender(database, one), Spender(database, one, "respond"), Spender(database, two)
    for spender in (writes, answers, other, writes):
        spender.gets()
    assert said(database, one) == Usage(3, 30, 9, 1.5) and said(database, two) == Usage(1, 10, 3, 0.5)
    assert said(database, one, ("self-instruct",)) == Usage(2, 20, 6, 1.0)
    other.gets()
    writes.gets(error="cut off")
    assert said(database, one) == Usage(3, 30, 9, 1.5)
    answers.gets(usd=None)
    assert said(database, one) == Usage(4, 40, 12, None) and said(database, one).usd_known == 1.5
    assert said(database, one, ("self-instruct",)) == Usage(2, 20, 6, 1.0)
    assert said(database, two) == Usage(2, 20, 6, 1.0)


def test_what_was_known_is_not_read_again(database: Database, pool_ids: list[int]) -> None:
    spender = Spender(database, pool_ids[0])
    spender.gets()
    said(database, pool_ids[0])
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda _c, _u, sql, *_: asked.append(sql))
    assert said(database, pool_ids[0]).requests == 1
    assert not any("sum(" in sql for sql in asked)
    spender.gets()
    assert said(database, pool_ids[0]).requests == 2
    assert sum("sum(" in sql and "replies.id > " in sql for sql in asked) == 1


def test_a_pool_that_got_the_numbers_of_a_deleted_one_has_spent_nothing(
    database: Database, pool_ids: list[int]
) -> None:
    """SQLite gives the numbers of rows that went to the next ones."""
    one, two = pool_ids
    keeps, goes = Spender(database, one), Spender(database, two)
    for spender in (keeps, goes, goes):
        spender.gets()
    assert said(database, two).requests == 2 and said(database, one).requests == 1
    with database.write() as c:
        those = sa.select(requests.c.id).where(requests.c.run_id == goes.run_id)
        c.execute(replies.delete().where(replies.c.request_id.in_(those)))
        c.execute(requests.delete().where(requests.c.run_id == goes.run_id))
        c.execute(runs.delete().where(runs.c.id == goes.run_id))
    assert said(database, two).requests == 0
    for _ in range(4):
        keeps.gets()
    assert said(database, one).requests == 5 and said(database, two).requests == 0


def test_what_is_taken_back_with_its_transaction_is_not_kept(database: Database, pool_ids: list[int]) -> None:
    spender = Spender(database, pool_ids[0])
    spender.gets()
    with suppress(KeyError), database.write() as c:
        row = dict(c.execute(sa.select(replies)).mappings().one()) | {"id": 99}
        c.execute(replies.insert(), row)
        assert spent.of_pool(c, pool_ids[0]).requests == 2
        raise KeyError
    assert said(database, pool_ids[0]).requests == 1
