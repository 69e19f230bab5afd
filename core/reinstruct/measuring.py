"""The grounding of answers as the pool keeps it: measured when they come, and again after an edit."""

from __future__ import annotations

import sqlalchemy as sa

from core.database import Database
from core.reinstruct.grounding import ground
from core.reinstruct.rows import groundings
from core.reinstruct.rows.groundings import Grounded


def grounded(answer: str, source: str) -> Grounded:
    """Return how far the source supports the answer, in the form that is kept."""
    found = ground(answer, source)
    sentences = tuple((one.start, one.end, one.support) for one in found.sentences)
    return Grounded(found.support, sentences, found.numbers, found.names)


def measure(c: sa.Connection, pool_id: int, task_id: int | None = None, *, edited_only: bool = False) -> int:
    """Measure answers that have no grounding of their present text, and keep it; return how many there were."""
    left = groundings.unmeasured(c, pool_id, task_id, edited_only=edited_only)
    for one in left:
        groundings.keep(c, one, grounded(one.answer, one.source))
    return len(left)


def measure_all(database: Database, pool_id: int, *, edited_only: bool = False) -> int:
    """Measure what edits and copies have left unmeasured in a pool, in short transactions; return how many there were.

    `edited_only` spares the look at every answer, for whoever has had it done before.
    """
    with database.read() as c:
        if not groundings.unmeasured(c, pool_id, edited_only=edited_only, limit=1):
            return 0
    done = 0
    while True:
        with database.write() as c:
            n = measure(c, pool_id, edited_only=edited_only)
        done += n
        if not n:
            return done
