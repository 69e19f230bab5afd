"""What the filters dropped, with rule and evidence, for a reader who may disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.schema import decisions, instances, tasks
from core.records import Decided, State


@dataclass(frozen=True, slots=True)
class Dropped:
    """One discarded candidate or instance; `decision_id` is its place in the ledger and the key to page by."""

    decision_id: int
    task_id: int
    instance_id: int | None
    rule: str
    evidence: Mapping[str, Any]
    instruction: str
    input: str
    output: str
    state: State
    run_id: int | None
    batch: int | None
    request_id: int | None


def page(
    c: sa.Connection,
    pool_id: int,
    *,
    rule: str | None = None,
    of_instances: bool = False,
    run_id: int | None = None,
    search: str = "",
    rescued: bool = False,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Dropped]:
    """Discards, newest first, read by key: those that stand, or with `rescued` those that people took back."""
    standing = instances.c.state if of_instances else tasks.c.state
    query = (
        sa.select(
            decisions.c.id.label("decision_id"),
            decisions.c.task_id,
            decisions.c.instance_id,
            decisions.c.rule,
            decisions.c.evidence,
            tasks.c.instruction,
            sa.func.coalesce(instances.c.input, "").label("input"),
            sa.func.coalesce(instances.c.output, "").label("output"),
            standing.label("state"),
            tasks.c.run_id,
            tasks.c.batch,
            sa.func.coalesce(instances.c.request_id, tasks.c.request_id).label("request_id"),
        )
        .join(tasks, tasks.c.id == decisions.c.task_id)
        .outerjoin(instances, instances.c.id == decisions.c.instance_id)
        .where(decisions.c.pool_id == pool_id, decisions.c.kind == Decided.DISCARD.value)
        .where(decisions.c.instance_id.is_not(None) if of_instances else decisions.c.instance_id.is_(None))
        .where((standing != State.DISCARDED.value) if rescued else (standing == State.DISCARDED.value))
        .where(decisions.c.undoes.is_(None))
    )
    if rule:
        query = query.where(decisions.c.rule == rule)
    if run_id is not None:
        query = query.where(tasks.c.run_id == run_id)
    if search:
        found = tasks.c.instruction.icontains(search, autoescape=True)
        if of_instances:
            found |= instances.c.input.icontains(search, autoescape=True)
            found |= instances.c.output.icontains(search, autoescape=True)
        query = query.where(found)
    if before_id is not None:
        query = query.where(decisions.c.id < before_id)
    rows = c.execute(query.order_by(decisions.c.id.desc()).limit(limit)).mappings()
    return [Dropped(**{**row, "state": State(row["state"])}) for row in rows]


def survival(c: sa.Connection, pool_id: int, run_id: int | None = None) -> dict[str, int]:
    """How many candidates each rule dropped at their arrival, whatever people did later."""
    query = (
        sa.select(decisions.c.rule, sa.func.count())
        .join(tasks, tasks.c.id == decisions.c.task_id)
        .where(decisions.c.pool_id == pool_id, decisions.c.kind == Decided.DISCARD.value)
        .where(decisions.c.instance_id.is_(None), decisions.c.undoes.is_(None))
        .group_by(decisions.c.rule)
    )
    if run_id is not None:
        query = query.where(tasks.c.run_id == run_id)
    return dict(c.execute(query).tuples().all())


def arrived(c: sa.Connection, pool_id: int, run_id: int | None = None) -> int:
    """How many candidates came, seeds not counted."""
    query = sa.select(sa.func.count()).where(tasks.c.pool_id == pool_id, tasks.c.origin != "seed")
    if run_id is not None:
        query = query.where(tasks.c.run_id == run_id)
    return int(c.execute(query).scalar_one())


def last_decision(c: sa.Connection, kind: Decided, task_id: int, instance_id: int | None) -> sa.Row[Any] | None:
    """The newest decision of a kind on a task, or on one of its instances."""
    its = decisions.c.instance_id.is_(None) if instance_id is None else decisions.c.instance_id == instance_id
    query = sa.select(decisions).where(decisions.c.task_id == task_id, its, decisions.c.kind == kind.value)
    return c.execute(query.order_by(decisions.c.id.desc()).limit(1)).first()
