"""What the filters dropped, with rule and evidence, for a reader who may disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.parts import by_no_index
from core.database.schema import decisions, discard_counts, instance_counts, instances, task_counts, tasks
from core.pool import then
from core.pool.tasks import WITH_TASK
from core.records import Decided, Origin, State


@dataclass(frozen=True, slots=True)
class Discarded:
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
) -> list[Discarded]:
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
    return [Discarded(**{**row, "state": State(row["state"])}) for row in rows]


def of_candidates(c: sa.Connection, pool_id: int) -> dict[str, Any]:
    """The fields of a Survival of a pool's candidates: by their state now, and by what dropped them at arrival."""
    own = (task_counts.c.pool_id == pool_id, task_counts.c.origin != Origin.SEED.value)
    return _survival(_by(c, task_counts, task_counts.c.state, *own), _dropped(c, pool_id, of_instance=False))


def of_candidates_at(c: sa.Connection, pool_id: int, at: float) -> dict[str, Any]:
    """The same as it was at a time (seconds since 1970), from the history."""
    fates = then.fates(c, pool_id, at)
    dropped = Counter(rule for rule, _ in fates if rule is not None)
    by_rule = dict(sorted(dropped.items(), key=lambda one: (-one[1], one[0])))
    return _survival(Counter(state.value for _, state in fates), by_rule)


def of_answers(c: sa.Connection, pool_id: int) -> dict[str, Any]:
    """The fields of a Survival of the instances of a pool's tasks, those aside that only went with their task."""
    counted = instance_counts.c
    own = (counted.pool_id == pool_id, counted.is_seed.is_(False), counted.rule != WITH_TASK)
    return _survival(_by(c, instance_counts, counted.state, *own), _dropped(c, pool_id, of_instance=True))


def _dropped(c: sa.Connection, pool_id: int, *, of_instance: bool) -> dict[str, int]:
    counted = discard_counts.c
    return _by(c, discard_counts, counted.rule, counted.pool_id == pool_id, counted.of_instance.is_(of_instance))


def _by(c: sa.Connection, counts: sa.Table, key: sa.Column[str], *which: sa.ColumnElement[bool]) -> dict[str, int]:
    """What the database has counted, by one of the keys, most first."""
    n = sa.func.sum(counts.c.n)
    query = sa.select(key, n).where(*which, counts.c.n > 0).group_by(key).order_by(n.desc(), key)
    return {said: int(each) for said, each in c.execute(query).tuples()}


def _survival(states: Mapping[str, int], dropped: Mapping[str, int]) -> dict[str, Any]:
    return {
        "arrived": sum(states.values()),
        "dropped": dropped,
        "rescued": sum(dropped.values()) - states.get(State.DISCARDED.value, 0),
        "taken_out": states.get(State.REJECTED.value, 0),
        "accepted": states.get(State.ACCEPTED.value, 0),
    }


def last_decision(c: sa.Connection, kind: Decided, task_id: int, instance_id: int | None) -> sa.Row[Any] | None:
    """The newest decision of a kind on a task, or on one of its instances."""
    its = (
        by_no_index(decisions.c.instance_id).is_(None)
        if instance_id is None
        else decisions.c.instance_id == instance_id
    )
    query = sa.select(decisions).where(decisions.c.task_id == task_id, its, decisions.c.kind == kind.value)
    return c.execute(query.order_by(decisions.c.id.desc()).limit(1)).first()
