"""Which text a request was about, and so which task came of which text; which tasks still wait for their answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from core.corpus.texts_kept import CorpusText, text_of
from core.database.engine import insert_new
from core.database.parts import by_no_index, in_parts
from core.database.schema import corpus_texts, decisions, instances, reversals, tasks
from core.records import Decided, Origin, State


def link(c: sa.Connection, asked: Sequence[tuple[int, int]]) -> None:
    """Note which text each request for an instruction was about: (request, text)."""
    insert_new(c, reversals, ("request_id", "text_id"), asked)


def source_of(c: sa.Connection, task_id: int) -> CorpusText | None:
    """The text that a task's instruction was made from; None for a task that came from no text.

    Found by the task's request, so that a copy of the task (in another pool, as a seed) has it too.
    """
    return sources_of(c, [task_id]).get(task_id)


def sources_of(c: sa.Connection, task_ids: Sequence[int]) -> dict[int, CorpusText]:
    """The texts of many tasks, by task id; tasks that came from no text are left out."""
    found: dict[int, CorpusText] = {}
    for piece in in_parts(task_ids):
        query = (
            sa.select(corpus_texts, tasks.c.id.label("task_id"))
            .join(reversals, reversals.c.text_id == corpus_texts.c.id)
            .join(tasks, tasks.c.request_id == reversals.c.request_id)
            .where(tasks.c.id.in_(piece))
        )
        found |= {row.task_id: text_of(row) for row in c.execute(query)}
    return found


def approved(c: sa.Connection, pool_id: int) -> Iterator[tuple[str, str, str]]:
    """(text, instruction, answer) of the answers that reviewers found valid as they stand, streamed."""
    query = (
        sa.select(corpus_texts.c.text, tasks.c.instruction, instances.c.output)
        .select_from(
            instances.join(tasks, tasks.c.id == instances.c.task_id)
            .join(reversals, reversals.c.request_id == tasks.c.request_id)
            .join(corpus_texts, corpus_texts.c.id == reversals.c.text_id)
        )
        .where(
            instances.c.pool_id == pool_id,
            instances.c.is_seed.is_(False),
            instances.c.state == State.ACCEPTED.value,
            instances.c.rated > 0,
            instances.c.valid.is_(True),
        )
        .order_by(instances.c.id)
    )
    yield from c.execute(query, execution_options={"yield_per": 1000}).tuples()


def unanswered(
    c: sa.Connection, pool_id: int, run_id: int | None = None, *, after_id: int = 0, limit: int = 1000
) -> list[int]:
    """The accepted tasks whose answer is still to be asked for, by id; with `run_id` its own and those people rescued.

    Only tasks whose text is known count.
    """
    query = (
        sa.select(tasks.c.id)
        .join(reversals, reversals.c.request_id == tasks.c.request_id)
        .where(
            tasks.c.pool_id == pool_id,
            tasks.c.origin == Origin.REINSTRUCT.value,
            tasks.c.state == State.ACCEPTED.value,
            tasks.c.completed_at.is_(None),
            tasks.c.id > after_id,
        )
    )
    if run_id is not None:
        rescued = sa.select(decisions.c.id).where(
            decisions.c.task_id == tasks.c.id,
            by_no_index(decisions.c.instance_id).is_(None),
            decisions.c.kind == Decided.RESCUE.value,
        )
        query = query.where((tasks.c.run_id == run_id) | rescued.exists())
    return list(c.execute(query.order_by(tasks.c.id).limit(limit)).scalars())


def unanswered_count(c: sa.Connection, pool_id: int) -> int:
    """How many accepted tasks have no answer yet."""
    query = (
        sa.select(sa.func.count())
        .select_from(tasks)
        .where(
            tasks.c.pool_id == pool_id,
            tasks.c.origin == Origin.REINSTRUCT.value,
            tasks.c.state == State.ACCEPTED.value,
            tasks.c.completed_at.is_(None),
        )
    )
    return int(c.execute(query).scalar_one())
