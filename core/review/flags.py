"""The flags that reviewers choose from: the usual ones, and those that a pool has learnt."""

from __future__ import annotations

from core.database import Database
from core.pool import pool_settings, pools
from core.records import Pool, Refused

FLAG_LENGTH = 40


def flags_of(pool: Pool) -> tuple[str, ...]:
    """The flags that reviewers of a pool choose from."""
    return pool_settings.of(pool).flags


def flag_name(text: str) -> str:
    """A flag's name as it is stored; Refused where it is empty or too long."""
    name = " ".join(text.split())
    if not name or len(name) > FLAG_LENGTH or not name.isprintable():
        raise Refused(f"A flag has 1 to {FLAG_LENGTH} letters; choose a short name.")
    return name


def learn(database: Database, pool_id: int, text: str) -> tuple[str, tuple[str, ...]]:
    """Let a pool know a flag from now on; return its name, and all flags that the pool knows by now."""
    name = flag_name(text)
    with database.write() as c:
        known = flags_of(pools.by_id(c, pool_id))
        if name not in known:
            known = (*known, name)
            pools.configure(c, pool_id, flags=list(known))
    return name, known
