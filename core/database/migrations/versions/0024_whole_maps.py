"""A map's points are stored in parts, and the map counts when all of them are there. Those of before are whole."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("maps", sa.Column("whole", sa.Boolean(), nullable=False, server_default=sa.true()))
