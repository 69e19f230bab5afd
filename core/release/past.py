"""What was released before."""

from __future__ import annotations

import sqlalchemy as sa

from core.database import Database
from core.release.released import Released
from core.release.rows import releases


def rows_of_latest(c: sa.Connection, pool_id: int) -> int:
    """How many instances a pool's newest release holds; 0 without one."""
    return releases.rows_of_latest(c, pool_id)


def every(database: Database, pool_id: int) -> list[Released]:
    """A pool's releases, newest first."""
    with database.read() as c:
        return releases.of_pool(c, pool_id)


def newest_id(database: Database, pool_id: int) -> int:
    """The number of a pool's newest release; 0 without one."""
    with database.read() as c:
        return releases.newest_id(c, pool_id)
