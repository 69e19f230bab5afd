"""What each run, or each batch of a run, brought and cost: fates of its candidates, approved instances, dollars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from core.database import Database
from core.llm import book
from core.pool import tallies
from core.records import Run, State, Usage
from core.runs import control


@dataclass(frozen=True, slots=True)
class RunYield:
    """What a run brought, or one of its batches (counted from 0; None for the whole run).

    `accepted`, `dropped` (by rule, most first) and `taken_out` by people say how its candidates stand now. `rated` and
    `approved` count its instances that are up for review. `usage`: its requests that were answered, for all steps;
    dollars are None where a price is unknown.
    """

    run_id: int
    batch: int | None
    accepted: int
    dropped: Mapping[str, int]
    taken_out: int
    rated: int
    approved: int
    usage: Usage

    @property
    def candidates(self) -> int:
        return self.accepted + sum(self.dropped.values()) + self.taken_out

    @property
    def acceptance(self) -> float:
        """The share of the candidates that stand accepted now."""
        return self.accepted / self.candidates

    @property
    def usd_per_task(self) -> float | None:
        """Dollars for each accepted task; None where a price is unknown or no task is accepted."""
        return _each(self.usage.usd, self.accepted)

    @property
    def usd_per_approved(self) -> float | None:
        """Dollars for each approved instance; None where a price is unknown or no instance is approved."""
        return _each(self.usage.usd, self.approved)


def by_run(database: Database, pool_id: int, method: str) -> tuple[RunYield, ...]:
    """A pool's latest runs of a method that brought candidates, oldest first."""
    return _yields(database, pool_id, [run.id for run in control.of_pool(database, pool_id, method)], whole=True)


def by_batch(database: Database, run: Run) -> tuple[RunYield, ...]:
    """The batches of a run that brought candidates, in order."""
    return _yields(database, run.pool_id, [run.id], whole=False)


class _Sum:
    """What one run or batch adds up to."""

    def __init__(self) -> None:
        self.fates: Counter[tuple[str, str]] = Counter()
        self.rated = self.approved = 0
        self.usage = Usage()


def _yields(database: Database, pool_id: int, run_ids: list[int], *, whole: bool) -> tuple[RunYield, ...]:
    with database.read() as c:
        fates = tallies.fates_by_batch(c, run_ids)
        judged = tallies.grades_by_batch(c, pool_id, run_ids)
        spent = book.usage_by_batch(c, run_ids)
    sums: dict[tuple[int, int | None], _Sum] = {}
    for run_id, batch in {*fates, *spent}:
        one = sums.setdefault((run_id, None if whole else batch), _Sum())
        one.fates.update(fates.get((run_id, batch), {}))
        rated, approved = judged.get((run_id, batch), (0, 0))
        one.rated, one.approved = one.rated + rated, one.approved + approved
        one.usage = _together(one.usage, spent.get((run_id, batch), Usage()))
    places = sorted(sums, key=lambda place: (place[0], -1 if place[1] is None else place[1]))
    return tuple(_yield(*place, sums[place]) for place in places if sums[place].fates)


def _yield(run_id: int, batch: int | None, one: _Sum) -> RunYield:
    dropped = {rule: n for (state, rule), n in one.fates.most_common() if state == State.DISCARDED.value}
    accepted = sum(n for (state, _), n in one.fates.items() if state == State.ACCEPTED.value)
    taken_out = one.fates.total() - accepted - sum(dropped.values())
    return RunYield(run_id, batch, accepted, dropped, taken_out, one.rated, one.approved, one.usage)


def _together(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.requests + other.requests,
        one.prompt_tokens + other.prompt_tokens,
        one.completion_tokens + other.completion_tokens,
        None if one.usd is None or other.usd is None else one.usd + other.usd,
    )


def _each(usd: float | None, n: int) -> float | None:
    return usd / n if usd is not None and n else None
