"""The history of a pool is read newest first by an index of its own; a pool that was deleted leaves a tombstone."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ratings_pool_id_at", "ratings", ["pool_id", "at"])
    op.create_index("ix_edits_pool_id_at", "edits", ["pool_id", "at"])
    by_people = sa.text("actor <> '' AND event_id IS NULL")
    op.create_index(
        "ix_decisions_by_people", "decisions", ["pool_id", "at"], sqlite_where=by_people, postgresql_where=by_people
    )
    op.create_table(
        "tombstones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstones")),
    )
