"""The book of requests and replies, for whoever reads in it: what was asked, what came back, what it cost.

Only the client writes into it. What is part of somebody's larger look at the database takes an open connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from core.database import Database
from core.llm.rows import requests, spent
from core.llm.rows.requests import Exchange as Exchange
from core.records import Usage


def exchanges(database: Database, request_ids: Iterable[int]) -> list[Exchange]:
    """The requests of these ids and all that came back, in the order given."""
    with database.read() as c:
        return [requests.exchange(c, request_id) for request_id in request_ids]


def exchange(database: Database, request_id: int) -> Exchange:
    """The request of that id and all that came back."""
    return exchanges(database, [request_id])[0]


def pool_usage(c: sa.Connection, pool_id: int, methods: Sequence[str] | None = None) -> Usage:
    """What all runs of a pool, or those of some methods, have spent. Dollars are None where a reply's price is
    unknown."""
    return spent.of_pool(c, pool_id, methods)


def usage_by_batch(c: sa.Connection, run_ids: Sequence[int]) -> dict[tuple[int, int | None], Usage]:
    """What each (run, batch) of these runs has spent; None is what belongs to no batch."""
    return spent.of_batches(c, run_ids)


def keys_of_step(c: sa.Connection, run_ids: Sequence[int], step: str) -> dict[int, tuple[int, str]]:
    """(run, key) of these runs' requests of a step, by id."""
    return requests.keys_of_step(c, run_ids, step)


def asked_so_far(c: sa.Connection, pool_id: int, step: str) -> int:
    """How many requests of a step a pool has made: the demo provider goes on from there."""
    return requests.count_of_step(c, pool_id, step)


def of_run(database: Database, run_id: int) -> list[Exchange]:
    """All requests of a run with what came back, in the order in which they were stored."""
    with database.read() as c:
        return [requests.exchange(c, number) for number in requests.ids_of_run(c, run_id)]
