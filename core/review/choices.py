"""How a reviewer likes to read: kept by name, so that it is the same tomorrow and on another machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from core.database import Database
from core.pool import pools


@dataclass(frozen=True, slots=True)
class Choices:
    """`monospace`: prose too; `wrap`: long lines of code; `rendered`: Markdown as the page that it describes;
    `guidelines`: in place of what is near an item.
    """

    monospace: bool = False
    wrap: bool = True
    rendered: bool = False
    guidelines: bool = False


def of_reviewer(database: Database, reviewer: str) -> Choices:
    """What a reviewer chose last."""
    with database.read() as c:
        kept = pools.preference(c, _name(reviewer), {})
    return Choices(**{each.name: bool(kept[each.name]) for each in fields(Choices) if each.name in kept})


def keep(database: Database, reviewer: str, choices: Choices) -> None:
    """Remember what a reviewer chose."""
    with database.write() as c:
        pools.prefer(c, _name(reviewer), asdict(choices))


def _name(reviewer: str) -> str:
    return f"reading of {reviewer}"
