"""What was asked of a model and what it answered; only ever inserted into."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.engine import Database
from core.database.schema import replies, requests, runs
from core.llm.fitting import SENT, difference
from core.llm.rows import spent
from core.llm.rows.parcels import mark_read
from core.records import Endpoint, Fate, NotFound, Reply, Request, Usage

# Asked once or twice for each request, so they are built once.
_SAME = (requests.c.run_id == sa.bindparam("its_run")) & (requests.c.key == sa.bindparam("its_key"))
_STORED = (
    sa.select(replies)
    .join(requests, requests.c.id == replies.c.request_id)
    .where(_SAME, replies.c.error.is_(None))
    .order_by(replies.c.id)
    .limit(1)
)
_KNOWN = sa.select(requests.c.id, requests.c.body).where(_SAME)
_RECORD = requests.insert().returning(requests.c.id)
_REPLIED = replies.insert()


class RunLedger:
    """One run's requests and replies. Every method is one committed transaction.

    `write` opens a transaction that is kept only while the run is its owner's: one that was paused while another went
    on with its run must not store its replies beside that one's.
    """

    def __init__(
        self,
        database: Database,
        run_id: int,
        provider: str,
        base_url: str,
        write: Callable[[], AbstractContextManager[sa.Connection]] | None = None,
    ) -> None:
        self._database, self._run_id = database, run_id
        self._write = write or database.write
        self._provider, self._base_url = provider, base_url
        self._reworded: dict[int, dict[str, Any]] = {}

    def stored(self, key: str) -> Reply | None:
        """The reply that this run already has for the request of that key."""
        with self._database.read() as c:
            row = c.execute(_STORED, {"its_run": self._run_id, "its_key": key}).first()
        return _reply(row) if row else None

    def request(self, request_id: int) -> Request:
        """The recorded request of that id."""
        with self._database.read() as c:
            row = c.execute(sa.select(requests).where(requests.c.id == request_id)).one()
        return Request(row.key, row.step, Endpoint(row.endpoint), row.model, row.body, row.batch, row.task_id)

    def record(self, request: Request) -> int:
        """Store a request before it is sent; return its id. The same key again keeps the first record.

        Where a resume words it otherwise (a seed was edited meanwhile), its reply says what was sent instead.
        """
        new = {
            "run_id": self._run_id,
            "key": request.key,
            "step": request.step,
            "batch": request.batch,
            "task_id": request.task_id,
            "provider": self._provider,
            "base_url": self._base_url,
            "endpoint": request.endpoint.value,
            "model": request.model,
            "body": dict(request.body),
            "created_at": time.time(),
        }
        with self._write() as c:
            known = c.execute(_KNOWN, {"its_run": self._run_id, "its_key": request.key}).first()
            if known is None:
                return int(c.execute(_RECORD, new).scalar_one())
        if known.body != new["body"]:
            self._reworded[known.id] = difference(known.body, request.body)
        return int(known.id)

    def record_reply(
        self,
        request_id: int,
        *,
        attempt: int,
        text: str,
        finish_reason: str,
        prompt_tokens: int | None,
        completion_tokens: int | None,
        usd: float | None,
        seconds: float,
        body: Mapping[str, Any],
        thoughts: str = "",
        parcel_id: int | None = None,
    ) -> Reply:
        """Store a reply whole; it is on disk when this returns, and nothing has been read from it yet."""
        new = {
            "request_id": request_id,
            "attempt": attempt,
            "text": text,
            "thoughts": thoughts or None,
            "finish_reason": finish_reason,
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "usd": usd,
            "seconds": seconds,
            "created_at": time.time(),
        }
        if request_id in self._reworded:
            body = {**body, SENT: {**self._reworded[request_id], **body.get(SENT, {})}}
        with self._write() as c:
            c.execute(_REPLIED, {**new, "body": self._kept(c, request_id, body)})
            if parcel_id is not None:
                mark_read(c, parcel_id, request_id)
        return Reply(request_id, text, finish_reason, prompt_tokens, completion_tokens, usd, seconds, body, thoughts)

    def _kept(self, c: sa.Connection, request_id: int, body: Mapping[str, Any]) -> dict[str, Any]:
        """What of a reply's JSON stands beside it: all of it."""
        return dict(body)

    def record_failure(
        self, request_id: int, *, attempt: int, error: str, seconds: float, why: str = "", parcel_id: int | None = None
    ) -> None:
        """Store that an attempt failed, and how; `why`: the finish reason of what came in the place of a reply."""
        failed = {"request_id": request_id, "attempt": attempt, "error": error, "seconds": seconds}
        with self._write() as c:
            c.execute(_REPLIED, {**failed, "finish_reason": why or None, "created_at": time.time()})
            if parcel_id is not None:
                mark_read(c, parcel_id, request_id)

    def fates(self) -> dict[str, int]:
        """How many of this run's replies had which fate."""
        with self._database.read() as c:
            return fates(c, self._run_id)

    def withheld(self) -> dict[int, Fate]:
        """The requests to which something came in the place of a reply, and no reply since."""
        with self._database.read() as c:
            return withheld(c, self._run_id)

    def usage(self) -> Usage:
        """What this run has spent so far, over all its resumes."""
        with self._database.read() as c:
            return spent.of_run(c, self._run_id)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A stored request with what came back, for a reader who asks where a task came from."""

    id: int
    run_id: int
    key: str
    step: str
    provider: str
    base_url: str
    endpoint: Endpoint
    model: str
    body: Mapping[str, Any]
    created_at: float
    reply: Reply | None
    errors: tuple[str, ...]
    withheld: str = ""  # the finish reason of what came in the place of a reply, where none came after it


def exchange(c: sa.Connection, request_id: int) -> Exchange:
    """The request of that id and everything that came back."""
    row = c.execute(sa.select(requests).where(requests.c.id == request_id)).first()
    if row is None:
        raise NotFound(f"There is no request {request_id}; `winnow task show TASK` names the request of a task.")
    came = c.execute(sa.select(replies).where(replies.c.request_id == request_id).order_by(replies.c.id)).all()
    reply = next((_reply(r) for r in came if r.error is None), None)
    return Exchange(
        row.id,
        row.run_id,
        row.key,
        row.step,
        row.provider,
        row.base_url,
        Endpoint(row.endpoint),
        row.model,
        row.body,
        row.created_at,
        reply,
        tuple(r.error for r in came if r.error is not None),
        (came[-1].finish_reason or "") if came and reply is None else "",
    )


def fates(c: sa.Connection, run_id: int) -> dict[str, int]:
    """How many of a run's replies had which fate, as far as why they ended says it."""
    none = (sa.func.trim(replies.c.text) == "") & replies.c.finish_reason.in_(("stop", "length"))
    ended = sa.case((none, "empty"), else_=sa.func.coalesce(replies.c.finish_reason, ""))
    each = (  # named first: PostgreSQL takes an expression with bound values for another one where it is grouped
        sa.select(ended.label("fate"))
        .select_from(replies.join(requests, requests.c.id == replies.c.request_id))
        .where(requests.c.run_id == run_id, replies.c.error.is_(None))
        .subquery()
    )
    query = sa.select(each.c.fate, sa.func.count()).group_by(each.c.fate)
    found: dict[str, int] = {}
    for reason, n in c.execute(query):
        fate = Reply(0, "" if reason == "empty" else "answered", reason, None, None, None, 0.0, {}).fate.value
        found[fate] = found.get(fate, 0) + n
    return found


