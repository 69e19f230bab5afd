"""Parcels of requests and what came home of them: enough to go on after a crash without sending anything twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa

from core.database.engine import Database
from core.database.schema import parcel_rows, parcels, requests
from core.llm.parcels.words import Delivery, Parcel, ParcelRow, Stage
from core.records import Endpoint

OUT, HERE, READ, LOST = "out", "here", "read", "lost"
PART = 500  # rows that are read at a time: their bodies may be long


class ParcelBook:
    """One run's parcels. Every method is one committed transaction; `write` as in RunLedger."""

    def __init__(
        self, database: Database, run_id: int, write: Callable[[], AbstractContextManager[sa.Connection]] | None = None
    ) -> None:
        self._database, self._run_id = database, run_id
        self._write = write or database.write

    def open(self) -> list[Parcel]:
        """The parcels that something may still come of, oldest first."""
        with self._database.read() as c:
            return open_parcels(c, self._run_id)

    def pack(
        self,
        name: str,
        delivery: Delivery,
        endpoint: Endpoint,
        model: str,
        rows: Sequence[tuple[int, Mapping[str, Any] | None]],
    ) -> Parcel:
        """Put requests into a parcel before anything of it is sent: (request id, its body where it was changed)."""
        new = {
            "run_id": self._run_id,
            "name": name,
            "delivery": delivery.value,
            "endpoint": endpoint.value,
            "model": model,
            "stage": Stage.PACKED.value,
            "requests": len(rows),
            "created_at": time.time(),
        }
        with self._write() as c:
            row = c.execute(parcels.insert().values(new).returning(parcels)).one()
            c.execute(
                parcel_rows.insert(),
                [
                    {"parcel_id": row.id, "request_id": request_id, "sent": sent and dict(sent), "state": OUT}
                    for request_id, sent in rows
                ],
            )
        return _parcel(row)

    def note(self, parcel: Parcel, **changed: Any) -> Parcel:
        """Keep what changed of a parcel; return it as it is now."""
        values = {name: value.value if isinstance(value, Stage) else value for name, value in changed.items()}
        with self._write() as c:
            same = parcels.c.id == parcel.id
            return _parcel(c.execute(parcels.update().where(same).values(values).returning(parcels)).one())

    def get(self, parcel_id: int) -> Parcel:
        """The parcel as it is now."""
        with self._database.read() as c:
            return _parcel(c.execute(sa.select(parcels).where(parcels.c.id == parcel_id)).one())

    def rows(self, parcel: Parcel) -> Iterator[ParcelRow]:
        """A parcel's requests that no answer came to yet, in the order in which they were recorded."""
        after = 0
        while True:
            with self._database.read() as c:
                part = rows_out(c, parcel.id, after)
            yield from part
            if len(part) < PART:
                return
            after = part[-1].request_id

    def keys(self, parcel: Parcel) -> dict[str, int]:
        """The ids of a parcel's requests, by key."""
        with self._database.read() as c:
            return keys_of(c, parcel.id)

    def deliver(self, parcel: Parcel, answers: Mapping[int, str]) -> None:
        """Keep the lines that came home for these requests; those that have one keep it."""
        with self._write() as c:
            deliver(c, parcel.id, answers)

    def home(self, parcel: Parcel, status: str, last: Mapping[int, str]) -> tuple[list[int], list[int]]:
        """Close a parcel that nothing more comes of, after these last lines.

        Returns the requests with an unread answer, and those without one.
        """
        with self._write() as c:
            deliver(c, parcel.id, last)
            close(c, parcel.id, status)
            return of_state(c, parcel.id, HERE), of_state(c, parcel.id, LOST)

    def unread(self) -> list[int]:
        """The requests of this run whose answer has come home and was not read yet."""
        query = (
            sa.select(parcel_rows.c.request_id)
            .join(parcels, parcels.c.id == parcel_rows.c.parcel_id)
            .where(parcels.c.run_id == self._run_id, parcel_rows.c.state == HERE)
            .order_by(parcel_rows.c.request_id)
        )
        with self._database.read() as c:
            return list(c.execute(query).scalars())

    def answer(self, request_id: int) -> tuple[Parcel, Mapping[str, Any] | None, str, float]:
        """A request's unread answer: its parcel, its body where it was changed, the line, and the seconds it took."""
        query = (
            sa.select(parcels, parcel_rows.c.sent, parcel_rows.c.answer, parcel_rows.c.came_at)
            .join(parcel_rows, parcels.c.id == parcel_rows.c.parcel_id)
            .where(parcel_rows.c.request_id == request_id, parcel_rows.c.state == HERE)
            .order_by(parcels.c.id)
            .limit(1)
        )
        with self._database.read() as c:
            row = c.execute(query).one()
        return _parcel(row), row.sent, row.answer, max(0.0, row.came_at - row.created_at)


