"""What has become of what a release held: edited, taken out, flagged, rated anew, and whether it would still go out."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.database import Database
from core.pool import members
from core.pool.members import Holding
from core.records import Refused
from core.release.predicate import predicate_of
from core.release.reasons import IN_WORDS, Reason
from core.release.rows import releases
from core.release.selection import select
from core.release.since import Since, since_earlier
from core.words import number_of

OUTSIDE = "no-longer-in-the-pool"
LEFT_IN_WORDS: Mapping[str, str] = {OUTSIDE: "no longer in the pool", **{one.value: IN_WORDS[one] for one in Reason}}


@dataclass(frozen=True, slots=True)
class ReleaseToday:
    """Instance ids of what a release held, by what happened to them since; an instance may be in several.

    `flagged`: a flag is open now; `rated`: a rating was given or taken back since. `qualifies`: how many its own rule
    would still let out today, `left` the others by reason; `no_rule`: why that can't be said. `since`: against the
    release before.
    """

    holding: Holding
    edited: array[int] = field(default_factory=lambda: array("q"))
    rejected: array[int] = field(default_factory=lambda: array("q"))
    flagged: array[int] = field(default_factory=lambda: array("q"))
    rated: array[int] = field(default_factory=lambda: array("q"))
    qualifies: int | None = None
    left: Mapping[str, array[int]] = field(default_factory=dict)
    no_rule: str = ""
    since: Since | None = None

    @property
    def unknown(self) -> str:
        """Why nothing can be said, in a sentence; "" where what it held is known."""
        return self.holding.unknown

    def sentences(self) -> list[str]:
        """All of it in a few lines; of a release whose members are not known, why."""
        if self.holding.n is None:
            return [self.unknown]
        n = self.holding.n
        told = [
            f"It held {number_of(n, 'instance')}. Since then: edited {len(self.edited):,}, out of the pool "
            f"{len(self.rejected):,}, with an open flag {len(self.flagged):,}, rated anew {len(self.rated):,}."
        ]
        if self.qualifies is None:
            told.append(f"Whether they would still go out can't be said: {self.no_rule}")
        else:
            why = ", ".join(f"{len(some):,} {LEFT_IN_WORDS[reason]}" for reason, some in self.left.items())
            told.append(f"Its rule would still let out {self.qualifies:,} of them{f'; not: {why}' if why else ''}.")
        if self.since is not None:
            told.append(f"Against release {self.since.before.release_id} before it: {self.since.in_words}")
        return told

    def as_json(self) -> dict[str, Any]:
        """The counts, by name."""
        if self.holding.n is None:
            return {"known": False, "why": self.unknown}
        return {
            "known": True,
            "held": self.holding.n,
            "edited": len(self.edited),
            "left_the_pool": len(self.rejected),
            "flagged": len(self.flagged),
            "rated_anew": len(self.rated),
            "still_qualify": self.qualifies,
            "left_behind": {reason: len(some) for reason, some in self.left.items()},
            "since": None
            if self.since is None
            else {
                "release": self.since.before.release_id,
                "known": not self.since.unknown,
                **{name: len(getattr(self.since, name)) for name in ("came", "went", "changed")},
            },
        }


def today(database: Database, pool_id: int, release_id: int) -> ReleaseToday:
    """What has become of a pool's release by now. NotFound where the pool has none of that number."""
    with database.read() as c:
        its = members.holding(c, pool_id, release_id)
        if its.unknown:
            return ReleaseToday(its)
        qualifies, left, no_rule = None, {}, ""
        try:
            found = select(c, pool_id, predicate_of(releases.get(c, release_id).predicate))
        except Refused as error:
            no_rule = str(error)
        else:
            held = set(members.ids(c, release_id))
            for reason, some in found.excluded.items():
                left[reason.value] = array("q", (one for one in some if one in held))
            still = held.intersection(found.admitted)
            qualifies = len(still)
            left[OUTSIDE] = array("q", sorted(held - still - {one for some in left.values() for one in some}))
        return ReleaseToday(
            its,
            members.edited(c, release_id),
            members.outside(c, release_id),
            members.with_flag(c, pool_id, release_id),
            members.rated_since(c, pool_id, release_id, its.made_at),
            qualifies,
            {reason: some for reason, some in left.items() if some},
            no_rule,
            since_earlier(c, pool_id, release_id),
        )
