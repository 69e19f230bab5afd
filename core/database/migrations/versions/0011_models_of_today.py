"""Thoughts beside a reply's text, what a model was found to take, and the batches that a run has at a server."""

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
    op.create_table(
        "batch_jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("input_file", sa.Text(), nullable=False, server_default=""),
        sa.Column("remote_id", sa.Text(), nullable=False, server_default=""),
        sa.Column("requests", sa.JSON(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False, server_default=""),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_batch_jobs_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_jobs")),
        sa.UniqueConstraint("name", name=op.f("uq_batch_jobs_name")),
    )
    op.create_index(op.f("ix_batch_jobs_run_id_state"), "batch_jobs", ["run_id", "state"])
