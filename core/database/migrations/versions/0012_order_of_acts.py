"""Ratings from a file are told from acts at a desk; flags and grades that no present rating gives are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ratings", sa.Column("from_file", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(  # of texts that were edited since
        "DELETE FROM flagged WHERE reviewer <> '' AND NOT EXISTS (SELECT 1 FROM standings"
        " JOIN instances ON instances.id = standings.instance_id"
        " WHERE standings.instance_id = flagged.instance_id AND standings.reviewer = flagged.reviewer"
        " AND standings.round = '' AND standings.kind = 'rate' AND standings.text_hash = instances.text_hash)"
    )
    op.execute(  # a last word whose ratings were all taken back
        "UPDATE instances SET grade = NULL, valid = NULL WHERE rated = 0 AND (grade IS NOT NULL OR valid IS NOT NULL)"
    )
