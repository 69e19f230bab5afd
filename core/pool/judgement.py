"""What a person says of one text, and how it is read from a row.

A round keeps judgements apart that must not replace each other: the open desk, a hidden repeat by the same reviewer,
the known answer of a gold item, the last word on a disagreement, and each audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.records import Grade, Rating
from core.records import Judgement as Judgement
from core.words import name_of

OPEN_DESK = ""  # the round of ratings outside any audit
AGAIN = "again"  # the same reviewer's second answer, to measure self-consistency
GOLD = "gold"  # a known answer
FINAL = "final"  # an adjudicator's: it settles what an item counts as
DESK_ROUNDS = (OPEN_DESK, AGAIN)
LONGEST_NAME = 200
SAID = tuple(Judgement().as_mapping())  # the columns of a judgement, by its fields


@dataclass(frozen=True, slots=True)
class Act:
    """A rating or skip in the history that has not been undone."""

    id: int
    instance_id: int
    round: str
    kind: str
    text_hash: str
    said: Judgement
    at: float


def is_name(reviewer: str) -> bool:
    """Whether somebody can judge under this name: a desk elsewhere, a file and a screen hold to the same."""
    plain = not any("\ud800" <= character <= "\udfff" or character == "\x00" for character in reviewer)
    return plain and len(reviewer) <= LONGEST_NAME and bool(name_of(reviewer, LONGEST_NAME))


def judgement(row: Mapping[Any, Any]) -> Judgement:
    """A judgement from its columns, or from a draft that holds some of them; each has the column's name."""
    given = {name: row[name] for name in SAID if row.get(name) is not None}
    if "grade" in given:
        given["grade"] = Grade(given["grade"])
    if "flags" in given:
        given["flags"] = tuple(given["flags"])
    return Judgement(**given)


def columns(said: Judgement) -> dict[str, Any]:
    """A judgement as it is stored, the other way round."""
    stored = {name: getattr(said, name) for name in SAID}
    grade = said.grade.value if said.grade else None
    return {**stored, "grade": grade, "valid": said.counts_as_valid, "flags": list(dict.fromkeys(said.flags))}


def rating(row: sa.Row[Any]) -> Rating:
    whose = {name: getattr(row, name) for name in ("id", "instance_id", "reviewer", "text_hash", "at")}
    return Rating(**judgement(row._mapping).as_mapping(), **whose)


def act(row: sa.Row[Any]) -> Act:
    said = judgement(row._mapping)
    return Act(row.id, row.instance_id, row.round, row.kind, row.text_hash, said, row.at)
