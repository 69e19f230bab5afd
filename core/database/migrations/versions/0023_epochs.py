"""What was measured of tasks carries the epoch of its pool, so that it is forgotten by counting one.

What older databases have measured is of their first epoch, 0: no row is written anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("pools", "tasks"):
        op.add_column(table, sa.Column("epoch", sa.Integer(), nullable=False, server_default="0"))
