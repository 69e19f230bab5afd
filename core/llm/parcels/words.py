"""A parcel: requests of a run that travel together, and what is known of its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.records import Endpoint
from core.words import number_of

MOST_ROWS, MOST_BYTES = 50_000, 190_000_000  # of one file at OpenAI (200 MB there), with room for how they count
MOST_LINE = 32 << 20  # bytes of one line: as much as any other answer may have


class Delivery(StrEnum):
    """How a run's requests reach the model."""

    DIRECT = "direct"
    BATCH = "batch"
    FILE = "file"


class Stage(StrEnum):
    """How far a parcel is. What was under way when a program died is found again by the parcel's name."""

    PACKED = "packed"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    CREATING = "creating"  # from here on it may cost money
    SENT = "sent"
    HOME = "home"  # nothing more comes of it


@dataclass(frozen=True, slots=True)
class Parcel:
    """Requests of one model and endpoint that travel together.

    `name` is in the batch's metadata and in every custom id, so that a lost one is found again; `status` is the
    server's last word on it, `done` how many of its requests are answered there. `cancel_asked`: by a person, here.
    """

    id: int
    run_id: int
    name: str
    delivery: Delivery
    endpoint: Endpoint
    model: str
    stage: Stage
    requests: int
    file_id: str | None = None
    batch_id: str | None = None
    status: str = ""
    done: int = 0
    cancel_asked: bool = False
    created_at: float = 0.0
    sent_at: float | None = None

    def custom_id(self, key: str) -> str:
        """The name of one of its requests, by the request's own key."""
        return f"{self.name}/{key}"

    @property
    def called(self) -> str:
        """What a person calls it."""
        return f"The batch {self.batch_id or self.name}"

    @property
    def told(self) -> str:
        """How far it is, in one sentence."""
        if self.stage in (Stage.PACKED, Stage.UPLOADING, Stage.UPLOADED, Stage.CREATING):
            return f"{number_of(self.requests, 'request', 'are')} being handed over as one batch."
        done = f", {self.done:,} answered" if self.done else ""
        return f"{self.called} of {number_of(self.requests, 'request')}: {self.status or 'sent'}{done}."


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """One request in a parcel, and its body as it goes out."""

    request_id: int
    key: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Homecoming:
    """What lines of answers came to: how many belong to requests on their way, and the custom ids that do not.

    `unknown`: of no request on its way here; `doubled`: named again, the first counts; `broken`: the numbers of lines
    that are none.
    """

    came: int = 0
    unknown: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    broken: tuple[int, ...] = ()
