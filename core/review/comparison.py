"""Two audits side by side: what changed from the earlier to the later, and whether chance alone can have done it."""

from __future__ import annotations

from dataclasses import dataclass

from core.review.estimates import Difference, Proportion, difference
from core.review.findings import Findings


@dataclass(frozen=True, slots=True)
class Change:
    """A share in the earlier and in the later audit, and the difference with its interval."""

    what: str
    earlier: Proportion
    later: Proportion
    difference: Difference


def changes(earlier: Findings, later: Findings) -> tuple[Change, ...]:
    """The change of each row of Table 2, and of the share of items graded A or B."""
    rows = [
        Change(mine.question, mine.share, theirs.share, difference(mine.share, theirs.share))
        for mine, theirs in zip(earlier.table2, later.table2, strict=True)
    ]
    graded = Change("Valid (grade A or B)", earlier.valid, later.valid, difference(earlier.valid, later.valid))
    return (*rows, graded)
