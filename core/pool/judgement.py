"""What a person says of one text, and how it is read from a row.

A round keeps judgements apart that must not replace each other: the open desk, a hidden repeat by the same reviewer,
the known answer of a gold item, the last word on a disagreement, and each audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from core.records import Grade, Rating

OPEN_DESK = ""  # the round of ratings outside any audit
AGAIN = "again"  # the same reviewer's second answer, to measure self-consistency
GOLD = "gold"  # a known answer
FINAL = "final"  # an adjudicator's: it settles what an item counts as
DESK_ROUNDS = (OPEN_DESK, AGAIN)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reviewer says of one text: a grade, or only valid or not; the three questions; flags; a note."""

    grade: Grade | None = None
    valid: bool | None = None
    instruction_valid: bool | None = None
    input_appropriate: bool | None = None
    output_correct: bool | None = None
    flags: tuple[str, ...] = ()
    note: str = ""
    seconds: float | None = None

    def with_answers(self, answers: Mapping[str, bool | None]) -> Judgement:
        """The same with these answers to the questions, by their keys."""
        by_name: dict[str, Any] = {**answers}
        return replace(self, **by_name)

    @property
    def counts_as_valid(self) -> bool | None:
        """What was said of valid or not: by itself, else by the grade."""
        return self.grade.is_valid if self.valid is None and self.grade else self.valid


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


def rating(row: sa.Row[Any]) -> Rating:
    return Rating(
        row.id,
        row.instance_id,
        row.reviewer,
        row.text_hash,
        Grade(row.grade) if row.grade else None,
        row.valid,
        row.instruction_valid,
        row.input_appropriate,
        row.output_correct,
        tuple(row.flags),
        row.note,
        row.at,
    )


def judgement(row: Mapping[Any, Any]) -> Judgement:
    """A judgement from its columns, or from a draft that holds some of them."""
    return Judgement(
        Grade(row["grade"]) if row.get("grade") else None,
        row.get("valid"),
        row.get("instruction_valid"),
        row.get("input_appropriate"),
        row.get("output_correct"),
        tuple(row.get("flags") or ()),
        row.get("note") or "",
        row.get("seconds"),
    )


def columns(said: Judgement) -> dict[str, Any]:
    """A judgement as it is stored, the other way round."""
    return {
        "kind": "rate",
        "grade": said.grade.value if said.grade else None,
        "valid": said.counts_as_valid,
        "instruction_valid": said.instruction_valid,
        "input_appropriate": said.input_appropriate,
        "output_correct": said.output_correct,
        "flags": list(dict.fromkeys(said.flags)),
        "note": said.note,
        "seconds": said.seconds,
    }


def act(row: sa.Row[Any]) -> Act:
    said = judgement(row._mapping)
    return Act(row.id, row.instance_id, row.round, row.kind, row.text_hash, said, row.at)
