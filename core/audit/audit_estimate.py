"""What the latest finished audit says about the pool, and about a part of it such as what a release lets out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from core.audit.audit import is_finished, judged_items
from core.audit.frozen import Audit
from core.audit.judged import JudgedItem
from core.audit.rows import audits
from core.statistics.estimates import ShareEstimate, share_in_population

FEWEST = 20  # audited items below which a percentage would say more than they know


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
    def missing(self) -> int:
        """How many more audited items a percentage needs; 0 where it has enough, or where all of them were audited."""
        return max(0, self._needed - self.share.n)

    @property
    def sentence(self) -> str:
        """The estimate with its interval, n and what it leaves out, in plain words of ours."""
        if self.missing:
            here = _count(self.share.population + self.outside, "instance", "instances")
            said = f"Of {here} here audit {self.audit.id} judged {self.share.n:,}; a percentage needs {self._needed}."
        elif self.share.percent is None:
            said = f"Audit {self.audit.id} says nothing of these."
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

    @property
    def _needed(self) -> int:
        return min(FEWEST, self.share.population + self.outside)


@dataclass(frozen=True, slots=True)
class Audited:
    """A finished audit and its items; `changed`: those, by instance, whose text is another one by now."""

    audit: Audit
    items: tuple[JudgedItem, ...]
    changed: frozenset[int]

    @property
    def unchanged(self) -> tuple[JudgedItem, ...]:
        return tuple(item for item in self.items if item.instance_id not in self.changed)


def latest_finished(c: sa.Connection, pool_id: int) -> Audit | None:
    """The pool's latest audit in which every item has a rating, or None."""
    return next((audit for audit in audits.of_pool(c, pool_id) if is_finished(c, audit)), None)


def audited(c: sa.Connection, pool_id: int) -> Audited | None:
    """The pool's latest finished audit with its items, or None."""
    audit = latest_finished(c, pool_id)
    if audit is None:
        return None
    changed = frozenset(item.instance_id for item in audits.every_item(c, audit) if item.changed)
    return Audited(audit, judged_items(c, audit), changed)


def estimate_of_pool(c: sa.Connection, pool_id: int) -> ValidityEstimate | None:
    """The share of valid items in what the latest finished audit sampled; None without such an audit."""
    audit = latest_finished(c, pool_id)
    if audit is None:
        return None
    return ValidityEstimate(audit, share_in_population(judged_items(c, audit), audit.instances, audit.tasks))


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
    home = {one.instance_id: (one.stratum, one.task_id) for one in there if one.task_id <= audit.newest_task}
    frozen = audits.every_item(c, audit)
    home |= {item.instance_id: (item.stratum, item.task_id) for item in frozen}
    known = [home[instance_id] for instance_id in part & home.keys()]
    sizes = Counter(stratum for stratum, _ in known)
    tasks = Counter(stratum for stratum, _ in set(known))
    changed = {item.instance_id for item in frozen if item.changed} & part
    passing = [item for item in judged_items(c, audit) if item.instance_id in part - changed]
    return ValidityEstimate(audit, share_in_population(passing, sizes, tasks), len(part - home.keys()), len(changed))


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"
