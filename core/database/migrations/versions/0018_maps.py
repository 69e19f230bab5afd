"""A pool's map: how it was made, and where each text lies."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "maps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("made_with", sa.JSON(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("titles", sa.JSON(), nullable=False),
        sa.Column("trust", sa.Float(), nullable=False),
        sa.Column("trusted", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_maps_pool_id_pools"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_maps_run_id_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_maps"),
    )
    op.create_index("ix_maps_pool_id_id", "maps", ["pool_id", "id"])
    op.create_table(
        "map_points",
        sa.Column("map_id", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("x", sa.Float(), nullable=False),
        sa.Column("y", sa.Float(), nullable=False),
        sa.Column("density", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["map_id"], ["maps.id"], name="fk_map_points_map_id_maps"),
        sa.PrimaryKeyConstraint("map_id", "text_hash", name="pk_map_points"),
        sqlite_with_rowid=False,
    )
