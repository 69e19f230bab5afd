"""PostgreSQL looks for each row that goes whether another names it: by an index, where it read whole tables before."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

NAMING = (
    ("tasks", "seed_id"),
    ("tasks", "nearest_id"),
    ("tasks", "import_id"),
    ("tasks", "request_id"),
    ("instances", "request_id"),
    ("similar", "other_id"),
    ("audit_items", "task_id"),
    ("audit_items", "instance_id"),
    ("edits", "instance_id"),
    ("standings", "rating_id"),
    ("beside", "import_id"),
    ("beside", "pool_id"),
    ("corpus_texts", "run_id"),
    ("corpus_texts", "taken_by"),
    ("embeddings", "run_id"),
    ("evaluation_responses", "run_id"),
    ("evaluation_responses", "request_id"),
    ("evaluation_preferences", "run_id"),
    ("evaluation_preferences", "request_id"),
    ("evaluation_units", "task_id"),
    ("evaluation_ratings", "undoes"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, column in NAMING:
            its = sa.column(column).is_not(None)
            op.create_index(f"ix_named_{table}_{column}", table, [column], postgresql_where=its)
