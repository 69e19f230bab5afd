"""What is chosen for a pool and stored with it: type, default, bounds and sentence of each setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from core import knobs
from core.knobs import Knob
from core.records import Pool, Tokeniser

USUAL_FLAGS = ("check facts", "unsafe", "duplicate")


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """A pool's own choices. `opened_sets` may come into the pool although they are sealed.

    `from_pool`, `threshold`: of a copy, the pool that it was made from and the threshold that kept its candidates.
    """

    tokeniser: Annotated[
        Tokeniser,
        Knob(
            "tokeniser",
            "paper sees a-z and 0-9 as the papers' code does; unicode sees every script, Chinese by character.",
        ),
    ] = Tokeniser.PAPER
    parser: Annotated[str | None, Knob("parser of verbs and objects", "Else the best that reads the texts.")] = None
    flags: Annotated[tuple[str, ...], Knob("flags that reviewers choose from")] = USUAL_FLAGS
    guidelines: Annotated[
        str,
        Knob(
            "the pool's own rules for reviewers",
            "Shown after the papers' definitions of A to D.",
            lines=4,
            longest=20_000,
        ),
    ] = ""
    opened_sets: Annotated[tuple[str, ...], Knob("sealed evaluation sets that may come in")] = ()
    from_pool: Annotated[str, Knob("pool that it was made from")] = ""
    threshold: Annotated[float | None, Knob("threshold that made it", least=0, most=1)] = None

    def __post_init__(self) -> None:
        knobs.check(self)


def of(pool: Pool) -> PoolSettings:
    """The settings of a pool as they stand; what nobody chose has its default."""
    known = knobs.settings_of(PoolSettings)
    chosen = {name: value for name, value in pool.settings.items() if name in known and value not in (None, [])}
    return knobs.changed(PoolSettings(), chosen)
