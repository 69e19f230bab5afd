"""The desk: queues and what waits in them, drafts, flags, and decisions that touch many at once."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queues",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filter", sa.JSON(), nullable=False),
        sa.Column("ordering", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("wanted", sa.Integer(), server_default="1", nullable=False),
        sa.Column("overlap", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("repeat_share", sa.Float(), server_default="0", nullable=False),
        sa.Column("gold_share", sa.Float(), server_default="0", nullable=False),
        sa.Column("waiting", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("synced_id", sa.Integer(), server_default="0", nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("archived_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_queues_pool_id_pools")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queues")),
    )
    op.create_index(op.f("ix_queues_pool_id_id"), "queues", ["pool_id", "id"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_drafts_instance_id_instances")),
        sa.PrimaryKeyConstraint("instance_id", "reviewer", "round", name=op.f("pk_drafts")),
    )
    op.create_table(
        "flagged",
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("flag", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_flagged_instance_id_instances")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_flagged_pool_id_pools")),
        sa.PrimaryKeyConstraint("instance_id", "flag", "reviewer", name=op.f("pk_flagged")),
    )
    op.create_index(op.f("ix_flagged_pool_id_flag"), "flagged", ["pool_id", "flag"], unique=False)
    op.create_table(
        "queue_items",
        sa.Column("queue_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_queue_items_instance_id_instances")),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name=op.f("fk_queue_items_queue_id_queues")),
        sa.PrimaryKeyConstraint("queue_id", "instance_id", name=op.f("pk_queue_items")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_queue_items_instance_id"), "queue_items", ["instance_id"], unique=False)
    op.create_index(
        op.f("ix_queue_items_queue_id_state_place"), "queue_items", ["queue_id", "state", "place"], unique=False
    )
    op.add_column("decisions", sa.Column("event_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_decisions_event_id"), "decisions", ["event_id"], unique=False)
    op.create_index(op.f("ix_decisions_pool_id_actor_id"), "decisions", ["pool_id", "actor", "id"], unique=False)
    op.create_index(op.f("ix_decisions_undoes"), "decisions", ["undoes"], unique=False)
    op.create_index(
        op.f("ix_instances_pool_id_is_seed_state_rated_grade_valid"),
        "instances",
        ["pool_id", "is_seed", "state", "rated", "grade", "valid"],
        unique=False,
    )
    op.create_index(op.f("ix_ratings_undoes"), "ratings", ["undoes"], unique=False)