def withheld(c: sa.Connection, run_id: int) -> dict[int, Fate]:
    """The requests of a run whose latest attempt brought something in the place of a reply, and what that was."""
    later = replies.alias("later")
    last = ~sa.exists().where(later.c.request_id == replies.c.request_id, later.c.id > replies.c.id)
    found = c.execute(
        sa.select(replies.c.request_id, replies.c.finish_reason)
        .select_from(replies.join(requests, requests.c.id == replies.c.request_id))
        .where(requests.c.run_id == run_id, replies.c.error.is_not(None), replies.c.finish_reason.is_not(None), last)
    )
    return {number: Reply(0, "", why, None, None, None, 0.0, {}).fate for number, why in found}


def keys_of_step(c: sa.Connection, run_ids: Sequence[int], step: str) -> dict[int, tuple[int, str]]:
    """(run, key) of these runs' requests of a step, by id."""
    query = sa.select(requests.c.id, requests.c.run_id, requests.c.key)
    rows = c.execute(query.where(requests.c.run_id.in_(run_ids), requests.c.step == step))
    return {number: (run_id, key) for number, run_id, key in rows}


def count_of_step(c: sa.Connection, pool_id: int, step: str) -> int:
    """How many requests of a step a pool has made: the demo provider goes on from there."""
    query = sa.select(sa.func.count()).select_from(requests.join(runs)).where(runs.c.pool_id == pool_id)
    return int(c.execute(query.where(requests.c.step == step)).scalar_one())


def _reply(row: sa.Row[Any]) -> Reply:
    return Reply(
        row.request_id,
        row.text or "",
        row.finish_reason or "",
        row.prompt_tokens,
        row.completion_tokens,
        row.usd,
        row.seconds,
        row.body or {},
        row.thoughts or "",
    )


def ids_of_run(c: sa.Connection, run_id: int) -> list[int]:
    """The ids of a run's requests, in the order in which they were stored."""
    return list(
        c.execute(sa.select(requests.c.id).where(requests.c.run_id == run_id).order_by(requests.c.id)).scalars()
    )
