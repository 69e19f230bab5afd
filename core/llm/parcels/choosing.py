"""Which way a run's requests go: as batches at its server, or by a person's hands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from core.llm.connection import Connection
from core.llm.errors import AwaitsFile
from core.llm.parcels.at_server import AtServer
from core.llm.parcels.courier import Courier
from core.llm.parcels.service import BatchService
from core.llm.parcels.words import Delivery, Parcel
from core.llm.rows.parcels import ParcelBook
from core.llm.way import Way
from core.words import number_of


def way_of(delivery: Delivery, book: ParcelBook) -> Callable[[Connection], Way] | None:
    """What makes the way of requests that go together; None where each goes by itself."""
    if delivery is Delivery.DIRECT:
        return None

    def made(connection: Connection) -> Way:
        service = BatchService(connection)
        return Courier(
            connection,
            book,
            delivery,
            lambda tell: (
                ByHand(book)
                if delivery is Delivery.FILE
                else AtServer(service, connection.provider, book, tell, asyncio.sleep)
            ),
            asyncio.sleep,
            time.monotonic,
        )

    return made


class ByHand:
    """Parcels that a person carries: written to a file, answered by another program, brought back."""

    def __init__(self, book: ParcelBook) -> None:
        self._book = book

    async def carry(self, parcel: Parcel) -> tuple[list[int], list[int]]:
        """Raise AwaitsFile: whoever waits does so without this program."""
        await asyncio.sleep(0)
        waiting = sum(one.requests for one in self._book.open() if one.delivery is Delivery.FILE)
        raise AwaitsFile(
            f"The run waits for a file: {number_of(waiting, 'request', 'are')} to be answered. Write them with "
            f"`winnow batch out "
            f"FILE --run {parcel.run_id}`, let `vllm run-batch -i FILE -o ANSWERS --model {parcel.model}` answer "
            "them, and bring the answers with `winnow batch in ANSWERS`."
        )

    async def cancel(self, parcel: Parcel) -> str:
        return ""
