"""What each seed brings: the candidates of the prompts that showed it, and what became of them.

Prompts are stored with what they showed, so nothing is guessed. A prompt shows several seeds, and a candidate counts
for each of them: the figures compare seeds, and do not add up to the pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.database import Database
from core.llm import book
from core.pool import tallies, tasks
from core.records import Origin, State
from core.runs import control
from core.selfinstruct.prompts import INSTRUCTIONS
from core.selfinstruct.settings import METHOD

EVERY_RUN, MOST_SEEDS = 100_000, 1_000_000


@dataclass(frozen=True, slots=True)
class SeedYield:
    """What a seed brought: `prompts` that showed it, their `candidates`, and of these the tasks in each state.

    `accepted` names the accepted tasks in order of arrival; `rated` and `approved` count those of them with an instance
    that is (a task is approved where one of its instances is).
    """

    seed_id: int
    instruction: str
    is_on: bool
    prompts: int
    candidates: int
    accepted: tuple[int, ...]
    rated: int
    approved: int

    @property
    def acceptance(self) -> float | None:
        """The share of its candidates that stand accepted; None before there is one."""
        return len(self.accepted) / self.candidates if self.candidates else None


def of_seeds(database: Database, pool_id: int) -> tuple[SeedYield, ...]:
    """What every seed of a pool brought, those that are switched off too; most accepted tasks first."""
    runs = [run.id for run in control.of_pool(database, pool_id, METHOD, limit=EVERY_RUN)]
    shown = _shown(database, runs)
    with database.read() as c:
        came = tallies.tasks_by_request(c, runs)
        keys = book.keys_of_step(c, runs, INSTRUCTIONS)
        seeds = tasks.page(c, pool_id, origin=Origin.SEED, states=(State.ACCEPTED, State.OFF), limit=MOST_SEEDS)
    brought: dict[int, list[tuple[int, bool, bool, bool]]] = {}
    prompts: dict[int, set[tuple[int, int, int]]] = {}
    for request_id, (run_id, key) in keys.items():
        place = _place(run_id, key)
        for seed_id in set(shown.get(place, ())):
            prompts.setdefault(seed_id, set()).add(place)
            brought.setdefault(seed_id, []).extend(came.get(request_id, ()))
    found = []
    for seed in seeds:
        own = sorted(brought.get(seed.id, []))
        accepted = [one for one in own if one[1]]
        found.append(
            SeedYield(
                seed.id,
                seed.instruction,
                seed.state is State.ACCEPTED,
                len(prompts.get(seed.id, ())),
                len(own),
                tuple(one[0] for one in accepted),
                sum(one[2] for one in accepted),
                sum(one[3] for one in accepted),
            )
        )
    return tuple(sorted(found, key=lambda one: (-len(one.accepted), -one.candidates, one.seed_id)))


def _shown(database: Database, runs: list[int]) -> Mapping[tuple[int, int, int], list[int]]:
    """By (run, batch, prompt of the batch) the tasks that the prompt showed."""
    return {
        (run_id, batch.number, place): examples
        for run_id in runs
        for batch in control.batches(database, run_id)
        for place, examples in enumerate(batch.plan.get("examples", ()))
    }


def _place(run_id: int, key: str) -> tuple[int, int, int]:
    """(run, batch, prompt) of a request's key, which may begin with how often it was given more room."""
    number, _, place = key.rpartition(":")[2].split("/")
    return run_id, int(number), int(place)


def as_rows(found: tuple[SeedYield, ...]) -> list[dict[str, object]]:
    """A row a seed, as a table and a file hold it."""
    return [
        {
            "seed": one.seed_id,
            "on": one.is_on,
            "prompts": one.prompts,
            "candidates": one.candidates,
            "accepted": len(one.accepted),
            "rated": one.rated,
            "approved": one.approved,
            "instruction": one.instruction,
        }
        for one in found
    ]
