"""Where a pool stands as an appendix tells it: today, or as of one of its releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.audit import results
from core.audit.results import Opened, Result
from core.database import Database
from core.gate import ledger
from core.gate.ledger import Survival
from core.gate.rules import sentence
from core.moments import moment
from core.pool import then
from core.pools import Funnel
from core.release.reasons import IN_WORDS, Reason
from core.release.released import Released
from core.review import judged_then
from core.review.progress import agreement_of
from core.statistics.agreement import Agreement


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts, grades, agreement and the newest judged audit, at one moment.

    `when`: ", as of ..." for captions, "" today. `instances`: None where it is not counted. `closed`: audits that the
    reader may not see. `unsure`: see `JudgedThen`.
    """

    at: float | None
    when: str
    seeds: int
    candidates: Survival
    instances: int | None
    reviewed: int
    approved: int
    grades: Mapping[str, int]
    agreement: Agreement
    audit: Result | None
    closed: int
    unsure: int = 0


def today(database: Database, pool_id: int, at: Funnel, reader: str) -> Standing:
    """How a pool stands now; `at` is its funnel."""
    opened = results.opened(database, pool_id, reader)
    return Standing(
        None, "", at.seeds, at.candidates, at.instances, at.reviewed, at.approved, at.grades,
        agreement_of(database, pool_id), _judged(opened), len(opened.closed),
    )  # fmt: skip


def by(database: Database, released: Released, reader: str) -> Standing:
    """How the pool of a release stood when it was written, from the history."""
    pool_id, at = released.pool_id, released.created_at
    judged = judged_then.as_of(database, pool_id, at)
    opened = results.opened_as_of(database, pool_id, reader, at)
    with database.read() as c:
        seeds = then.seeds_on(c, pool_id, at)
    return Standing(
        at, f", as of {moment(at)}", seeds, ledger.candidates_at(database, pool_id, at),
        None, judged.counts.reviewed, judged.counts.approved, judged.counts.grades, judged.agreement, _judged(opened),
        len(opened.closed), judged.unsure,
    )  # fmt: skip


def steps(at: Funnel) -> Mapping[str, int]:
    """A pool's way today, from candidates to its newest release."""
    return {
        "candidates": at.candidates.arrived,
        **{f"dropped: {sentence(rule)}": n for rule, n in at.candidates.dropped.items()},
        "accepted tasks": at.candidates.accepted,
        "instances": at.instances,
        "reviewed": at.reviewed,
        "approved": at.approved,
        "in the newest release": at.released,
    }


def way_to(released: Released, stand: Standing) -> Mapping[str, int]:
    """From the candidates that had come by the release to its rows: the history's counts, and what the release kept."""
    candidates = stand.candidates
    return {
        "candidates": candidates.arrived,
        **{f"dropped: {sentence(rule)}": n for rule, n in candidates.dropped.items()},
        "taken back by people": candidates.rescued,
        "taken out by people": candidates.taken_out,
        "accepted tasks": candidates.accepted,
        "instances reviewed": stand.reviewed,
        "instances approved": stand.approved,
        **{f"instances left out: {IN_WORDS[Reason(reason)]}": n for reason, n in released.excluded.items()},
        "rows of the release": released.rows,
    }


def _judged(opened: Opened) -> Result | None:
    return next((one for one in opened.results if one.found.judged), None)
