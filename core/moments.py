"""Points in time: ISO 8601 with the zone in files and for programs, local for who reads a screen."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(at: float | None) -> str | None:
    """A point in time for a file: "2026-11-21T09:30:05+00:00", in UTC; None stays None."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def local(at: float | None, seconds: bool = False) -> str:
    """A point in time for a person, in the zone of this machine: "2026-11-21 10:30"; "-" for none."""
    if at is None:
        return "-"
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
