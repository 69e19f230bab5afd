"""Who did what leaves no name elsewhere: runs started and stopped, settings changed, files imported."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Integer()),
        sa.Column("detail", sa.Text(), nullable=False, server_default=""),
        sa.Column("actor", sa.Text(), nullable=False, server_default=""),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_journal_pool_id_pools"),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_pool_id_at", "journal", ["pool_id", "at"])
    op.create_index("ix_journal_pool_id_actor", "journal", ["pool_id", "actor"])
    op.create_index("ix_journal_kind_about", "journal", ["kind", "about"])
