"""SQLite's index of words takes up what an import brings some parts later: a text that is changed before is not in it.

And its pieces are merged sixteen at a time: four at a time each word was written again twice as often.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _changed_if_there("tasks", "task_words", ("instruction",))
        _changed_if_there("instances", "instance_words", ("input", "output"))


def _changed_if_there(table: str, words: str, columns: tuple[str, ...]) -> None:
    names, old, new = (", ".join(f"{of}{column}" for column in columns) for of in ("", "old.", "new."))
    gone = f"INSERT INTO {words} ({words}, rowid, {names}) VALUES ('delete', old.id, {old});"  # noqa: S608
    come = f"INSERT INTO {words} (rowid, {names}) VALUES (new.id, {new});"  # noqa: S608
    there = f"EXISTS (SELECT 1 FROM {words}_docsize WHERE id = old.id)"  # noqa: S608
    op.execute(f"DROP TRIGGER {words}_changed")
    op.execute(
        f"CREATE TRIGGER {words}_changed AFTER UPDATE OF {names} ON {table} WHEN {there} BEGIN {gone} {come} END"
    )
    op.execute(f"INSERT INTO {words} ({words}, rank) VALUES ('automerge', 16)")  # noqa: S608
