"""An index of words for full-text search; an audit's guidelines, its items' weights, and who has seen its result."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("audits") as audits:
        audits.add_column(sa.Column("guidelines", sa.Text(), nullable=True))
    with op.batch_alter_table("audit_items") as items:
        items.add_column(sa.Column("of_task", sa.Integer(), nullable=False, server_default="1"))
    op.execute(  # of audits drawn before: as it is now, with what people took out since
        "UPDATE audit_items SET of_task = (SELECT count(*) FROM instances WHERE instances.task_id = audit_items.task_id"
        " AND (instances.state IN ('accepted', 'rejected') OR instances.id = audit_items.instance_id))"
    )
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
    """An FTS5 index over the text of a table that is kept up as texts change; `core.pool.search` adds new rows."""
    names, old, new = (", ".join(f"{of}{column}" for column in columns) for of in ("", "old.", "new."))
    op.execute(
        f"CREATE VIRTUAL TABLE {words} USING fts5({names}, content='{table}', content_rowid='id', detail='column', "
        'tokenize="unicode61 remove_diacritics 0")'
    )
    gone = f"INSERT INTO {words} ({words}, rowid, {names}) VALUES ('delete', old.id, {old});"  # noqa: S608
    come = f"INSERT INTO {words} (rowid, {names}) VALUES (new.id, {new});"  # noqa: S608
    op.execute(f"CREATE TRIGGER {words}_changed AFTER UPDATE OF {names} ON {table} BEGIN {gone} {come} END")
    op.execute(f"INSERT INTO {words} ({words}) VALUES ('rebuild')")  # noqa: S608
