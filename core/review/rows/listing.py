"""Instances as rows of a table, read by key; a reviewer sees their own grades and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.database.schema import instances, standings, tasks
from core.pool import filters
from core.pool.filters import Filter


@dataclass(frozen=True, slots=True)
class TableRow:
    """One instance in a table. `mine` is the reviewer's own grade, or valid or invalid."""

    instance_id: int
    task_id: int
    instruction: str
    input: str
    output: str
    rated: int
    mine: str | None


def page(
    c: sa.Connection, pool_id: int, wanted: Filter, reviewer: str, *, after_id: int = 0, limit: int = 200
) -> list[TableRow]:
    """The first rows that a filter means, by id."""
    its = (
        (standings.c.instance_id == instances.c.id)
        & (standings.c.reviewer == reviewer)
        & (standings.c.round == "")
        & (standings.c.kind == "rate")
        & (standings.c.text_hash == instances.c.text_hash)
    )
    query = (
        sa.select(
            instances.c.id,
            instances.c.task_id,
            tasks.c.instruction,
            instances.c.input,
            instances.c.output,
            instances.c.rated,
            standings.c.grade,
            standings.c.valid,
        )
        .join(tasks, tasks.c.id == instances.c.task_id)
        .join(standings, its, isouter=True)
        .where(*filters.where(c, pool_id, wanted), instances.c.id > after_id)
        .order_by(instances.c.id)
        .limit(limit)
    )
    if wanted.task_ids is not None:
        query = query.where(instances.c.task_id.in_(wanted.task_ids[:5000]))
    return [
        TableRow(r.id, r.task_id, r.instruction, r.input, r.output, r.rated, _said(r.grade, r.valid))
        for r in c.execute(query)
    ]


def _said(grade: str | None, valid: bool | None) -> str | None:
    if grade is not None or valid is None:
        return grade
    return "valid" if valid else "invalid"
