"""What a newcomer has been shown: which pools they have looked at, and whether they want the five steps on screen."""

from __future__ import annotations

from dataclasses import dataclass

from core.database import Database
from core.pool import pools as store


@dataclass(frozen=True, slots=True)
class GuideShown:
    """`dismissed`: None where nobody has said. `looked`: pools whose pictures were opened."""

    dismissed: bool | None = None
    looked: tuple[int, ...] = ()


def of_reviewer(database: Database, reviewer: str) -> GuideShown:
    """What this person has been shown."""
    with database.read() as c:
        kept = store.preference(c, _name(reviewer), {})
    return GuideShown(kept.get("dismissed"), tuple(kept.get("looked", ())))


def dismiss(database: Database, reviewer: str, dismissed: bool = True) -> None:
    """Take the steps off the screen, or bring them back."""
    _keep(database, reviewer, dismissed=dismissed)


def note_look(database: Database, reviewer: str, pool_id: int) -> None:
    """Note that the pool's pictures were opened."""
    seen = of_reviewer(database, reviewer).looked
    if pool_id not in seen:
        _keep(database, reviewer, looked=[*seen, pool_id])


def _keep(database: Database, reviewer: str, **said: object) -> None:
    with database.write() as c:
        kept = store.preference(c, _name(reviewer), {})
        store.prefer(c, _name(reviewer), {**kept, **said})


def _name(reviewer: str) -> str:
    return f"guide of {reviewer}"
