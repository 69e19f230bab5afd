"""What was released before, for whoever looks at the whole pool."""

from __future__ import annotations

import sqlalchemy as sa

from core.release.rows import releases


def rows_of_latest(c: sa.Connection, pool_id: int) -> int:
    """How many instances a pool's newest release holds; 0 without one."""
    return releases.rows_of_latest(c, pool_id)
