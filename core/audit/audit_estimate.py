"""What the latest finished audit says about the pool, and about a part of it such as what a release lets out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from core.audit.audit import is_finished, judged_items
from core.audit.frozen import Audit
from core.audit.rows import audits
from core.statistics.estimates import ShareEstimate, share_in_population


@dataclass(frozen=True, slots=True)
class ValidityEstimate:
    """The estimated share of valid items in a part of a pool, by one audit.

    `outside`: members of the part that the audit could not have drawn, because they arrived later or its filter left
    them out; the estimate says nothing of them. `changed`: items of the sample that lie in the part and were edited
    since, so that their rating is of another text; they are left out.
    """

    audit: Audit
    share: ShareEstimate
    outside: int = 0
    changed: int = 0

    @property
    def sentence(self) -> str:
        """The estimate with its interval, n and what it leaves out, in plain words of ours."""
        if self.share.percent is None:
            said = f"None of the items of audit {self.audit.id} passes, so it says nothing of these."
        else:
            said = (
                f"About {self.share.percent:.0f}% valid [{self.share.low:.0f}, {self.share.high:.0f}] "
                f"(audit {self.audit.id}, n={self.share.n})."
            )
        if self.changed:
            said += f" {_count(self.changed, 'audited item was', 'audited items were')} edited since and left out."
        if self.outside:
            said += f" Of {_count(self.outside, 'instance', 'instances')} here the audit knows nothing."
        return said


def latest_finished(c: sa.Connection, pool_id: int) -> Audit | None:
    """The pool's latest audit in which every item has a rating, or None."""
    return next((audit for audit in audits.of_pool(c, pool_id) if is_finished(c, audit)), None)


def estimate_of_pool(c: sa.Connection, pool_id: int) -> ValidityEstimate | None:
    """The share of valid items in what the latest finished audit sampled; None without such an audit."""
    audit = latest_finished(c, pool_id)
    return ValidityEstimate(audit, share_in_population(judged_items(c, audit), audit.instances)) if audit else None


def estimate_for(c: sa.Connection, pool_id: int, instance_ids: Collection[int]) -> ValidityEstimate | None:
    """The share of valid items among these instances, from the latest finished audit; None without one.

    A random sample's items that fall into a part, each with its weight, stand for that part, whatever rule made the
    part, as long as the rule does not look at the audit's own ratings.
    """
    audit = latest_finished(c, pool_id)
    if audit is None:
        return None
    part = set(instance_ids)
    there = audits.population(c, pool_id, audit.filter, audit.stratify_by)
    stratum = {one.instance_id: one.stratum for one in there if one.task_id <= audit.newest_task}
    frozen = audits.every_item(c, audit)
    stratum |= {item.instance_id: item.stratum for item in frozen}
    sizes: dict[str, int] = {}
    for instance_id in part & stratum.keys():
        sizes[stratum[instance_id]] = sizes.get(stratum[instance_id], 0) + 1
    changed = {item.instance_id for item in frozen if item.changed} & part
    passing = [item for item in judged_items(c, audit) if item.instance_id in part - changed]
    return ValidityEstimate(audit, share_in_population(passing, sizes), len(part - stratum.keys()), len(changed))


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"
