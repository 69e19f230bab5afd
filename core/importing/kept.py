"""The columns that files brought into a pool and that became nothing else: to filter by and to release."""

from __future__ import annotations

from core.database import Database
from core.importing.rows import imports


def columns_kept(database: Database, pool_id: int) -> list[str]:
    """Their names, in the order in which files brought them; as the imports that ended reported them."""
    with database.read() as c:
        return imports.columns_kept(c, pool_id)
