"""Batches at a server are `parcels`; the empty table that was laid out for them before they were built goes."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A program between two versions made databases without it.
    if "batch_jobs" in sa.inspect(op.get_bind()).get_table_names():
        op.drop_table("batch_jobs")
