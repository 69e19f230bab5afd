"""What the latest finished audit says of a pool or of a release, closed to whom the audit's result is closed.

Overview, the preview of a release and its card ask here first.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.audit.audit_estimate import ValidityEstimate, estimate_of_pool, latest_finished
from core.audit.results import StillJudging, still_judging
from core.audit.rows import audit_answers
from core.database import Database


def headline(database: Database, pool_id: int, reader: str) -> ValidityEstimate | StillJudging | None:
    """What the latest finished audit says of a pool; StillJudging while it would colour the reader's answers."""
    with database.read() as c:
        audit = latest_finished(c, pool_id)
        if audit is None:
            return None
        return still_judging(c, audit, reader) or estimate_of_pool(c, pool_id)


def closed(c: sa.Connection, pool_id: int, reader: str, *, look: bool = False) -> StillJudging | None:
    """What keeps the latest finished audit's figures from a reader, None where nothing does or there is no audit.

    `look`: who has judged nothing asks to see them all the same.
    """
    audit = latest_finished(c, pool_id)
    return still_judging(c, audit, reader, look) if audit is not None else None


def note_look(c: sa.Connection, pool_id: int, reader: str) -> None:
    """Note that the reader was given those figures, where there are any: what they answer afterwards is told apart."""
    audit = latest_finished(c, pool_id)
    if audit is not None and reader:
        audit_answers.look(c, audit, reader)
