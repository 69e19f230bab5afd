"""Checking a pool, a release's rows or its files against every evaluation set, before a model learns from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.database import Database
from core.evaluation import written_rows
from core.evaluation.contamination import Checked, FoundBy, Match, matches
from core.evaluation.rows import sets
from core.evaluation.words import SealedText
from core.pool import pool_settings, pools
from core.records import Pool, Refused
from core.words import number_of

_TOLD = 1000  # matches that a report lists


@dataclass(frozen=True, slots=True)
class Contamination:
    """What a check found. `sets`: tasks of each set that was looked for; `opened`: sets that this pool may hold."""

    what: str
    sets: Mapping[str, int]
    opened: tuple[str, ...]
    checked: int
    matches: tuple[Match, ...]

    @property
    def by_kind(self) -> Mapping[FoundBy, int]:
        """How many rows each look found."""
        counted = Counter(match.how for match in self.matches)
        return {how: counted[how] for how in FoundBy}

    @property
    def sentence(self) -> str:
        """The whole answer in one line."""
        if not self.sets:
            return "There is no evaluation set to check against."
        names = ", ".join(f"{name} ({number_of(n, 'task')})" for name, n in self.sets.items())
        if not self.checked:
            return f"Nothing goes out that could be checked against {names}."
        looks = "same instruction, ROUGE-L above 0.7, 13 words in a row"
        if not self.matches:
            return f"Checked against {names}: none of {number_of(self.checked, 'row')} is near ({looks})."
        kinds = ", ".join(f"{n:,} {how.value}" for how, n in self.by_kind.items() if n)
        return (
            f"Checked against {names}: {len(self.matches):,} of "
            f"{number_of(self.checked, 'row', 'are')} near ({looks}): {kinds}."
        )

    def as_json(self) -> dict[str, Any]:
        """Return counts and the first thousand matches."""
        return {
            "of": self.what,
            "sets": dict(self.sets),
            "opened": list(self.opened),
            "checked": self.checked,
            "near": len(self.matches),
            **{how.value.replace("-", "_"): n for how, n in self.by_kind.items()},
            "matches": [
                {
                    "row": match.key,
                    "set": match.set_name,
                    "task": match.position,
                    "how": match.how.value,
                    "score": match.score,
                    "evidence": match.evidence,
                }
                for match in self.matches[:_TOLD]
            ],
        }


def check_pool(database: Database, name: str) -> Contamination:
    """Check every accepted instance of a pool against every set, those that it may hold included."""
    with database.read() as c:
        pool = pools.get(c, name)
        sealed = sets.sealed_texts(c)
        rows = [Checked(*row) for row in sets.pool_rows(c, pool.id)]
    return Contamination(name, _sizes(sealed), opened_of(pool), len(rows), tuple(matches(sealed, rows)))


def near_rows(c: sa.Connection, pool: Pool, instance_ids: Sequence[int]) -> dict[int, Match]:
    """Return which of these instances are near to a set that the pool may not hold, by instance id."""
    sealed = sets.sealed_texts(c, leave_out=opened_of(pool))
    if not sealed:
        return {}
    rows = (Checked(*row) for row in sets.instance_rows(c, instance_ids))
    return {match.key: match for match in matches(sealed, rows)}


def any_sealed(c: sa.Connection, pool: Pool) -> bool:
    """Whether there is a set that the pool may not hold. Cheap."""
    return any(each.name not in opened_of(pool) for each in sets.every(c))


def told_of(c: sa.Connection, pool: Pool, left_out: Sequence[int], passing: int) -> str:
    """What a release says of its check: against which sets, how many were left out and by which look."""
    sizes = {each.name: n for each in sets.every(c) if (n := sets.sizes(c).get(each.id, (0,))[0])}
    opened = opened_of(pool)
    looked = {name: n for name, n in sizes.items() if name not in opened}
    found = tuple(near_rows(c, pool, left_out).values()) if left_out else ()
    told = Contamination(pool.name, looked, opened, passing + len(left_out), found)
    if not looked and not opened:
        return ""
    said = told.sentence + (" They were left out." if found else "") if looked else ""
    held = [name for name in opened if name in sizes]
    if held:
        said += f" Not left out, because this pool may hold them by a person's word: texts of {', '.join(held)}."
    return said.strip()


def check_release(database: Database, path: Path) -> Contamination:
    """Check the rows of a written release (folder, zip or one file) against every set of this database.

    Raises Refused where no file in it can be read as rows, and what `written_rows` raises.
    """
    rows = list(written_rows.rows_of(path))
    if not rows:
        raise Refused(f"No file of {path.name} holds rows that can be checked; give the release as it was written.")
    with database.read() as c:
        sealed = sets.sealed_texts(c)
    return Contamination(path.name, _sizes(sealed), (), len(rows), tuple(matches(sealed, rows)))


def opened_of(pool: Pool) -> tuple[str, ...]:
    """The sets that a pool may hold, by a person's word."""
    return pool_settings.of(pool).opened_sets


def _sizes(sealed: Sequence[SealedText]) -> dict[str, int]:
    return dict(Counter(text.set_name for text in sealed))
