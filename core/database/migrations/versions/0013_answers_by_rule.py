"""What became of a pool's answers is counted from an index, without touching their texts."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_instances_pool_id_is_seed_state_rule", "instances", ["pool_id", "is_seed", "state", "rule"])
