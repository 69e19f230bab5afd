"""The columns that imported rows brought into a pool and that became nothing else: to filter by and to release."""

from __future__ import annotations

from core.database import Database
from core.pool import beside


def columns_beside(database: Database, pool_id: int) -> list[str]:
    """Their names, in the order of the first rows; empty where nothing was kept beside."""
    with database.read() as c:
        return beside.columns(c, pool_id)
