"""Audits, evaluation sets and blind rounds come in parts, and count when all is there. Those of before are whole."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("audits", "evaluation_sets", "evaluation_rounds"):
        op.add_column(table, sa.Column("whole", sa.Boolean(), nullable=False, server_default=sa.true()))
