"""The diversity room: verb and noun of an instruction, found once for each text and parser."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "parses",
        sa.Column("parser", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=True),
        sa.Column("noun", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("parser", "text_hash", name=op.f("pk_parses")),
        sqlite_with_rowid=False,
    )
