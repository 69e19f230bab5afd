"""Sealed texts: what an evaluation set holds may not enter a pool, as a seed, an import or a candidate.

Who asks: the gate, the seeds, and the check of a release. A pool whose settings name a set as opened lets it in.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa

from core.database.schema import evaluation_sets, evaluation_tasks
from core.pool import pool_settings
from core.records import Discard, Pool, Refused

RULE = "sealed"  # its sentence is with the other rules, in the gate
_WORD = re.compile(r"\w+")


def seal_of(instruction: str) -> str:
    """Return a hash of an instruction's words whatever their case, punctuation and spacing; "" where it has none."""
    words = _WORD.findall(instruction.casefold())
    return sha256(" ".join(words).encode("utf-8", "surrogatepass")).hexdigest() if words else ""


@dataclass(frozen=True, slots=True)
class SealedSet:
    """An evaluation set as a pool's gate knows it: its name and the seals of its texts."""

    name: str
    seals: tuple[str, ...]


def sealed_by(c: sa.Connection, at: float) -> list[SealedSet]:
    """The sets that were there at a time (seconds since 1970), in the order in which they came."""
    query = (
        sa.select(evaluation_sets.c.name, evaluation_tasks.c.seal)
        .join(evaluation_tasks)
        .where(evaluation_sets.c.whole, evaluation_sets.c.created_at <= at)
        .order_by(evaluation_sets.c.created_at, evaluation_tasks.c.id)
    )
    found: dict[str, list[str]] = {}
    for name, seal in c.execute(query).tuples():
        found.setdefault(name, []).append(seal)
    return [SealedSet(name, tuple(seals)) for name, seals in found.items()]


def copy(c: sa.Connection, sets: Iterable[SealedSet]) -> None:
    """Seal here what these sets seal, without a text of theirs; those that are here already stay as they are."""
    known = set(c.execute(sa.select(evaluation_sets.c.name).where(evaluation_sets.c.whole)).scalars())
    for one in sets:
        if one.name in known:
            continue
        row = {"name": one.name, "layout": "seals", "counts": {}, "created_at": time.time()}
        number = c.execute(evaluation_sets.insert().values(**row).returning(evaluation_sets.c.id)).scalar_one()
        empty = {"set_id": number, "instruction": "", "input": "", "references": [], "cluster": "", "text_key": ""}
        c.execute(
            evaluation_tasks.insert(),
            [{**empty, "position": place, "seal": seal} for place, seal in enumerate(one.seals, 1)],
        )


_WHOLE = (
    sa.select(evaluation_sets.c.id, evaluation_sets.c.name)
    .where(evaluation_sets.c.whole)
    .order_by(evaluation_sets.c.created_at, evaluation_sets.c.id)
)


class Seals:
    """The sealed instructions that a pool may not take in, in memory; cheap to ask, cheap to bring up to date."""

    def __init__(self, c: sa.Connection, pool: Pool) -> None:
        self._opened = set(pool_settings.of(pool).opened_sets)
        self._sets: dict[str, str] = {}
        self._known: set[int] = set()
        self.catch_up(c)

    def catch_up(self, c: sa.Connection) -> None:
        """Take in the sets that came since the last look: each when it is whole."""
        for set_id, name in c.execute(_WHOLE).tuples():
            if set_id in self._known:
                continue
            self._known.add(set_id)
            its = sa.select(evaluation_tasks.c.seal).where(evaluation_tasks.c.set_id == set_id)
            for seal in c.execute(its.order_by(evaluation_tasks.c.position)).scalars():
                if seal and name not in self._opened:
                    self._sets.setdefault(seal, name)

    def holds(self, instruction: str) -> str | None:
        """Return the name of the set that holds this instruction, or None."""
        return self._sets.get(seal_of(instruction)) if self._sets else None

    def discard(self, instruction: str) -> Discard | None:
        """Return why a candidate with this instruction is dropped, or None where it is not sealed."""
        name = self.holds(instruction)
        return Discard(RULE, {"set": name}) if name else None

    def refuse(self, instructions: Iterable[str]) -> None:
        """Raise Refused where one of these is sealed, saying which set holds it and what lets it in all the same."""
        named = [name for text in instructions if (name := self.holds(text))]
        if named:
            how_many = "One of these instructions is" if len(named) == 1 else f"{len(named):,} of these are"
            raise Refused(
                f"{how_many} sealed in the evaluation set {named[0]}: a model that learns from it cannot be judged by "
                "it. Leave it out, or open the set for this pool by name, with `winnow evaluate open`."
            )
