"""Where the client writes before it trusts: the book of requests and replies, as the client sees it.

The store keeps one over the database for each run. Every call returns after its row is committed, so that a process
killed at any point repeats no request whose reply was stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from core.records import Fate, Reply, Request, Usage


class Ledger(Protocol):
    """One run's requests, their attempts and their replies; append-only."""

    def stored(self, key: str) -> Reply | None:
        """Return the stored reply of the request with this key, or None where it has none yet."""

    def request(self, request_id: int) -> Request:
        """Return the recorded request of that id."""

    def record(self, request: Request) -> int:
        """Store the request whole, before it is sent, and return its id.

        A key that is already recorded (its sender died before the reply came) returns the id it had.
        """

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
        """Store a reply and return it as stored. `body` is the reply's JSON whole, `parcel_id` what brought it home.

        Where the parameters that were sent differ from the recorded request's (a shrunk `max_tokens`, a renamed
        field), `body["winnow_sent"]` holds exactly those that differ, None for one that was left out.
        """

    def record_failure(
        self, request_id: int, *, attempt: int, error: str, seconds: float, why: str = "", parcel_id: int | None = None
    ) -> None:
        """Store a failed attempt in words; the request may be tried again, now or by a resume.

        `why` is the finish reason of what came in the place of a reply, where it is about this request alone.
        """

    def fates(self) -> Mapping[str, int]:
        """Return how many of this run's replies so far had which `Fate`."""

    def withheld(self) -> Mapping[int, Fate]:
        """Return the requests, by id, to which something came in the place of a reply, and no reply since."""

    def usage(self) -> Usage:
        """Return what the stored replies of this run have cost so far."""
