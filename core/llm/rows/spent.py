"""What batches, runs and pools have spent: replies that brought an answer, their tokens and dollars."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from core.database.parts import by_no_index
from core.database.schema import replies, requests, runs
from core.records import Usage


@dataclass(frozen=True, slots=True)
class _Sum:
    """Replies added up: how many, with how many tokens and dollars, how many have a price, the number of the newest."""

    n: int = 0
    prompt: int = 0
    completion: int = 0
    usd: float = 0.0
    priced: int = 0
    newest: int = 0

    def __add__(self, later: _Sum) -> _Sum:
        return _Sum(
            self.n + later.n,
            self.prompt + later.prompt,
            self.completion + later.completion,
            self.usd + later.usd,
            self.priced + later.priced,
            max(self.newest, later.newest),
        )

    @property
    def usage(self) -> Usage:
        return Usage(self.n, self.prompt, self.completion, self.usd if self.priced == self.n else None, self.usd)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A pool's replies added up until one of all pools'; `marks` say whether these are still the replies they were."""

    until: int
    found: _Sum
    marks: Mapping[int, float]


_COLUMNS = (
    sa.func.count(),
    sa.func.coalesce(sa.func.sum(replies.c.prompt_tokens), 0),
    sa.func.coalesce(sa.func.sum(replies.c.completion_tokens), 0),
    sa.func.coalesce(sa.func.sum(replies.c.usd), 0.0),
    sa.func.count(replies.c.usd),
    sa.func.coalesce(sa.func.max(replies.c.id), 0),
)
_ANSWERED = replies.join(requests, requests.c.id == replies.c.request_id)
_NOTHING = _Kept(0, _Sum(), {})
_LOCK = Lock()
_KEPT: WeakKeyDictionary[sa.Engine, dict[tuple[int, tuple[str, ...] | None], _Kept]] = WeakKeyDictionary()


def of_batches(c: sa.Connection, run_ids: Sequence[int]) -> dict[tuple[int, int | None], Usage]:
    """What each (run, batch) of these runs has spent; None is what belongs to no batch."""
    place = (requests.c.run_id, requests.c.batch)
    query = sa.select(*place, *_COLUMNS).select_from(_ANSWERED).where(replies.c.error.is_(None))
    rows = c.execute(query.where(requests.c.run_id.in_(run_ids)).group_by(*place))
    return {(run_id, batch): _Sum(*its).usage for run_id, batch, *its in rows}


def of_run(c: sa.Connection, run_id: int) -> Usage:
    """What a run has spent. Dollars are None where a reply's price is unknown."""
    query = sa.select(*_COLUMNS).select_from(_ANSWERED).where(replies.c.error.is_(None), requests.c.run_id == run_id)
    return _Sum(*c.execute(query).one()).usage


def of_pool(c: sa.Connection, pool_id: int, methods: Sequence[str] | None = None) -> Usage:
    """What all runs of a pool, or those of some methods, have spent. Dollars are None where a price is unknown.

    Replies only ever come, in the order of their numbers, until their pool is deleted: what this program has added up
    once is not read again.
    """
    which = (pool_id, None if methods is None else tuple(methods))
    with _LOCK:
        kept = _KEPT.get(c.engine, {}).get(which, _NOTHING)
    if _marks(c, kept.marks) != kept.marks:  # deleted, and their numbers given to others
        kept = _NOTHING
    until = int(c.execute(sa.select(sa.func.coalesce(sa.func.max(replies.c.id), 0))).scalar_one())
    if until > kept.until:
        found = kept.found + _between(c, pool_id, methods, kept.until, until)
        kept = _Kept(until, found, _marks(c, {until, found.newest}))
        with _LOCK:
            _KEPT.setdefault(c.engine, {})[which] = kept
    return kept.found.usage


def _between(c: sa.Connection, pool_id: int, methods: Sequence[str] | None, after: int, until: int) -> _Sum:
    query = (
        sa.select(*_COLUMNS)
        .select_from(_ANSWERED.join(runs, runs.c.id == requests.c.run_id))
        .where(replies.c.error.is_(None), by_no_index(replies.c.id) <= until)
    )
    if after:  # a few new replies lead to their runs; all of them are found from the pool's runs on
        query = query.where(replies.c.id > after, by_no_index(runs.c.pool_id) == pool_id)
    else:
        query = query.where(runs.c.pool_id == pool_id)
    if methods is not None:
        query = query.where(runs.c.method.in_(methods))
    return _Sum(*c.execute(query).one())


def _marks(c: sa.Connection, numbers: Collection[int]) -> dict[int, float]:
    """When these replies came: of those that are there."""
    if not numbers:
        return {}
    query = sa.select(replies.c.id, replies.c.created_at).where(replies.c.id.in_(sorted(numbers)))
    return dict(c.execute(query).tuples().all())
