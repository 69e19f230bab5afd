"""Which tasks a prompt may show: the paper draws from all that were accepted; a named setting steers gently."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.records import Task
from core.selfinstruct.settings import SelfInstructSettings
from core.store import tasks


def seed_examples(seeds: Sequence[Task], settings: SelfInstructSettings) -> list[int]:
    """The seeds to draw from, in order: all, or the classification ones where only such tasks are wanted."""
    labelled = [seed.id for seed in seeds if seed.is_classification]
    return labelled if settings.classification_only and labelled else [seed.id for seed in seeds]


def machine_examples(c: sa.Connection, pool_id: int, settings: SelfInstructSettings) -> list[int]:
    """The machine-made tasks to draw from, in order of arrival.

    With `approved_examples_only` those with an instance rated A or B.
    """
    return tasks.machine_made(c, pool_id, approved_only=settings.approved_examples_only)
