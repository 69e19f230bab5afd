"""What was said and changed before: a reviewer's own ratings, and the versions of a text."""

from __future__ import annotations

from collections.abc import Sequence

from core.database import Database
from core.pool import edits, items, members, open_answers, tasks
from core.pool.edits import Edit as Edit
from core.pool.members import Held
from core.records import Instance
from core.review.rows import rating_history
from core.review.rows.rating_history import Remembered as Remembered


def of_reviewer(database: Database, pool_id: int, reviewer: str, limit: int = 100) -> list[Remembered]:
    """A reviewer's ratings and skips at the desk that stand, latest first."""
    with database.read() as c:
        return rating_history.of_reviewer(c, pool_id, reviewer, limit=limit)


def changes(database: Database, instance_id: int) -> list[Edit]:
    """What was changed of an instance and its instruction, oldest first."""
    with database.read() as c:
        return edits.history(c, items.get(c, instance_id).task_id, instance_id)


def releases(database: Database, instance_id: int, viewer: str) -> tuple[Held, ...] | None:
    """The releases that held an instance, the oldest first; None while that would colour the viewer's own judgement:
    what went out was approved by somebody."""
    with database.read() as c:
        return tuple(members.of_instance(c, instance_id)) if open_answers.is_open(c, instance_id, viewer) else None


def texts(database: Database, instance_ids: Sequence[int]) -> list[Instance]:
    """These instances with their texts, in the order given."""
    with database.read() as c:
        return [tasks.instance(c, instance_id) for instance_id in instance_ids]
