"""What differs from a release before: what came, what went, whose text changed. Counted here alone, from members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.database import Database
from core.pool import members
from core.pool.members import Holding


@dataclass(frozen=True, slots=True)
class Since:
    """Instance ids against the release `before`. `unknown`: why nothing can be said, else empty.

    `came` has the order in which it would go out (that of ids between two releases), the others that of ids.
    """

    before: Holding
    came: tuple[int, ...] = ()
    went: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    unknown: str = ""

    @property
    def in_words(self) -> str:
        """The three counts in a line, or why there are none."""
        if self.unknown:
            return self.unknown
        return f"{len(self.came):,} came · {len(self.went):,} went · {len(self.changed):,} changed their text"


def since_last(database: Database, pool_id: int, admitted: Sequence[int]) -> Since | None:
    """What would differ from the pool's newest release if these went out now; None without one."""
    with database.read() as c:
        before = next(iter(members.holdings(c, pool_id)), None)
        if before is None or before.unknown:
            return Since(before, unknown=before.unknown) if before else None
        then, now = set(members.ids(c, before.release_id)), set(admitted)
        return Since(
            before,
            came=tuple(one for one in admitted if one not in then),
            went=tuple(sorted(then - now)),
            changed=tuple(one for one in members.edited(c, before.release_id) if one in now),
        )


def since_earlier(c: sa.Connection, pool_id: int, release_id: int) -> Since | None:
    """How a release differs from the pool's release before it; None for the first."""
    its = members.holding(c, pool_id, release_id)
    before = next((one for one in members.holdings(c, pool_id) if one.release_id < release_id), None)
    if before is None or its.unknown or before.unknown:
        return Since(before, unknown=its.unknown or before.unknown) if before else None
    return Since(
        before,
        came=tuple(members.without(c, release_id, before.release_id)),
        went=tuple(members.without(c, before.release_id, release_id)),
        changed=tuple(members.with_other_text(c, release_id, before.release_id)),
    )
