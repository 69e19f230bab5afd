"""Texts are found by the first twelve characters of their hashes: pages that are written in no order are fewer so.

And PostgreSQL finds words by an index, as SQLite has since the seventh revision: without an extension, which not every
user may make.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (("tasks", "instruction_hash"), ("instances", "text_hash")):
        op.drop_index(f"ix_{table}_pool_id_{column}", table)
        op.execute(f"CREATE INDEX ix_{table}_by_hash ON {table} (pool_id, substr({column}, 1, 12))")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE INDEX ix_tasks_words ON tasks USING gin (({_words('instruction')}))")
        op.execute(f"CREATE INDEX ix_instances_words ON instances USING gin (({_words(_BOTH)}))")


_BOTH = "input || ' ' || output"


def _words(text: str) -> str:
    """What `core.pool.search` says, to the letter: only then is the index asked."""
    long = f"length({text}) > 2000 AND (length({text}) > 200000 OR ({text}) ~ '[0-9A-Za-z]{{255}}')"
    words = f"array_remove(regexp_split_to_array(lower(({text}) COLLATE \"C\"), '[^0-9a-z]+'), '')"
    return f"CASE WHEN {long} THEN '-'::tsvector ELSE array_to_tsvector({words}) END"
