"""Whether a pool's tokeniser can see the letters that its tasks are written in."""

from __future__ import annotations

from core.database import Database
from core.gate.sight import BLIND
from core.novelty import unseen_share
from core.pool import pool_settings, tasks
from core.records import Pool


def unseen_letters(database: Database, pool: Pool) -> float:
    """The share of the letters in a pool's seeds and newest tasks that its tokeniser can't see, 0 to 1."""
    with database.read() as c:
        texts = [task.instruction for task in tasks.seeds(c, pool.id)]
        texts += tasks.newest_texts(c, pool.id, 200)
    return unseen_share(texts, pool_settings.of(pool).tokeniser)


def blindness(database: Database, pool: Pool) -> str:
    """What a person must know where the pool's tokeniser can't see a good part of its text, "" where it can."""
    share, tokeniser = unseen_letters(database, pool), pool_settings.of(pool).tokeniser
    if share <= BLIND:
        return ""
    return (
        f"The tokeniser of this pool ({tokeniser}) can't see {share:.0%} of the letters in its tasks, so that "
        "repetitions pass as new; choose the tokeniser unicode on the page Pools and import."
    )
