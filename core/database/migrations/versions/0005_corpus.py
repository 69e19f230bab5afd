"""The corpus: texts that selections kept, those that failed one rule, which request reversed which text, groundings."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "corpus_misses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_corpus_misses_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corpus_misses")),
    )
    op.create_index(op.f("ix_corpus_misses_run_id_rule_id"), "corpus_misses", ["run_id", "rule", "id"], unique=False)
    op.create_table(
        "corpus_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_corpus_texts_pool_id_pools")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_corpus_texts_run_id_runs")),
        sa.ForeignKeyConstraint(["taken_by"], ["runs.id"], name=op.f("fk_corpus_texts_taken_by_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corpus_texts")),
        sa.UniqueConstraint("pool_id", "text_hash", name=op.f("uq_corpus_texts_pool_id_text_hash")),
    )
    op.create_index(op.f("ix_corpus_texts_pool_id_state_id"), "corpus_texts", ["pool_id", "state", "id"], unique=False)
    op.create_table(
        "reversals",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_reversals_request_id_requests")),
        sa.ForeignKeyConstraint(["text_id"], ["corpus_texts.id"], name=op.f("fk_reversals_text_id_corpus_texts")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_reversals")),
    )
    op.create_index(op.f("ix_reversals_text_id"), "reversals", ["text_id"], unique=False)
    op.create_table(
        "groundings",
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("support", sa.Float(), nullable=False),
        sa.Column("unsupported", sa.Integer(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_groundings_instance_id_instances")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_groundings_pool_id_pools")),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_groundings")),
    )
    op.create_index(op.f("ix_groundings_pool_id_support"), "groundings", ["pool_id", "support"], unique=False)
