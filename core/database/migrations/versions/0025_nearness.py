"""What is kept of the similar pairs of a large pool, in place of all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "nearness",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("moment", sa.JSON(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("seeds", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("step", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("pairs", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("seconds", sa.Float(), nullable=False, server_default="0"),
        sa.Column("whole", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_nearness_pool_id_pools"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_nearness_run_id_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_nearness"),
    )
    op.create_index("ix_nearness_pool_id_id", "nearness", ["pool_id", "id"])
    op.create_table(
        "nearness_parts",
        sa.Column("nearness_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["nearness_id"], ["nearness.id"], name="fk_nearness_parts_nearness_id_nearness"),
        sa.PrimaryKeyConstraint("nearness_id", "name", "step", "number", name="pk_nearness_parts"),
    )
