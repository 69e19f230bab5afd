"""The ledger of what was dropped: one set of counts for every page, and the discards themselves.

What arrived = what each rule dropped at arrival - what people took back + what people took out + what is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from core.database import Database
from core.gate.rows import discards
from core.gate.rows.discards import Discarded as Discarded
from core.pool import tasks
from core.records import Run


@dataclass(frozen=True, slots=True)
class Survival:
    """What became of the candidates (or of their answers): `dropped` by rule at arrival, most first.

    `rescued`: dropped, and accepted by a person since. `taken_out`: let in, and rejected by a person since.
    """

    arrived: int
    dropped: Mapping[str, int]
    rescued: int
    taken_out: int
    accepted: int

    @property
    def discarded(self) -> int:
        """How many stand discarded now."""
        return sum(self.dropped.values()) - self.rescued


def candidates(c: sa.Connection, pool_id: int) -> Survival:
    """What became of a pool's candidates; seeds are none."""
    return Survival(**discards.of_candidates(c, pool_id))


def candidates_at(database: Database, pool_id: int, at: float) -> Survival:
    """What had become of a pool's candidates at a time (seconds since 1970), counted from the history."""
    with database.read() as c:
        return Survival(**discards.of_candidates_at(c, pool_id, at))


def answers(c: sa.Connection, pool_id: int) -> Survival:
    """What became of the instances of tasks that are not discarded themselves."""
    return Survival(**discards.of_answers(c, pool_id))


def survival(database: Database, pool_id: int) -> Survival:
    """What became of a pool's candidates, for a page or a verb."""
    with database.read() as c:
        return candidates(c, pool_id)


def of_run(database: Database, run: Run) -> Mapping[str, int]:
    """A run's candidates that stand discarded, by rule, most first."""
    with database.read() as c:
        return tasks.discards_by_rule(c, run.id)


def answers_dropped(database: Database, pool_id: int) -> Mapping[str, int]:
    """A pool's instances that stand discarded, by rule, most first."""
    with database.read() as c:
        return tasks.instance_discards_by_rule(c, pool_id)


def page(
    database: Database,
    pool_id: int,
    *,
    rule: str | None = None,
    of_instances: bool = False,
    search: str = "",
    rescued: bool = False,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Discarded]:
    """Discards, newest first, read by key: those that stand, or with `rescued` those that people took back."""
    with database.read() as c:
        return discards.page(
            c,
            pool_id,
            rule=rule,
            of_instances=of_instances,
            search=search,
            rescued=rescued,
            before_id=before_id,
            limit=limit,
        )
