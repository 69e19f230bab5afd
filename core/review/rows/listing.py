"""Instances as rows of a table, read by key; a reviewer sees their own grades and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.database.schema import instances, standings, tasks
from core.pool import filters, tallies
from core.pool.filters import Filter

MANY = 20  # of so many instances one fits at least


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
    c: sa.Connection, pool_id: int, wanted: Filter, reviewer: str, *, fitting: int, limit: int = 200
) -> list[TableRow]:
    """The first rows that a filter means, by id; `fitting`: how many it means in all.

    Many are met soon by who goes through all ids; few are found first, and put in order.
    """
    newest = tallies.newest_instance(c)
    among = range(1, newest + 1) if fitting * MANY > newest else None
    mine = standings.alias("mine")  # a filter has standings of its own
    its = (
        (mine.c.instance_id == instances.c.id)
        & (mine.c.reviewer == reviewer)
        & (mine.c.round == "")
        & (mine.c.kind == "rate")
        & (mine.c.text_hash == instances.c.text_hash)
    )
    query = (
        sa.select(
            instances.c.id,
            instances.c.task_id,
            tasks.c.instruction,
            instances.c.input,
            instances.c.output,
            instances.c.rated,
            mine.c.grade,
            mine.c.valid,
        )
        .join(tasks, tasks.c.id == instances.c.task_id)
        .join(mine, its, isouter=True)
        .where(*filters.where(c, pool_id, wanted, among))
        .order_by(instances.c.id)
        .limit(limit)
    )
    found = [row for part in filters.by_ids(query, wanted) for row in c.execute(part)]
    return [
        TableRow(r.id, r.task_id, r.instruction, r.input, r.output, r.rated, _said(r.grade, r.valid))
        for r in sorted(found, key=lambda row: int(row.id))[:limit]
    ]


def _said(grade: str | None, valid: bool | None) -> str | None:
    if grade is not None or valid is None:
        return grade
    return "valid" if valid else "invalid"
