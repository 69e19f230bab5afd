"""An index of words for full-text search; the guidelines that an audit was drawn with; who has looked at its result."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("audits") as audits:
        audits.add_column(sa.Column("guidelines", sa.Text(), nullable=True))
    op.create_table(
        "audit_looks",
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name=op.f("fk_audit_looks_audit_id_audits")),
        sa.PrimaryKeyConstraint("audit_id", "reviewer", name=op.f("pk_audit_looks")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _index("tasks", "task_words", ("instruction",))
        _index("instances", "instance_words", ("input", "output"))


def _index(table: str, words: str, columns: tuple[str, ...]) -> None:
    """An FTS5 index over the text of a table that is kept up as texts change; `core.store.search` adds new rows."""
    names, old, new = (", ".join(f"{of}{column}" for column in columns) for of in ("", "old.", "new."))
    op.execute(
        f"CREATE VIRTUAL TABLE {words} USING fts5({names}, content='{table}', content_rowid='id', detail='column', "
        'tokenize="unicode61 remove_diacritics 0")'
    )
    gone = f"INSERT INTO {words} ({words}, rowid, {names}) VALUES ('delete', old.id, {old});"  # noqa: S608
    come = f"INSERT INTO {words} (rowid, {names}) VALUES (new.id, {new});"  # noqa: S608
    op.execute(f"CREATE TRIGGER {words}_changed AFTER UPDATE OF {names} ON {table} BEGIN {gone} {come} END")
    op.execute(f"INSERT INTO {words} ({words}) VALUES ('rebuild')")  # noqa: S608
