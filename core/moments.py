"""Points in time: ISO 8601 with the zone in files and for programs, local for who reads a screen."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def moment(at: float | None) -> str | None:
    """A point in time for a file: "2026-11-21T09:30:05+00:00", in UTC; None stays None."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def exact_moment(at: float | None) -> str | None:
    """The same to the microsecond, where a file is read back and what came first must stay first."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def seconds_of(given: object) -> float:
    """The seconds since 1970 that a file gives as ISO 8601 (UTC where it names no zone) or as a number.

    Raises ValueError where it is neither.
    """
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError("no time")
    try:
        at = float(given)
    except ValueError:
        moment = datetime.fromisoformat(str(given))
        at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except OverflowError as error:
        raise ValueError("no time") from error
    if not math.isfinite(at):
        raise ValueError("no time")
    return at


def local(at: float | None, seconds: bool = False) -> str:
    """A point in time for a person, in the zone of this machine: "2026-11-21 10:30"; "-" for none."""
    if at is None:
        return "-"
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