def open_parcels(c: sa.Connection, run_id: int | None = None) -> list[Parcel]:
    """The parcels of a run, or of all, that something may still come of, oldest first."""
    query = sa.select(parcels).where(parcels.c.stage != Stage.HOME.value).order_by(parcels.c.id)
    if run_id is not None:
        query = query.where(parcels.c.run_id == run_id)
    return [_parcel(row) for row in c.execute(query)]


def of_run(c: sa.Connection, run_id: int) -> list[Parcel]:
    """Every parcel of a run, oldest first."""
    return [_parcel(row) for row in c.execute(sa.select(parcels).where(parcels.c.run_id == run_id).order_by("id"))]


def named(c: sa.Connection, names: Collection[str]) -> list[Parcel]:
    """The parcels of these names."""
    return [_parcel(row) for row in c.execute(sa.select(parcels).where(parcels.c.name.in_(names)).order_by("id"))]


def rows_out(c: sa.Connection, parcel_id: int, after: int) -> list[ParcelRow]:
    """The next of a parcel's requests that no answer came to yet."""
    query = (
        sa.select(parcel_rows.c.request_id, requests.c.key, requests.c.body, parcel_rows.c.sent)
        .join(requests, requests.c.id == parcel_rows.c.request_id)
        .where(parcel_rows.c.parcel_id == parcel_id, parcel_rows.c.state == OUT, parcel_rows.c.request_id > after)
        .order_by(parcel_rows.c.request_id)
        .limit(PART)
    )
    return [ParcelRow(row.request_id, row.key, row.body if row.sent is None else row.sent) for row in c.execute(query)]


def keys_of(c: sa.Connection, parcel_id: int) -> dict[str, int]:
    """The ids of a parcel's requests, by key."""
    query = (
        sa.select(requests.c.key, parcel_rows.c.request_id)
        .join(requests, requests.c.id == parcel_rows.c.request_id)
        .where(parcel_rows.c.parcel_id == parcel_id)
    )
    return {row.key: row.request_id for row in c.execute(query)}


def deliver(c: sa.Connection, parcel_id: int, answers: Mapping[int, str]) -> None:
    """Keep the lines that came home for these requests of a parcel; those that have one keep it."""
    if not answers:
        return
    same = (
        (parcel_rows.c.parcel_id == parcel_id)
        & (parcel_rows.c.request_id == sa.bindparam("its_request"))
        & (parcel_rows.c.state == OUT)
    )
    came = parcel_rows.update().where(same)
    now = time.time()
    c.execute(
        came.values(state=HERE, answer=sa.bindparam("its_answer"), came_at=now),
        [{"its_request": request_id, "its_answer": raw} for request_id, raw in answers.items()],
    )


def close(c: sa.Connection, parcel_id: int, status: str) -> None:
    """Close a parcel: what no answer came to is lost, and may be asked again."""
    out = (parcel_rows.c.parcel_id == parcel_id) & (parcel_rows.c.state == OUT)
    c.execute(parcel_rows.update().where(out).values(state=LOST))
    c.execute(parcels.update().where(parcels.c.id == parcel_id).values(stage=Stage.HOME.value, status=status))


def of_state(c: sa.Connection, parcel_id: int, state: str) -> list[int]:
    """The requests of a parcel that are in a state, in order."""
    query = sa.select(parcel_rows.c.request_id).where(
        parcel_rows.c.parcel_id == parcel_id, parcel_rows.c.state == state
    )
    return list(c.execute(query.order_by(parcel_rows.c.request_id)).scalars())


def mark_read(c: sa.Connection, parcel_id: int, request_id: int) -> None:
    """An answer stands in the book of replies now: the line that brought it is let go."""
    same = (parcel_rows.c.parcel_id == parcel_id) & (parcel_rows.c.request_id == request_id)
    c.execute(parcel_rows.update().where(same).values(state=READ, answer=None))


def _parcel(row: sa.Row[Any]) -> Parcel:
    return Parcel(
        row.id,
        row.run_id,
        row.name,
        Delivery(row.delivery),
        Endpoint(row.endpoint),
        row.model,
        Stage(row.stage),
        row.requests,
        row.file_id,
        row.batch_id,
        row.status,
        row.done,
        row.cancel_asked,
        row.created_at,
        row.sent_at,
    )
