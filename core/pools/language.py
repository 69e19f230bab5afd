"""Whether a pool's tokeniser can see the letters that its tasks are written in."""

from __future__ import annotations

from core.database import Database
from core.gate.sight import blind_to
from core.pool import pool_settings, tasks
from core.records import Pool


def blindness(database: Database, pool: Pool) -> str:
    """What a person must know where the pool's tokeniser can't see a good part of its text, "" where it can."""
    with database.read() as c:
        texts = [task.instruction for task in tasks.seeds(c, pool.id)]
        texts += tasks.newest_texts(c, pool.id, 200)
    return blind_to(pool_settings.of(pool).tokeniser, texts, "its tasks")
