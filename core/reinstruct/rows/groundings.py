"""Answers beside their sources: how much of each the source supports, kept so that answers can be sifted by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.engine import upsert
from core.database.parts import by_no_index
from core.database.schema import corpus_texts, edits, groundings, instances, reversals, tasks
from core.records import Origin, State


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """An answer without a grounding of its present text, and the text that it was made from."""

    instance_id: int
    pool_id: int
    text_hash: str
    answer: str
    source: str


@dataclass(frozen=True, slots=True)
class Grounded:
    """What is kept of an answer's grounding.

    `support` is 0 to 1; `sentences` are (start, end, support); `numbers` and `names` are those the source lacks.
    """

    support: float
    sentences: tuple[tuple[int, int, float], ...]
    numbers: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReversedAnswer:
    """A reversed instruction and the answer to it, with what became of both.

    `instance_id` is None while no answer has come. `rule` is what dropped the instruction, or else the answer.
    """

    task_id: int
    instance_id: int | None
    text_id: int
    source: str
    line: int
    instruction: str
    answer: str
    task_state: State
    answer_state: State | None
    rule: str | None
    run_id: int | None
    batch: int | None
    demo: bool
    rated: int
    grounded: Grounded | None


@dataclass(frozen=True, slots=True)
class Sifting:
    """Which answers are wanted. `most_support` and `doubtful` (a number or name of its own) look at the grounding."""

    run_id: int | None = None
    batch: int | None = None
    standing: bool = False
    most_support: float | None = None
    doubtful: bool = False
    search: str = ""


def keep(c: sa.Connection, of: Unmeasured, found: Grounded) -> None:
    """Keep an answer's grounding in place of an earlier one."""
    row = {
        "instance_id": of.instance_id,
        "pool_id": of.pool_id,
        "text_hash": of.text_hash,
        "support": found.support,
        "unsupported": len(found.numbers) + len(found.names),
        "found": {
            "sentences": [list(sentence) for sentence in found.sentences],
            "numbers": list(found.numbers),
            "names": list(found.names),
        },
    }
    insert = upsert(c, groundings).values(row)
    changed = {name: insert.excluded[name] for name in row if name not in ("instance_id", "pool_id")}
    c.execute(insert.on_conflict_do_update(index_elements=["instance_id"], set_=changed))


def unmeasured(
    c: sa.Connection, pool_id: int, task_id: int | None = None, *, edited_only: bool = False, limit: int = 500
) -> list[Unmeasured]:
    """Answers whose present text has no grounding: new ones, and those edited since.

    With `edited_only` looks at edited tasks alone, which costs next to nothing however large the pool is.
    """
    query = (
        sa.select(instances.c.id, instances.c.pool_id, instances.c.text_hash, instances.c.output, corpus_texts.c.text)
        .select_from(_answers())
        .where(tasks.c.pool_id == pool_id, tasks.c.origin == Origin.REINSTRUCT.value, instances.c.id.is_not(None))
        .where(groundings.c.instance_id.is_(None) | (groundings.c.text_hash != instances.c.text_hash))
    )
    if task_id is not None:
        query = query.where(tasks.c.id == task_id)
    if edited_only:
        query = query.where(tasks.c.id.in_(sa.select(edits.c.task_id).where(edits.c.pool_id == pool_id)))
    return [Unmeasured(*row) for row in c.execute(query.order_by(instances.c.id).limit(limit)).tuples()]


def page(
    c: sa.Connection, pool_id: int, wanted: Sifting, *, after_id: int = 0, limit: int = 100
) -> list[ReversedAnswer]:
    """Instructions and their answers in order of arrival, read by key (a task's id)."""
    query = (
        sa.select(
            tasks.c.id.label("task_id"),
            instances.c.id.label("instance_id"),
            corpus_texts.c.id.label("text_id"),
            corpus_texts.c.source,
            corpus_texts.c.line,
            tasks.c.instruction,
            sa.func.coalesce(instances.c.output, "").label("answer"),
            tasks.c.state.label("task_state"),
            instances.c.state.label("answer_state"),
            sa.func.coalesce(tasks.c.rule, instances.c.rule).label("rule"),
            tasks.c.run_id,
            tasks.c.batch,
            tasks.c.demo,
            sa.func.coalesce(instances.c.rated, 0).label("rated"),
            groundings.c.support,
            groundings.c.found,
        )
        .select_from(_answers())
        .where(*_where(pool_id, wanted), tasks.c.id > after_id)
        .order_by(tasks.c.id, instances.c.position)
        .limit(limit)
    )
    return [_answer(row) for row in c.execute(query).mappings()]


def task_ids(c: sa.Connection, pool_id: int, wanted: Sifting) -> list[int]:
    """The tasks of all the answers that are wanted and stand, for a queue of exactly these."""
    stands = instances.c.state == State.ACCEPTED.value
    query = sa.select(tasks.c.id).distinct().select_from(_answers()).where(*_where(pool_id, wanted), stands)
    return list(c.execute(query.order_by(tasks.c.id)).scalars())


def supports(c: sa.Connection, pool_id: int) -> Sequence[float]:
    """The support of every answer that stands, lowest first."""
    query = (
        sa.select(groundings.c.support)
        .join(instances, instances.c.id == groundings.c.instance_id)
        .where(groundings.c.pool_id == pool_id, instances.c.state == State.ACCEPTED.value)
    )
    return list(c.execute(query.order_by(groundings.c.support)).scalars())


def _answers() -> sa.FromClause:
    return (
        tasks.join(reversals, reversals.c.request_id == tasks.c.request_id)
        .join(corpus_texts, corpus_texts.c.id == reversals.c.text_id)
        .outerjoin(instances, instances.c.task_id == tasks.c.id)
        .outerjoin(groundings, groundings.c.instance_id == instances.c.id)
    )


def _where(pool_id: int, wanted: Sifting) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [
        (tasks.c.pool_id if wanted.run_id is None else by_no_index(tasks.c.pool_id)) == pool_id,
        tasks.c.origin == Origin.REINSTRUCT.value,
    ]
    if wanted.run_id is not None:
        found.append(tasks.c.run_id == wanted.run_id)
    if wanted.batch is not None:
        found.append(tasks.c.batch == wanted.batch)
    if wanted.standing:
        found.append(instances.c.state == State.ACCEPTED.value)
    if wanted.most_support is not None:
        found.append(groundings.c.support <= wanted.most_support)
    if wanted.doubtful:
        found.append(groundings.c.unsupported > 0)
    if wanted.search:
        columns = (tasks.c.instruction, instances.c.output, corpus_texts.c.source)
        found.append(sa.or_(*(column.icontains(wanted.search, autoescape=True) for column in columns)))
    return found


def _answer(row: sa.RowMapping) -> ReversedAnswer:
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    support, found = values.pop("support"), values.pop("found")
    grounded = None
    if found is not None:
        sentences = tuple((start, end, share) for start, end, share in found["sentences"])
        grounded = Grounded(support, sentences, tuple(found["numbers"]), tuple(found["names"]))
    values["task_state"] = State(values["task_state"])
    values["answer_state"] = State(values["answer_state"]) if values["answer_state"] else None
    return ReversedAnswer(**values, grounded=grounded)
