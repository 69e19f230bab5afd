"""The estimate for a whole pool as a headline, closed to whom the audit's result is closed."""

from __future__ import annotations

from core.audit.audit_estimate import ValidityEstimate, estimate_of_pool, latest_finished
from core.audit.results import StillJudging, still_judging
from core.database import Database


def headline(database: Database, pool_id: int, reader: str) -> ValidityEstimate | StillJudging | None:
    """What the latest finished audit says of a pool; StillJudging while it would colour the reader's answers."""
    with database.read() as c:
        audit = latest_finished(c, pool_id)
        if audit is None:
            return None
        return still_judging(c, audit, reader) or estimate_of_pool(c, pool_id)
