"""Answers beside their sources, for whoever looks at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.corpus.texts_kept import CorpusText
from core.database import Database
from core.pool import tasks
from core.records import Discard
from core.reinstruct.rows import groundings, reversals
from core.reinstruct.rows.groundings import Grounded as Grounded
from core.reinstruct.rows.groundings import ReversedAnswer as ReversedAnswer
from core.reinstruct.rows.groundings import Sifting as Sifting


@dataclass(frozen=True, slots=True)
class Sifted:
    """The answers that were wanted, and the support of every answer of the pool that stands, lowest first."""

    answers: list[ReversedAnswer]
    supports: Sequence[float]


def sifted(database: Database, pool_id: int, wanted: Sifting, limit: int) -> Sifted:
    """Instructions and their answers in order of arrival, as they are wanted, at one moment."""
    with database.read() as c:
        return Sifted(groundings.page(c, pool_id, wanted, limit=limit), groundings.supports(c, pool_id))


def batch(
    database: Database, pool_id: int, run_id: int, number: int
) -> tuple[list[ReversedAnswer], Mapping[int, Discard]]:
    """What a batch brought, and by task id what dropped an instruction of it."""
    with database.read() as c:
        answers = groundings.page(c, pool_id, Sifting(run_id=run_id, batch=number), limit=1000)
        return answers, tasks.evidence(c, [one.task_id for one in answers])


def task_ids(database: Database, pool_id: int, wanted: Sifting) -> list[int]:
    """The tasks of all the answers that are wanted and stand, for a queue of exactly these."""
    with database.read() as c:
        return groundings.task_ids(c, pool_id, wanted)


def supports(database: Database, pool_id: int) -> Sequence[float]:
    """The support of every answer that stands, lowest first."""
    with database.read() as c:
        return groundings.supports(c, pool_id)


def unanswered(database: Database, pool_id: int) -> int:
    """How many accepted instructions have no answer yet."""
    with database.read() as c:
        return reversals.unanswered_count(c, pool_id)


def source_of(database: Database, task_id: int) -> CorpusText | None:
    """The text that a task's instruction was made from; None for a task that came from no text."""
    with database.read() as c:
        return reversals.source_of(c, task_id)
