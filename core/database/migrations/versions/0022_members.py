"""What releases held: which instances, and the hash of each text. Of those made before it is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("releases", sa.Column("members", sa.Integer(), nullable=True))
    op.create_table(
        "members",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(32), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_members_release_id_releases"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_members_instance_id_instances"),
        sa.PrimaryKeyConstraint("release_id", "instance_id", name="pk_members"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_members_instance_id", "members", ["instance_id"])
