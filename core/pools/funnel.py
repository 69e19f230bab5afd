"""Where a pool stands on the way from seeds to release: counts alone, no text is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import methods
from core.database import Database
from core.gate import ledger
from core.gate.ledger import Survival
from core.llm import book
from core.pool import tallies, tasks
from core.records import Origin, State, Usage
from core.release import past
from core.words import cost_of_each, money


@dataclass(frozen=True, slots=True)
class Funnel:
    """Counts of a pool on its way; grades of current ratings by letter.

    `candidates`, `answers`: what arrived, what each rule dropped, what people took back. `released`: instances in the
    newest release.
    """

    seeds: int
    candidates: Survival
    answers: Survival
    instances: int
    reviewed: int
    approved: int
    released: int
    grades: Mapping[str, int]
    usage: Usage


def funnel(database: Database, pool_id: int) -> Funnel:
    """Where a pool stands, seen at one moment."""
    with database.read() as c:
        seeds = tasks.counts(c, pool_id).get(Origin.SEED.value, {})
        judged = tallies.review_counts(c, pool_id)
        return Funnel(
            seeds=seeds.get(State.ACCEPTED.value, 0),
            candidates=ledger.candidates(c, pool_id),
            answers=ledger.answers(c, pool_id),
            instances=judged.instances,
            reviewed=judged.reviewed,
            approved=judged.approved,
            released=past.rows_of_latest(c, pool_id),
            grades=judged.grades,
            usage=book.pool_usage(c, pool_id),
        )


@dataclass(frozen=True, slots=True)
class Spent:
    """What all runs of a pool have spent.

    `making`: those of them that make tasks; a judge's or a map's requests make none. `approved`: how many approved
    instances they made (0 where nothing was paid for that).
    """

    usage: Usage
    making: Usage
    approved: int

    @property
    def of_each(self) -> str:
        """What an approved instance cost, as a clause; "" where nothing was paid or none is approved."""
        return cost_of_each(self.making.usd, self.approved, "approved instance")

    @property
    def as_json(self) -> dict[str, Any]:
        """The same as numbers: dollars (None where a price is unknown) and approved instances."""
        return {"usd": self.making.usd, "approved_of_runs": self.approved}

    @property
    def sentence(self) -> str:
        """What making cost, and each approved instance, where it is said what was made; "" as `of_each`."""
        return f"Making the tasks of this pool cost {money(self.making.usd)}: {self.of_each}." if self.of_each else ""


def spent(database: Database, pool_id: int) -> Spent:
    """What all runs of a pool have spent; for a page that looks often."""
    with database.read() as c:
        making = book.pool_usage(c, pool_id, methods.making_tasks())
        approved = tallies.approved_of_runs(c, pool_id) if making.usd else 0
        return Spent(book.pool_usage(c, pool_id), making, approved)


def newest_instance(database: Database) -> int:
    """The number of the newest instance: no pool of the database holds more of them. Told without counting."""
    with database.read() as c:
        return tallies.newest_instance(c)
