"""Ratings that were made elsewhere: found a place by instance or by text, and added once."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from core.store import reviews
from core.store.reviews import OPEN_DESK, Judgement
from core.store.schema import instances, ratings


@dataclass(frozen=True, slots=True)
class Incoming:
    """A rating from a file. `text_hash` names the judged text; it and `at` are None where the file does not say."""

    reviewer: str
    said: Judgement
    instance_id: int | None
    text_hash: str | None
    at: float | None


def place(c: sa.Connection, pool_id: int, row: Incoming) -> Incoming | str:
    """The same rating with its instance and text settled, or the reason why it has none in this pool."""
    found = _by_id(c, pool_id, row) if row.instance_id is not None else None
    if found is not None and row.text_hash in (None, found.text_hash):
        return replace(row, instance_id=found.id, text_hash=found.text_hash)
    if row.text_hash is not None:
        same = sa.select(instances.c.id).where(
            instances.c.pool_id == pool_id, instances.c.text_hash == row.text_hash, instances.c.is_seed.is_(False)
        )
        instance_id = c.execute(same.order_by(instances.c.id).limit(1)).scalar()
        if instance_id is not None:
            return replace(row, instance_id=instance_id)
        if found is not None and _was_rated(c, found.id, row.text_hash):
            return replace(row, instance_id=found.id)  # of an earlier text: it stays on record, stale
        return "no instance of this pool has this text"
    return f"there is no instance {row.instance_id} in this pool"


def add(c: sa.Connection, pool_id: int, row: Incoming) -> bool:
    """Store a rating that has been placed; False where this reviewer said the very same of that text before."""
    assert row.instance_id is not None and row.text_hash is not None
    if _is_known(c, row):
        return False
    at = time.time() if row.at is None else row.at
    reviews.add_from_elsewhere(c, pool_id, row.instance_id, row.reviewer, row.text_hash, row.said, at)
    return True


def _by_id(c: sa.Connection, pool_id: int, row: Incoming) -> Any:
    query = sa.select(instances.c.id, instances.c.text_hash).where(
        instances.c.id == row.instance_id, instances.c.pool_id == pool_id, instances.c.is_seed.is_(False)
    )
    return c.execute(query).first()


def _is_known(c: sa.Connection, row: Incoming) -> bool:
    said = row.said
    query = sa.select(ratings.c.flags, ratings.c.note, ratings.c.at).where(
        ratings.c.instance_id == row.instance_id,
        ratings.c.reviewer == row.reviewer,
        ratings.c.round == OPEN_DESK,
        ratings.c.kind == "rate",
        ratings.c.text_hash == row.text_hash,
    )
    for column, value in (
        (ratings.c.grade, said.grade.value if said.grade else None),
        (ratings.c.valid, said.counts_as_valid),
        (ratings.c.instruction_valid, said.instruction_valid),
        (ratings.c.input_appropriate, said.input_appropriate),
        (ratings.c.output_correct, said.output_correct),
    ):
        query = query.where(column.is_(None) if value is None else column == value)
    return any(
        sorted(one.flags) == sorted(set(said.flags))
        and one.note == said.note
        and (row.at is None or abs(one.at - row.at) < 1e-3)
        for one in c.execute(query)
    )


def _was_rated(c: sa.Connection, instance_id: int, text_hash: str) -> bool:
    query = sa.select(ratings.c.id).where(ratings.c.instance_id == instance_id, ratings.c.text_hash == text_hash)
    return c.execute(query.limit(1)).first() is not None
