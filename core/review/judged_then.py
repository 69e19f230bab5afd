"""What people had said of a pool by an earlier moment, such as that of a release."""

from __future__ import annotations

from dataclasses import dataclass

from core.database import Database
from core.pool import judged_then
from core.pool.judged_then import JudgedCounts
from core.statistics.agreement import Agreement, agreement


@dataclass(frozen=True, slots=True)
class JudgedThen:
    """Counts and agreement as of a time. `unsure`: ratings that a file brought, of which nobody knows whether they were
    there by then; they are left out."""

    counts: JudgedCounts
    agreement: Agreement
    unsure: int


def as_of(database: Database, pool_id: int, at: float) -> JudgedThen:
    """What the ratings that stood at a time (seconds since 1970) came to, for the texts and instances of then."""
    with database.read() as c:
        known = judged_then.known_by(c, pool_id, at)
        there = judged_then.judged(c, pool_id, at, known.newest)
    return JudgedThen(judged_then.counts(there), agreement(judged_then.ratings_of(there)), known.unsure)
