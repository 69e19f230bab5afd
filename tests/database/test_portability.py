"""SQLite now, PostgreSQL next. That every statement can be said to both is watched in every test (conftest.py)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
import sqlalchemy.ext.compiler
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import CompileError

from core import pools
from core.database import Database
from core.database.engine import upsert
from core.database.schema import metadata, preferences
from tests.fake_openai import FakeOpenAI
from tests.selfinstruct.growing import grow


def test_every_table_and_index_can_be_made_in_postgresql() -> None:
    for table in metadata.sorted_tables:
        assert "CREATE TABLE" in str(sa.schema.CreateTable(table).compile(dialect=postgresql.dialect()))
        for index in table.indexes:
            assert "CREATE" in str(sa.schema.CreateIndex(index).compile(dialect=postgresql.dialect()))
            assert len(str(index.name)) <= 63, "PostgreSQL cuts longer names"


def test_a_whole_run_is_watched_for_what_only_sqlite_understands(database: Database, portable_sql: set[str]) -> None:
    with FakeOpenAI() as server:
        grow(database, server.url, batches=1)
    pools.funnel(database, 1)
    assert {"INSERT", "SELECT", "UPDATE"} <= {said.split()[0] for said in portable_sql}
    assert len(portable_sql) > 30
    with pytest.raises(CompileError), database.read() as c:
        c.execute(sa.select(sa.literal(1)).where(OnlySqlite()))


class OnlySqlite(sa.sql.expression.ColumnElement[bool]):
    """Something that has no PostgreSQL in it."""

    inherit_cache = True
    type = sa.Boolean()


@sa.ext.compiler.compiles(OnlySqlite, "sqlite")
def _glob(*_: object, **__: object) -> str:
    return "'a' GLOB 'a'"


def test_the_one_statement_that_differs_is_built_for_the_database_at_hand(database: Database) -> None:
    class Elsewhere:
        dialect = postgresql.dialect()

    insert = upsert(Elsewhere(), preferences).values(name="a", value=1)  # type: ignore[arg-type]
    changed = insert.on_conflict_do_update(index_elements=[preferences.c.name], set_={"value": 2})
    assert "ON CONFLICT (name) DO UPDATE SET" in str(changed.compile(dialect=postgresql.dialect()))
    with database.read() as c:
        assert isinstance(upsert(c, preferences), sqlite.Insert if database.is_sqlite else postgresql.Insert)
