"""When a run is done, as a person says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from core import knobs
from core.knobs import Knob
from core.words import number_of


@dataclass(frozen=True, slots=True)
class Until:
    """When a run is done; None means no such end.

    `pool`: until the pool has so many tasks, whoever brought them. `tasks`: until this run has brought so many more.
    """

    tasks: Annotated[int | None, Knob("so many tasks more", least=1)] = None
    batches: Annotated[int | None, Knob("batches", least=1)] = None
    pool: Annotated[int | None, Knob("until the pool has so many tasks", least=1)] = None

    def __post_init__(self) -> None:
        knobs.check(self)

    def reached(self, *, brought: int, in_pool: int, batches: int) -> str:
        """The sentence that tells which end is reached, "" while none is."""
        if self.tasks is not None and brought >= self.tasks:
            return f"{number_of(brought, 'task')} accepted."
        if self.pool is not None and in_pool >= self.pool:
            return f"The pool has {number_of(in_pool, 'task')}; this run brought {brought:,} of them."
        if self.batches is not None and batches >= self.batches:
            return f"{self.batches} batch{'es' if self.batches > 1 else ''} done."
        return ""
