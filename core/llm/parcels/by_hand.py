"""Files that a person carries: the requests of a run that wait, and the answers that come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from core.database import Database
from core.llm.connection import PATHS
from core.llm.eventloop import finished
from core.llm.parcels import lines
from core.llm.parcels.words import Delivery, Homecoming, Parcel, Stage
from core.llm.rows import parcels
from core.llm.rows.parcels import ParcelBook
from core.llm.target import Target, key_for
from core.records import Refused
from core.words import number_of

DROPPED = "dropped by hand"


@dataclass(frozen=True, slots=True)
class Returned:
    """What files of answers brought to a run. `missing`: requests of theirs without an answer, to be asked again."""

    run_id: int
    brought: Homecoming
    missing: int

    @property
    def told(self) -> str:
        """The same in a sentence or two; everything that was not taken is named."""
        said = [f"{number_of(self.brought.came, 'answer')} came to run {self.run_id}."]
        if self.missing:
            said.append(f"{number_of(self.missing, 'request', 'have')} none: asked again.")
        for what, ids in (
            ("answer no request of these files", self.brought.unknown),
            ("came twice", self.brought.doubled),
        ):
            if ids:
                said.append(f"{number_of(len(ids), 'line')} {what}, such as {ids[0][:80]}: left out.")
        if self.brought.broken:
            said.append(
                f"{number_of(len(self.brought.broken), 'line', 'are')} none of answers, the first line "
                f"{self.brought.broken[0]}."
            )
        return " ".join(said)


def open_parcels(c: sa.Connection, run_id: int | None = None) -> list[Parcel]:
    """The parcels of a run, or of all, that something may still come of, oldest first."""
    return parcels.open_parcels(c, run_id)


def file_lines(database: Database, run_id: int) -> Iterator[str]:
    """The lines of the file that a run waits for, as `vllm run-batch` reads them; none where it waits for none."""
    book = ParcelBook(database, run_id)
    for parcel in book.open():
        if parcel.delivery is Delivery.FILE:
            for row in book.rows(parcel):
                yield lines.request_line(parcel, row, f"/v1{PATHS[parcel.endpoint]}")


def names_in(raw: Iterable[str]) -> set[str]:
    """The names of the parcels that lines of answers speak of."""
    read = (lines.read_line(text) for text in raw)
    return {line.custom_id.partition("/")[0] for line in read if line}


def bring(c: sa.Connection, names: set[str], raw: Iterable[str]) -> Returned:
    """Keep the answers of these lines for their run, which reads them when it goes on; all of them or none.

    Raises Refused where no request waits for any of them, or they are of several runs.
    """
    meant = [parcel for parcel in parcels.named(c, names) if parcel.delivery is Delivery.FILE]
    open_ones = [parcel for parcel in meant if parcel.stage is not Stage.HOME]
    if not open_ones:
        raise Refused(
            "The answers of this file were brought before; nothing was done."
            if meant
            else "No line of this file answers a request that waits; bring the file that `vllm run-batch` wrote (-o)."
        )
    runs = sorted({parcel.run_id for parcel in open_ones})
    if len(runs) > 1:
        raise Refused(f"The file has answers of several runs ({', '.join(map(str, runs))}); bring each run's own.")
    owner: dict[int, Parcel] = {}
    ids: dict[str, int] = {}
    for parcel in open_ones:
        for key, request_id in parcels.keys_of(c, parcel.id).items():
            ids[parcel.custom_id(key)] = request_id
            owner[request_id] = parcel
    joining = lines.Joining(ids)
    for text in raw:
        joining.add(text)
    taken = joining.take()
    if not taken:
        raise Refused("No line of this file holds an answer; look into what `vllm run-batch` said.")
    missing = 0
    for parcel in open_ones:
        parcels.deliver(c, parcel.id, {one: text for one, text in taken.items() if owner[one].id == parcel.id})
        parcels.close(c, parcel.id, "brought back")
        missing += len(parcels.of_state(c, parcel.id, parcels.LOST))
    return Returned(runs[0], joining.brought, missing)


def drop(c: sa.Connection, run_id: int) -> int:
    """Wait for nothing more of a run's parcels; return how many requests may be asked, and paid for, again."""
    dropped = 0
    for parcel in parcels.open_parcels(c, run_id):
        parcels.close(c, parcel.id, DROPPED)
        dropped += len(parcels.of_state(c, parcel.id, parcels.LOST))
    return dropped


def cancel(database: Database, run_id: int, target: Target) -> list[str]:
    """Ask the server to cancel the batches of a run that nobody works on; return what became of each."""
    import asyncio

    from core.llm.connection import Connection
    from core.llm.parcels.at_server import AtServer
    from core.llm.parcels.service import BatchService

    server = target.resolved()
    book = ParcelBook(database, run_id)

    async def ask() -> list[str]:
        connection = Connection(server, key_for(server), headers=target.headers)
        carrier = AtServer(BatchService(connection), server, book, lambda parcel: None, asyncio.sleep)
        try:
            return [await carrier.cancel(one) for one in book.open() if one.delivery is Delivery.BATCH]
        finally:
            await connection.close()

    return [said for said in finished(ask()) if said]
