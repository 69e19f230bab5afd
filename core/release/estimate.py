"""What the latest finished audit says about the rows of a release, and an audit of just those rows."""

from __future__ import annotations

import sqlalchemy as sa

from core.audit import audit as audits
from core.audit.audit_estimate import ValidityEstimate, audited, estimate_for, estimate_of_pool
from core.audit.frozen import Audit
from core.audit.table2 import QuestionShare, table2
from core.database import Database
from core.pool.filters import Filter
from core.records import Refused
from core.release.options import AuditLine
from core.release.predicate import Predicate
from core.release.selection import ReleaseSelection, select
from core.words import number_of


def quality(c: sa.Connection, pool_id: int, selection: ReleaseSelection) -> ValidityEstimate | None:
    """The estimated share of valid rows with its interval; None while no audit of the pool is finished."""
    return estimate_for(c, pool_id, selection.admitted)


def audit_what_goes_out(database: Database, pool_id: int, rule: Predicate, actor: str = "") -> Audit:
    """Draw an audit of the instances that a rule lets out now. Raises Refused where it lets none out."""
    with database.read() as c:
        admitted = select(c, pool_id, rule).admitted
    if not admitted:
        raise Refused("The rule lets nothing out, so there is nothing to audit; loosen it.")
    return audits.new(database, pool_id, name="What goes out", wanted=Filter(instance_ids=tuple(admitted)), actor=actor)


def audit_lines(c: sa.Connection, pool_id: int, selection: ReleaseSelection) -> tuple[AuditLine, ...]:
    """Table 2 for a card: the latest finished audit's answers on those of its items that go out unchanged."""
    found = audited(c, pool_id)
    if found is None:
        return ()
    out = set(selection.admitted)
    return _lines(table2([item for item in found.unchanged if item.instance_id in out]))


def pool_audit(c: sa.Connection, pool_id: int) -> tuple[tuple[AuditLine, ...], str]:
    """Table 2 of the latest finished audit whole, and what it says of the pool in a sentence; ((), "") without one."""
    found, estimate = audited(c, pool_id), estimate_of_pool(c, pool_id)
    if found is None or estimate is None:
        return (), ""
    tasks, seed = sum(found.audit.tasks.values()), found.audit.seed
    how = (
        f"One instance each of {len(found.items):,} of {number_of(tasks, 'task')} was judged, drawn at random "
        f"with seed {seed}."
    )
    return _lines(table2(found.items, found.audit.tasks)), f"{estimate.sentence} {how}"


def _lines(rows: tuple[QuestionShare, ...]) -> tuple[AuditLine, ...]:
    return tuple(
        AuditLine(
            row.question,
            row.share.yes,
            row.share.n,
            (row.share.low or 0) / 100,
            (row.share.high or 0) / 100,
            row.share.percent,
        )
        for row in rows
    )
