"""Two audits side by side: what changed from the earlier to the later, and whether chance alone can have done it.

The questions are compared as the samples answered them. The share of valid items is compared as it is estimated for the
two populations, each with its own weights.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.audit.findings import Findings
from core.statistics.estimates import Proportion, ShareDifference, ShareEstimate, difference


@dataclass(frozen=True, slots=True)
class AuditChange:
    """A share in the earlier and in the later audit, and the difference with its interval."""

    what: str
    earlier: Proportion | ShareEstimate
    later: Proportion | ShareEstimate
    difference: ShareDifference


def changes(earlier: Findings, later: Findings) -> tuple[AuditChange, ...]:
    """The change of each row of Table 2, and of the estimated share of valid instances."""
    rows = [
        AuditChange(mine.question, mine.share, theirs.share, difference(mine.share, theirs.share))
        for mine, theirs in zip(earlier.table2, later.table2, strict=True)
    ]
    valid = AuditChange("Valid in all that matches", earlier.pool, later.pool, difference(earlier.pool, later.pool))
    return (*rows, valid)
