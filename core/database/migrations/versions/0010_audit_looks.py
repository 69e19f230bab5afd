"""An audit's looks name the latest rating of that time, so that no clock decides what came first."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("audit_looks") as looks:
        looks.add_column(sa.Column("after_rating", sa.Integer(), nullable=False, server_default="0"))
    op.execute(  # of looks before this column: by their times, which is all that was kept
        "UPDATE audit_looks SET after_rating ="
        " (SELECT coalesce(max(ratings.id), 0) FROM ratings WHERE ratings.at <= audit_looks.at)"
    )
