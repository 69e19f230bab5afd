"""What a database is made of, looked at before anything is done to it: whose it is, and whether it is whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.database import files
from core.database.schema import NAMING, SEARCHED, TRIGGERS, WORDS, metadata
from core.records import StorageFailed

Ask = Callable[[str], Iterable[Any]]
_SQLITE = {
    "columns": "SELECT t.name, c.name FROM sqlite_master AS t, pragma_table_xinfo(t.name) AS c WHERE t.type = 'table'"
    " AND c.hidden <> 1",
    "indexes": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'",
    "triggers": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'",
    "others": "SELECT name FROM sqlite_master WHERE type = 'view'",
}
_POSTGRESQL = {
    "columns": "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()",
    "indexes": "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = current_schema()",
    "triggers": "SELECT c.relname, t.tgname FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid"
    " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace",
    "others": "SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace",
}
_VERSIONS = "SELECT version_num FROM alembic_version"
_OURS = {("pools", "settings"), ("tasks", "instruction"), ("alembic_version", "version_num")}  # from the first table on
_SHOWN = 20  # signs of a revision that no Winnow wrote

Named = frozenset[tuple[str, str]]  # (table, what is named there)


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The columns, indexes and triggers of a database, each with its table, and the revision that it says it has.

    `revision` is None for one in which nothing was made yet.
    """

    revision: str | None
    columns: Named
    indexes: Named
    triggers: Named

    @property
    def tables(self) -> frozenset[str]:
        return frozenset(table for table, _ in self.columns)


def of(connection: sa.Connection) -> Anatomy:
    """What the database behind a connection is made of. Raises StorageFailed for one that is not Winnow's."""
    queries = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    return _shape(queries, lambda sql: connection.exec_driver_sql(sql).tuples(), "The database")


def of_file(path: Path, what: str = "") -> Anatomy | None:
    """The same of a SQLite file, which is only read and has nothing laid beside it; `what` the sentences call it.

    None where there is none, where it is empty, or where SQLite cannot read it: opening it says why.
    """
    # Opened by SQLite alone: a program that closes a file which it has open as a database loses its locks on it.
    if not path.is_file() or not path.stat().st_size:
        return None
    try:
        return files.read_still(path, lambda c: _shape(_SQLITE, c.execute, what or f"The file {path}"))
    except sqlite3.Error:
        return None


def today(dialect: str) -> Anatomy:
    """What the schema of this version is made of."""
    every = metadata.sorted_tables
    return Anatomy(
        revision=None,
        columns=frozenset((table.name, column.name) for table in every for column in table.columns)
        | frozenset(SEARCHED if dialect == "sqlite" else ()),
        indexes=frozenset((table.name, str(index.name)) for table in every for index in table.indexes)
        | frozenset((table, f"ix_named_{table}_{name}") for table, name in NAMING if dialect == "postgresql")
        | frozenset(WORDS if dialect == "postgresql" else ()),
        triggers=frozenset(TRIGGERS[dialect]),
    )


def difference(have: Anatomy, wanted: Anatomy, lasting: Anatomy) -> str:
    """In what a database differs from what its revision has, as the end of a sentence; "" where in nothing that counts.

    What `lasting`, the schema of today, no longer has may be lacking. Tables and indexes of somebody's own are theirs;
    a column or trigger more in a table of ours would change what is written.
    """
    lacks = [
        *sorted(f"{table}.{column}" for table, column in (wanted.columns & lasting.columns) - have.columns),
        *sorted(f"the index {name}" for _, name in (wanted.indexes & lasting.indexes) - have.indexes),
        *sorted(f"the trigger {name}" for _, name in (wanted.triggers & lasting.triggers) - have.triggers),
    ]
    ours = wanted.tables | lasting.tables
    more = [
        *sorted(f"{table}.{column}" for table, column in have.columns - wanted.columns if table in ours),
        *sorted(f"the trigger {name}" for table, name in have.triggers - wanted.triggers if table in ours),
    ]
    said = [f"{verb} {_some(them)}" for verb, them in (("lacks", lacks), ("has", more)) if them]
    return " and ".join(said) + (", which that revision has not" if more else "")


def _some(names: list[str]) -> str:
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]


def _shape(queries: dict[str, str], ask: Ask, what: str) -> Anatomy:
    columns, indexes, triggers = (
        frozenset((str(table), str(name)) for table, name in ask(queries[part]))
        for part in ("columns", "indexes", "triggers")
    )
    if not columns and not list(ask(queries["others"])):
        return Anatomy(None, columns, indexes, triggers)
    if not columns >= _OURS:
        raise StorageFailed(
            f"{what} holds other tables than Winnow's and is left as it is; set WINNOW_DATA_DIR to another folder, or "
            "WINNOW_DATABASE_URL to another database."
        )
    versions = [row[0] for row in ask(_VERSIONS)]
    if len(versions) != 1 or not isinstance(versions[0], str):
        raise StorageFailed(
            f"{what} does not say of which revision it is ({len(versions)} are named), so it is left as it is; put a "
            "backup in its place with `winnow restore FILE`."
        )
    return Anatomy(versions[0], columns, indexes, triggers)


def shown(revision: str | None) -> str:
    """A revision as a sentence can show it, whoever wrote it."""
    said = "".join(sign for sign in str(revision)[: _SHOWN + 1] if sign.isprintable())
    return said if len(said) <= _SHOWN else said[: _SHOWN - 1] + "…"
