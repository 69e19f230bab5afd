"""An audit as it was drawn: how, and its items with the texts as they were then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.pool.filters import Filter

STRATA = ("classification", "source", "run")  # attributes that a sample can be stratified by


@dataclass(frozen=True, slots=True)
class Audit:
    """How a sample was drawn. `tasks`, `instances`: the population's by stratum; `newest_task`: its youngest task.
    `guidelines`: the pool's own rules for reviewers at the draw, None in an audit drawn before they were kept.

    `round` is that of the reviewers' ratings, `final_round` that of the word that settles a disagreement.
    """

    id: int
    pool_id: int
    name: str
    filter: Filter
    size: int
    seed: int
    stratify_by: str
    allocation: str | None
    tasks: Mapping[str, int]
    instances: Mapping[str, int]
    newest_task: int
    population_hash: str
    fingerprint: str
    guidelines: str | None
    actor: str
    created_at: float

    @property
    def drawn(self) -> int:
        """How many items the sample has: the population may hold fewer tasks than were asked for."""
        return min(self.size, sum(self.tasks.values()))

    @property
    def round(self) -> str:
        return f"audit:{self.id}"

    @property
    def final_round(self) -> str:
        return f"audit:{self.id}:final"


@dataclass(frozen=True, slots=True)
class FrozenItem:
    """One item as it was drawn. `of_task`: how many instances of its task were in the population.

    `changed`: its instance has another text by now, or was taken out of the pool.
    """

    position: int
    task_id: int
    instance_id: int
    text_hash: str
    instruction: str
    input: str
    output: str
    stratum: str
    attributes: Mapping[str, str]
    of_task: int
    changed: bool
