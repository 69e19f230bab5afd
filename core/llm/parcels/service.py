"""What a server with batch endpoints is asked: files and batches, in OpenAI's shape (Azure and gateways too)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import quote

from core.foreign import words
from core.llm.connection import Connection
from core.llm.diagnosis import Asked
from core.llm.errors import BadReply, NoSuchEndpoint, ParcelTrouble
from core.llm.faults import MOST_WORDS
from core.llm.parcels.words import MOST_LINE
from core.llm.quoting import name_of
from core.llm.reading import MOST_COUNT, read_json

CALL_S, FILE_S = 60.0, 1_800.0  # seconds for one call, and for one file to go or come
WINDOW = "24h"
LABEL = "winnow"  # of the batch's metadata: the parcel's name
SLACK_S = 86_400.0  # by which a server's clock may differ from ours when its batches are looked through
PAGE, MOST_PAGES = 100, 50

OVER = ("completed", "expired", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a server found wrong with a file: `line` counts from 1, None where it is about the whole."""

    code: str
    message: str
    line: int | None = None
    param: str | None = None


@dataclass(frozen=True, slots=True)
class ServerBatch:
    """A batch as its server tells it. `files` are those of answers and of errors, where there are such."""

    id: str
    status: str
    done: int
    files: tuple[str, ...]
    complaints: tuple[Complaint, ...]

    @property
    def is_over(self) -> bool:
        return self.status in OVER


class BatchService:
    """The batch endpoints of one server. Every method raises ModelError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._asked = connection.asked_of_batches()

    @property
    def server(self) -> str:
        """The server, for sentences."""
        return self._asked.server

    async def upload(self, name: str, file: IO[bytes]) -> str:
        """Send a file of requests; return its id there."""
        import httpx2

        options = self._connection.options({"Content-Type": "multipart/form-data"})
        async with self._connection.speaking(self._asked, FILE_S):
            answer = await self._connection.line.post(
                "/files",
                cast_to=httpx2.Response,
                body={"purpose": "batch"},
                files=[("file", (name, file, "application/jsonl"))],
                options=options,
            )
        return _id(self._asked, self._read(answer.text))

    async def file_named(self, name: str) -> str | None:
        """The id of a file that was uploaded under this name; None where there is none, or the server doesn't say."""
        try:
            listed = await self._get("/files", {"purpose": "batch", "limit": str(PAGE), "order": "desc"})
        except NoSuchEndpoint:
            return None
        named = (one for one in _data(listed) if one.get("filename") == name and one.get("id"))
        return next((_id(self._asked, one) for one in named), None)

    async def file_status(self, file_id: str) -> str:
        """What the server says of a file that was uploaded, in lower case; "" where it says nothing."""
        return name_of((await self._get(f"/files/{quote(file_id, safe='')}")).get("status") or "").lower()

    async def create(self, file_id: str, url: str, name: str) -> ServerBatch:
        """Make a batch of a file; its metadata holds the parcel's name."""
        made = {
            "input_file_id": file_id,
            "endpoint": url,
            "completion_window": WINDOW,
            "metadata": {LABEL: name},
        }
        return self._batch(await self._post("/batches", made))

    async def find(self, name: str, file_id: str, since: float) -> ServerBatch | None:
        """The batch of that name (or of that file), made since then; None where the server has none."""
        after: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            listed = await self._get("/batches", {"limit": str(PAGE), **after})
            page = _data(listed)
            for one in page:
                label = one.get("metadata")
                if (isinstance(label, Mapping) and label.get(LABEL) == name) or one.get("input_file_id") == file_id:
                    return self._batch(one)
            oldest = page[-1].get("created_at") if page else None
            too_old = isinstance(oldest, int | float) and oldest < since - SLACK_S
            if not page or not listed.get("has_more") or too_old:
                return None
            after = {"after": _id(self._asked, page[-1])}
        return None

    async def batch(self, batch_id: str) -> ServerBatch:
        """How a batch stands."""
        return self._batch(await self._get(f"/batches/{quote(batch_id, safe='')}"))

    async def cancel(self, batch_id: str) -> ServerBatch:
        """Ask for a batch to be cancelled: what it has finished is delivered, and charged."""
        return self._batch(await self._post(f"/batches/{quote(batch_id, safe='')}/cancel", {}))

    async def lines(self, file_id: str) -> AsyncIterator[str]:
        """The lines of a file, as they come."""
        headers = self._connection.options({})["headers"]
        async with (
            self._connection.speaking(self._asked, FILE_S),
            self._connection.line.files.with_streaming_response.content(file_id, extra_headers=headers) as response,
        ):
            rest = b""
            async for piece in response.iter_bytes():
                *whole, rest = (rest + piece).split(b"\n")
                if len(rest) > MOST_LINE:
                    raise BadReply(f"{self.server} sent a line of more than {MOST_LINE >> 20} MB; look into its log.")
                for line in whole:
                    if line.strip():
                        yield line.decode("utf-8", "replace")
            if rest.strip():
                yield rest.decode("utf-8", "replace")

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        import httpx2

        options: Any = {**self._connection.options({}), "params": dict(query or {})}
        async with self._connection.speaking(self._asked, CALL_S):
            answer = await self._connection.line.get(path, cast_to=httpx2.Response, options=options)
        return self._read(answer.text)

    async def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        import httpx2

        async with self._connection.speaking(self._asked, CALL_S):
            answer = await self._connection.line.post(
                path, cast_to=httpx2.Response, body=dict(body), options=self._connection.options({})
            )
        return self._read(answer.text)

    def _read(self, text: str) -> Any:
        try:
            answer = read_json(text)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise BadReply(
                f"{self.server} answered a call about a batch with something that is none; check the address."
            )
        return answer

    def _batch(self, told: Any) -> ServerBatch:
        counts = told.get("request_counts")
        counts = counts if isinstance(counts, Mapping) else {}
        done = sum(
            n for n in (counts.get("completed"), counts.get("failed")) if isinstance(n, int) and 0 <= n <= MOST_COUNT
        )
        ids = (told.get("output_file_id"), told.get("error_file_id"))
        errors = told.get("errors")
        found = errors.get("data") if isinstance(errors, Mapping) else errors
        status = name_of(told.get("status") or "").lower().replace("canceled", "cancelled")
        return ServerBatch(
            _id(self._asked, told),
            status,
            done,
            tuple(dict.fromkeys(one for one in ids if isinstance(one, str) and one and one == name_of(one))),
            tuple(_complaint(one) for one in found if one) if isinstance(found, list) else (),
        )


def no_batches(service: BatchService, error: NoSuchEndpoint) -> ParcelTrouble:
    """The error for a server that has no batch endpoints."""
    return ParcelTrouble(
        f"{service.server} has no batch endpoints (/files and /batches); send the requests one by one (without "
        "--batch-api), or write them to a file for `vllm run-batch` (--batch-file)."
    )


def _complaint(told: Any) -> Complaint:
    if not isinstance(told, Mapping):
        return Complaint("", words(str(told), ""))
    line = told.get("line")
    return Complaint(
        name_of(told.get("code") or ""),
        str(told.get("message") or "")[:MOST_WORDS],
        line if isinstance(line, int) and not isinstance(line, bool) else None,
        name_of(told["param"]) if told.get("param") else None,
    )


def _data(listed: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = listed.get("data")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _id(asked: Asked, told: Mapping[str, Any]) -> str:
    if not isinstance(told.get("id"), str) or not told["id"] or name_of(told["id"]) != told["id"]:
        raise BadReply(f"{asked.server} answered a call about a batch without its id; look into its log.")
    return str(told["id"])
