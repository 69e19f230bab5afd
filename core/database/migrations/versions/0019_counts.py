"""What pages count at every look, kept by triggers in the transaction that changes it: no page counts a pool's rows."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# For each table of counts: the table that is counted, which of its rows, and the keys, as {row} says them.
COUNTS = {
    "task_counts": (
        "tasks",
        "",
        {"pool_id": "{row}pool_id", "origin": "{row}origin", "state": "{row}state", "rule": "coalesce({row}rule, '')"},
    ),
    "instance_counts": (
        "instances",
        "",
        {
            "pool_id": "{row}pool_id",
            "is_seed": "{row}is_seed",
            "state": "{row}state",
            "rule": "coalesce({row}rule, '')",
            "rated": "{row}rated",
            "grade": "coalesce({row}grade, '')",
            "valid": "CASE WHEN {row}valid IS NULL THEN -1 WHEN {row}valid THEN 1 ELSE 0 END",
        },
    ),
    "discard_counts": (
        "decisions",
        "{row}kind = 'discard' AND {row}undoes IS NULL",
        {
            "pool_id": "{row}pool_id",
            "of_instance": "{row}instance_id IS NOT NULL",
            "rule": "coalesce({row}rule, '')",
        },
    ),
}
TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "is_seed": sa.Boolean(),
    "of_instance": sa.Boolean(),
    "rated": sa.Integer(),
    "valid": sa.Integer(),
}
MOVES = ("state", "rule", "rated", "grade", "valid")  # the others never change, and decisions are only inserted


def upgrade() -> None:
    triggers = _row_by_row if op.get_bind().dialect.name == "sqlite" else _by_the_statement
    for counts, (table, which, keys) in COUNTS.items():
        op.create_table(
            counts,
            sa.Column("pool_id", sa.Integer(), nullable=False),
            *(sa.Column(key, TYPES.get(key, sa.Text()), nullable=False) for key in list(keys)[1:]),
            sa.Column("n", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=f"fk_{counts}_pool_id_pools"),
            sa.PrimaryKeyConstraint(*keys, name=f"pk_{counts}"),
            sqlite_with_rowid=False,
        )
        op.execute(f"INSERT INTO {counts} ({', '.join(keys)}, n) {_counted(keys, table, which)}")
        triggers(counts, table, which, keys)


def _counted(keys: dict[str, str], table: str, which: str, n: str = "count(*)") -> str:
    named = ", ".join(f"{said.format(row='')} AS {key}" for key, said in keys.items())
    grouped = ", ".join(str(place) for place in range(1, len(keys) + 1))
    only = f"WHERE {which.format(row='')}" if which else ""
    return f"SELECT {named}, {n} AS n FROM {table} {only} GROUP BY {grouped}"  # noqa: S608


def _row_by_row(counts: str, table: str, which: str, keys: dict[str, str]) -> None:
    """SQLite's triggers see one row each."""
    new, old = ([said.format(row=row) for said in keys.values()] for row in ("new.", "old."))
    come = f"INSERT INTO {counts} ({', '.join(keys)}, n) VALUES ({', '.join(new)}, 1) "  # noqa: S608
    come += f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET n = n + 1;"
    here = " AND ".join(f"{key} = {said}" for key, said in zip(keys, old, strict=True))
    gone = f"UPDATE {counts} SET n = n - 1 WHERE {here};"  # noqa: S608
    is_new, is_old = (f"WHEN {which.format(row=row)}" if which else "" for row in ("new.", "old."))
    op.execute(f"CREATE TRIGGER {counts}_come AFTER INSERT ON {table} {is_new} BEGIN {come} END")
    op.execute(f"CREATE TRIGGER {counts}_gone AFTER DELETE ON {table} {is_old} BEGIN {gone} END")
    if table != "decisions":
        moves = [key for key in keys if key in MOVES]
        moved = " OR ".join(f"old.{key} IS NOT new.{key}" for key in moves)
        op.execute(
            f"CREATE TRIGGER {counts}_moved AFTER UPDATE OF {', '.join(moves)} ON {table} WHEN {moved} "
            f"BEGIN {gone} {come} END"
        )


def _by_the_statement(counts: str, table: str, which: str, keys: dict[str, str]) -> None:
    """PostgreSQL's see all rows of a statement: thousands that come together change a few counts."""
    names = ", ".join(keys)
    add = f"INSERT INTO {counts} ({names}, n) {{}} ON CONFLICT ({names}) DO UPDATE SET n = {counts}.n + excluded.n;"
    both = f"{_counted(keys, 'come', which)} UNION ALL {_counted(keys, 'gone', which, '-count(*)')}"
    moved = f"SELECT {names}, sum(n) FROM ({both}) AS moved GROUP BY {names} HAVING sum(n) <> 0"  # noqa: S608
    here = " AND ".join(f"{counts}.{key} = fewer.{key}" for key in keys)
    fewer = (
        f"UPDATE {counts} SET n = {counts}.n - fewer.n FROM ({_counted(keys, 'gone', which)}) AS fewer WHERE {here};"  # noqa: S608
    )
    op.execute(
        f"CREATE FUNCTION {counts}_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'INSERT' THEN {add.format(_counted(keys, 'come', which))} "
        f"ELSIF TG_OP = 'UPDATE' THEN {add.format(moved)} "
        f"ELSE {fewer} END IF; RETURN NULL; END $$"
    )
    seen = {"INSERT": "NEW TABLE AS come", "DELETE": "OLD TABLE AS gone"}
    seen |= {} if table == "decisions" else {"UPDATE": "NEW TABLE AS come OLD TABLE AS gone"}
    for event, rows in seen.items():
        op.execute(
            f"CREATE TRIGGER {counts}_{event.lower()} AFTER {event} ON {table} REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {counts}_follow()"
        )
