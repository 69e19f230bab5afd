"""Embeddings: what is asked, what came and is not read yet, the vectors; and which texts a map has no place for."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "embedding_asks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_embedding_asks_pool_id_pools"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_embedding_asks_run_id_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_embedding_asks"),
        sa.UniqueConstraint("run_id", "key", name="uq_embedding_asks_run_id_key"),
    )
    op.create_index("ix_embedding_asks_pool_id", "embedding_asks", ["pool_id"])
    op.create_table(
        "embeddings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("read_to", sa.Integer(), nullable=True),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_embeddings_pool_id_pools"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_embeddings_run_id_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_embeddings"),
        sa.UniqueConstraint("pool_id", "server", "model", "prefix", "text_hash", name="uq_embeddings_of_a_text"),
    )
    with op.batch_alter_table("maps") as batch:
        batch.add_column(sa.Column("left_out", sa.JSON(), nullable=False, server_default="[]"))
