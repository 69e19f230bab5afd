"""Thoughts beside a reply's text, and what a model was found to take."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("replies") as replies:
        replies.add_column(sa.Column("thoughts", sa.Text(), nullable=True))
    op.create_table(
        "model_findings",
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("parameter", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False, server_default=""),
        sa.Column("as_of", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("base_url", "endpoint", "model", "parameter", name=op.f("pk_model_findings")),
    )
