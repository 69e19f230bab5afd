"""How one request gets to a model and its answer back: alone and at once, or together with others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.llm.connection import Connection
from core.llm.reading import Answer, read_answer
from core.records import Request


@dataclass(frozen=True, slots=True)
class Came:
    """What came to one request, unread: `read` returns the answer or raises ModelError.

    `sent` is the body that went out; `parcel_id` and `seconds` where it came together with others.
    """

    read: Callable[[], Answer]
    sent: Mapping[str, Any]
    parcel_id: int | None = None
    seconds: float | None = None


class Way(Protocol):
    """How a client's requests go."""

    @property
    def note(self) -> str:
        """What a person who waits is told; mostly ""."""

    @property
    def together(self) -> bool:
        """Whether requests go together, so that each waits for all, and many are under way."""

    async def fetch(
        self, request_id: int, request: Request, sent: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Came:
        """Send a recorded request and wait for what comes. Raises ModelError."""

    def close_to_new(self) -> None:
        """Send nothing more."""

    def left_over(self) -> Sequence[int]:
        """The requests whose answers have come, and that nobody asks for any more."""

    async def withdraw(self) -> None:
        """Take back what is under way with others, as far as it can be."""

    async def close(self) -> None:
        """Hang up, after `close_to_new`."""


class Alone:
    """Each request by itself, at once."""

    together = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def note(self) -> str:
        return self._connection.note

    async def fetch(
        self, request_id: int, request: Request, sent: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Came:
        raw = await self._connection.text_of(request.endpoint, sent, headers)
        return Came(lambda: read_answer(self._connection.asked(request.endpoint, sent), raw), sent)

    def close_to_new(self) -> None:
        pass

    def left_over(self) -> Sequence[int]:
        return ()

    async def withdraw(self) -> None:
        pass

    async def close(self) -> None:
        await self._connection.close()
