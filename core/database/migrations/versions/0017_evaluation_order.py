"""Evaluation: what was said after results were seen goes by the order of events; an item on a screen is held."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evaluation_looks", sa.Column("after_rating", sa.Integer, nullable=False, server_default="0"))
    # Looks of before have a time alone: what was said until then was said before.
    op.execute(
        "UPDATE evaluation_looks SET after_rating = COALESCE((SELECT max(said.id) FROM evaluation_ratings AS said"
        " JOIN evaluation_rounds AS its ON its.id = said.round_id"
        " WHERE its.set_id = evaluation_looks.set_id AND said.at <= evaluation_looks.at), 0)"
    )
    op.add_column("evaluation_seats", sa.Column("held_until", sa.Float))
    op.create_index("ix_evaluation_seats_round_id_held_until", "evaluation_seats", ["round_id", "held_until"])
