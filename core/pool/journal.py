"""Acts that leave no name elsewhere: who started, paused and resumed runs, changed settings, archived, imported.

Append-only. Written in the transaction of the act itself, so that what is done is known to have been done by somebody.
"""

from __future__ import annotations

import time
from enum import StrEnum

import sqlalchemy as sa

from core.actor import acting
from core.database.schema import journal


class Noted(StrEnum):
    """What was done. `about` is the run's number, the import's, the queue's, the fine-tuning job's."""

    STARTED = "started a run"
    RESUMED = "resumed a run"
    PAUSED = "paused a run"
    STOPPED = "stopped a run"
    IMPORTED = "imported"
    TOOK_RATINGS = "took ratings in"
    MADE = "made the pool"
    RENAMED = "renamed the pool"
    ARCHIVED = "archived the pool"
    BROUGHT_BACK = "took the pool out of the archive"
    SET = "changed a setting"
    SEEDED = "added seeds"
    CLOSED = "closed a queue"
    LEFT_OUT = "left texts out"
    LET_WAIT = "let texts wait again"
    TUNED = "asked for a fine-tuning"
    STOPPED_TUNING = "stopped a fine-tuning"
    CHOSE_MODEL = "chose a model"
    SET_PRICES = "entered prices"
    BACKED_UP = "wrote a backup"
    RESTORED = "put a backup in place"


# Of no pool: every pool's history has them.
EVERYWHERE = (Noted.CHOSE_MODEL, Noted.SET_PRICES, Noted.BACKED_UP, Noted.RESTORED)
OF_A_ROW = (Noted.STARTED, Noted.IMPORTED)  # the act has a row of its own, which the history shows with this name


def note(c: sa.Connection, pool_id: int | None, what: Noted, about: int | None = None, detail: str = "") -> None:
    """Write down that whoever acts did this, to a run or another thing of that number."""
    row = {"pool_id": pool_id, "kind": what.value, "about": about, "detail": detail}
    c.execute(journal.insert().values(**row, actor=acting(), at=time.time()))


def taken_up(c: sa.Connection, run_id: int) -> tuple[bool, list[float]]:
    """Whether the run's start was noted, as since the journal is kept, and when it was resumed (seconds since 1970)."""
    query = sa.select(journal.c.kind, journal.c.at).where(
        journal.c.about == run_id, journal.c.kind.in_([Noted.STARTED.value, Noted.RESUMED.value])
    )
    found = c.execute(query.order_by(journal.c.id)).all()
    return any(row.kind == Noted.STARTED.value for row in found), [
        row.at for row in found if row.kind == Noted.RESUMED.value
    ]
