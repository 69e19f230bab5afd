"""Judgements of two responses by a machine, asked here or imported; only ever inserted into."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.database.parts import in_parts
from core.database.schema import evaluation_models, evaluation_preferences


@dataclass(frozen=True, slots=True)
class NewPreference:
    """A judgement about to be stored. `model_first`: the judge read the model's answer before the baseline's."""

    task_id: int
    baseline_id: int
    model_id: int
    annotator: str
    preference: float | None
    baseline_length: int
    model_length: int
    model_first: bool = False
    run_id: int | None = None
    request_id: int | None = None
    prompt_hash: str = ""


@dataclass(frozen=True, slots=True)
class StoredPreference:
    """A judgement as stored; `run_id` is None where it was imported."""

    task_id: int
    baseline: str
    model: str
    annotator: str
    preference: float | None
    baseline_length: int
    model_length: int
    model_first: bool
    run_id: int | None
    prompt_hash: str
    created_at: float


def add(c: sa.Connection, set_id: int, new: Sequence[NewPreference]) -> int:
    """Store those that are not there yet; return how many were new."""
    table = evaluation_preferences
    by = (table.c.task_id, table.c.baseline_id, table.c.model_id, table.c.annotator, table.c.model_first)
    query = sa.select(*by, table.c.prompt_hash)
    about = sorted({each.task_id for each in new})
    there = {tuple(row) for some in in_parts(about) for row in c.execute(query.where(table.c.task_id.in_(some)))}
    now, rows = time.time(), []
    for each in new:
        key = (each.task_id, each.baseline_id, each.model_id, each.annotator, each.model_first, each.prompt_hash)
        if key in there:
            continue
        there.add(key)
        rows.append(
            {
                "set_id": set_id,
                "task_id": each.task_id,
                "baseline_id": each.baseline_id,
                "model_id": each.model_id,
                "annotator": each.annotator,
                "run_id": each.run_id,
                "request_id": each.request_id,
                "model_first": each.model_first,
                "preference": each.preference,
                "baseline_length": each.baseline_length,
                "model_length": each.model_length,
                "prompt_hash": each.prompt_hash,
                "created_at": now,
            }
        )
    if rows:
        c.execute(table.insert(), rows)
    return len(rows)


def newest(c: sa.Connection, set_id: int) -> int:
    """The id of a set's latest judgement: they are only ever added."""
    table = evaluation_preferences
    return int(c.execute(sa.select(sa.func.max(table.c.id)).where(table.c.set_id == set_id)).scalar() or 0)


def of_set(c: sa.Connection, set_id: int) -> list[StoredPreference]:
    """A set's judgements in the order in which they came."""
    table = evaluation_preferences
    baseline, model = evaluation_models.alias("baseline"), evaluation_models.alias("model")
    query = (
        sa.select(table, baseline.c.name.label("baseline"), model.c.name.label("model"))
        .join(baseline, baseline.c.id == table.c.baseline_id)
        .join(model, model.c.id == table.c.model_id)
        .where(table.c.set_id == set_id)
        .order_by(table.c.id)
    )
    return [
        StoredPreference(
            row.task_id,
            row.baseline,
            row.model,
            row.annotator,
            row.preference,
            row.baseline_length,
            row.model_length,
            row.model_first,
            row.run_id,
            row.prompt_hash,
            row.created_at,
        )
        for row in c.execute(query)
    ]
