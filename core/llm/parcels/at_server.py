"""A parcel's way as a batch at a server: uploaded, created, watched until it is over, and its files fetched home.

Each stage is stored before it begins and after it ended. What may have happened when a program died, or an answer never
came, is looked for at the server by the parcel's name before it is done again: nothing is created twice.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Awaitable, Callable
from typing import IO, TypeVar

from core.llm.errors import ModelError, NoServer, NoSuchEndpoint, ParcelTrouble, RateLimited, ServerFailed
from core.llm.parcels import lines
from core.llm.parcels.service import BatchService, Complaint, ServerBatch, no_batches
from core.llm.parcels.words import Parcel, ParcelRow, Stage
from core.llm.providers import Provider
from core.llm.rows.parcels import ParcelBook
from core.words import number_of

log = logging.getLogger(__name__)

FIRST_POLL_S, LONGEST_POLL_S, SLOWER = 2.0, 60.0, 1.5
TRIES = 5  # of a call about a batch, while the server fails
PATIENCE = 60  # looks at a batch in a row that may fail, once it is at the server
LOOK_AGAIN_S = 5.0  # before a batch that may have been created counts as not created
PART = 500  # answers that are stored at a time
QUEUE_FULL = "token_limit_exceeded"
STILL_PROCESSED = ("pending", "running", "notrunning")  # Azure's words for a file that it has not taken in yet

T = TypeVar("T")


class QueueFull(Exception):
    """The server has no room for this many requests at once."""


class AtServer:
    """Carries parcels as batches. `tell` is called whenever a parcel has come on."""

    def __init__(
        self,
        service: BatchService,
        provider: Provider,
        book: ParcelBook,
        tell: Callable[[Parcel], None],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._service, self._provider, self._book, self._tell, self._sleep = service, provider, book, tell, sleep

    async def carry(self, parcel: Parcel) -> tuple[list[int], list[int]]:
        """See a parcel home; return the requests whose answers are in the book now, and those that have none.

        Raises ParcelTrouble where it stays where it is, for a resume; QueueFull where its requests must go in parts.
        """
        try:
            if parcel.stage in (Stage.PACKED, Stage.UPLOADING):
                parcel = await self._upload(parcel)
            if parcel.stage in (Stage.UPLOADED, Stage.CREATING):
                parcel = await self._create(parcel)
            parcel, batch = await self._watch(parcel)
            return await self._collect(parcel, batch)
        except NoSuchEndpoint as error:
            if parcel.batch_id is None:
                raise no_batches(self._service, error) from error
            raise self._not_there(parcel, error) from error
        except ParcelTrouble:
            raise
        except ModelError as error:
            raise ParcelTrouble(str(error)) from error

    async def cancel(self, parcel: Parcel) -> str:
        """Ask the server to cancel a parcel's batch; return what became of that, in a sentence."""
        try:
            if parcel.stage is Stage.CREATING and (there := await self._look_for(parcel)):
                parcel = self._sent(parcel, there)
            if parcel.batch_id is None:
                return ""
            self._book.note(parcel, cancel_asked=True)
            await self._service.cancel(parcel.batch_id)
        except ModelError as error:
            return f"{parcel.called} could not be cancelled: {error}"
        return f"{parcel.called} is being cancelled; what it has finished is paid for, and a resume fetches it."

    async def _upload(self, parcel: Parcel) -> Parcel:
        name, there = f"{parcel.name}.jsonl", None
        if parcel.stage is Stage.UPLOADING:
            there = await self._patiently(lambda: self._service.file_named(name))
        if there is None:
            parcel = self._on(parcel, stage=Stage.UPLOADING)
            with tempfile.TemporaryFile() as file:
                self._write(parcel, file)

                async def send() -> str:
                    file.seek(0)
                    return await self._service.upload(name, file)

                there = await self._patiently(send)
        return self._on(parcel, stage=Stage.UPLOADED, file_id=there)

    def _write(self, parcel: Parcel, file: IO[bytes]) -> None:
        url = lines.url_of(self._provider, parcel.endpoint)
        for row in self._book.rows(parcel):
            file.write(lines.request_line(parcel, row, url).encode("ascii") + b"\n")

    async def _create(self, parcel: Parcel) -> Parcel:
        """Create the batch, unless it is there: one that may have been created is looked for first, twice."""
        doubtful = parcel.stage is Stage.CREATING
        url, failures = lines.url_of(self._provider, parcel.endpoint), 0
        await self._taken_in(parcel)
        while True:
            if doubtful:
                there = await self._look_for(parcel)
                if there is None:
                    await self._sleep(LOOK_AGAIN_S)
                    there = await self._look_for(parcel)
                if there is not None:
                    return self._sent(parcel, there)
            parcel = self._on(parcel, stage=Stage.CREATING)
            try:
                return self._sent(parcel, await self._service.create(parcel.file_id or "", url, parcel.name))
            except ModelError as error:
                failures += 1
                doubtful = error.may_succeed_later and not isinstance(error, NoServer | RateLimited)
                if not doubtful:  # it was surely not created
                    parcel = self._on(parcel, stage=Stage.UPLOADED)
                if not error.may_succeed_later or failures >= TRIES:
                    raise
                await self._sleep(_pause(error, failures))

    async def _taken_in(self, parcel: Parcel) -> None:
        """Wait until Azure has looked through the file: of one that it still processes it makes no batch."""
        pause = FIRST_POLL_S
        while self._provider.is_azure:
            status = await self._patiently(lambda: self._service.file_status(parcel.file_id or ""))
            if status not in STILL_PROCESSED:
                return
            await self._sleep(pause)
            pause = min(LONGEST_POLL_S, pause * SLOWER)

    async def _look_for(self, parcel: Parcel) -> ServerBatch | None:
        try:
            return await self._patiently(
                lambda: self._service.find(parcel.name, parcel.file_id or "", parcel.created_at)
            )
        except ModelError as error:
            raise ParcelTrouble(
                f"Whether the batch {parcel.name} was created isn't known, and {self._service.server} doesn't list its "
                f"batches ({error}); look for it there. If there is none, `winnow batch drop {parcel.run_id}` has its "
                "requests asked again."
            ) from error

    def _sent(self, parcel: Parcel, batch: ServerBatch) -> Parcel:
        now = parcel.sent_at or time.time()
        return self._on(parcel, stage=Stage.SENT, batch_id=batch.id, status=batch.status, sent_at=now)

    async def _watch(self, parcel: Parcel) -> tuple[Parcel, ServerBatch]:
        """Look at the batch until it is over: often at first, then once a minute."""
        pause, failures = FIRST_POLL_S, 0
        while True:
            try:
                batch = await self._service.batch(parcel.batch_id or "")
            except ModelError as error:
                failures += 1
                if not error.may_succeed_later or failures >= PATIENCE:
                    raise
                await self._sleep(max(pause, _pause(error, failures)))
                continue
            failures = 0
            if (batch.status, batch.done) != (parcel.status, parcel.done):
                parcel = self._on(parcel, status=batch.status, done=batch.done)
            if batch.is_over:
                return parcel, batch
            await self._sleep(pause)
            pause = min(LONGEST_POLL_S, pause * SLOWER)

    async def _collect(self, parcel: Parcel, batch: ServerBatch) -> tuple[list[int], list[int]]:
        """Bring all that the batch holds into the book, and close the parcel."""
        ids = {parcel.custom_id(key): request_id for key, request_id in self._book.keys(parcel).items()}
        strays = 0
        for file_id in batch.files:
            strays += await self._patiently(lambda file=file_id: self._fetch(parcel, file, ids))  # type: ignore[misc]
        refused = self._refused(parcel, batch)
        here, lost = self._book.home(parcel, self._last_word(batch, strays), refused)
        self._tell(self._book.get(parcel.id))
        if batch.status == "failed" and not refused:
            if any(complaint.code == QUEUE_FULL for complaint in batch.complaints):
                raise QueueFull
            raise ParcelTrouble(
                f"{parcel.called} failed before any of its requests was run ({_told(batch.complaints)}); mend that, "
                "then resume: nothing of it was paid for."
            )
        if batch.status == "cancelled" and lost and not parcel.cancel_asked:
            raise ParcelTrouble(
                f"{parcel.called} was cancelled at the server; what it had finished is kept. Resume asks the other "
                f"{number_of(len(lost), 'request')} again."
            )
        return here, lost

    async def _fetch(self, parcel: Parcel, file_id: str, ids: dict[str, int]) -> int:
        """Store the answers of one file; return how many of its lines are of no request of the parcel."""
        joining = lines.Joining(ids)
        async for raw in self._service.lines(file_id):
            if joining.add(raw) >= PART:
                self._book.deliver(parcel, joining.take())
        self._book.deliver(parcel, joining.take())
        brought = joining.brought
        if brought.unknown or brought.broken:
            log.warning("%s: lines of no request: %s %s", parcel.called, brought.unknown[:5], brought.broken[:5])
        return len(brought.unknown) + len(brought.broken)

    def _refused(self, parcel: Parcel, batch: ServerBatch) -> dict[int, str]:
        """The lines that the server found wrong in a file it didn't take, as refusals of those requests alone."""
        wrong = {c.line: c for c in batch.complaints if c.line is not None} if batch.status == "failed" else {}
        if not wrong:
            return {}
        rows: dict[int, ParcelRow] = dict(enumerate(self._book.rows(parcel), 1))
        return {
            rows[line].request_id: lines.refusal_line(
                parcel.custom_id(rows[line].key), said.message or said.code, said.param, said.code
            )
            for line, said in wrong.items()
            if line in rows
        }

    def _last_word(self, batch: ServerBatch, strays: int) -> str:
        said = [
            batch.status,
            _told(batch.complaints),
            f"{number_of(strays, 'line')} of no request of it" if strays else "",
        ]
        return "; ".join(filter(None, said))

    def _not_there(self, parcel: Parcel, error: ModelError) -> ParcelTrouble:
        return ParcelTrouble(
            f"{parcel.called} or its files can't be found at {self._service.server} ({error}); check that the key is "
            f"of the account that made it. If it is gone, `winnow batch drop {parcel.run_id}` has its requests asked "
            "again."
        )

    def _on(self, parcel: Parcel, **changed: object) -> Parcel:
        parcel = self._book.note(parcel, **changed)
        self._tell(parcel)
        return parcel

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """The result of a call that may be made again, tried until it succeeds or trying doesn't help."""
        failures = 0
        while True:
            try:
                return await call()
            except ModelError as error:
                failures += 1
                if not error.may_succeed_later or failures >= TRIES:
                    raise
                await self._sleep(_pause(error, failures))


def _told(complaints: tuple[Complaint, ...]) -> str:
    said = [f"line {one.line}: {one.message}" if one.line else one.message or one.code for one in complaints[:3]]
    return "; ".join(said) + (f"; and {len(complaints) - 3} more" if len(complaints) > 3 else "")


def _pause(error: ModelError, failures: int) -> float:
    asked = error.retry_after if isinstance(error, RateLimited | ServerFailed) else None
    own: float = FIRST_POLL_S * 2 ** (failures - 1)
    return max(asked or 0.0, min(LONGEST_POLL_S, own))
