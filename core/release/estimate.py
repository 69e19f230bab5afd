"""What the latest finished audit says about the rows of a release."""

from __future__ import annotations

import sqlalchemy as sa

from core.audit.audit import judged_items
from core.audit.audit_estimate import ValidityEstimate, estimate_for, latest_finished
from core.audit.rows import audits
from core.audit.table2 import table2
from core.release.options import AuditLine
from core.release.selection import Selection


def quality(c: sa.Connection, pool_id: int, selection: Selection) -> ValidityEstimate | None:
    """The estimated share of valid rows with its interval; None while no audit of the pool is finished."""
    return estimate_for(c, pool_id, selection.admitted)


def audit_lines(c: sa.Connection, pool_id: int, selection: Selection) -> tuple[AuditLine, ...]:
    """Table 2 for a card: the latest finished audit's answers on those of its items that go out unchanged."""
    audit = latest_finished(c, pool_id)
    if audit is None:
        return ()
    out = {item.instance_id for item in audits.every_item(c, audit) if not item.changed} & set(selection.admitted)
    rows = table2([item for item in judged_items(c, audit) if item.instance_id in out])
    return tuple(
        AuditLine(row.question, row.share.yes, row.share.n, (row.share.low or 0) / 100, (row.share.high or 0) / 100)
        for row in rows
    )
