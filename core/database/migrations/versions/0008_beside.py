"""What instances have beside their texts: a system prompt, earlier turns, rejected answers, other fields of a row."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "beside",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("context", sa.Text(), server_default="", nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), server_default="", nullable=False),
        sa.Column("turns", sa.JSON(), nullable=True),
        sa.Column("thoughts", sa.Text(), server_default="", nullable=False),
        sa.Column("rejected", sa.JSON(), nullable=True),
        sa.Column("extra", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_beside_import_id_imports")),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_beside_instance_id_instances")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_beside_pool_id_pools")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_beside_task_id_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beside")),
    )
    op.create_index(op.f("ix_beside_instance_id"), "beside", ["instance_id"], unique=False)
    op.create_index(op.f("ix_beside_task_id_instance_id"), "beside", ["task_id", "instance_id"], unique=False)
