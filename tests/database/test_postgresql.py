"""What only a server can do to us: not be there, let nobody in, break off; and pairs by the hundred thousand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database, open_database
from core.gate.rows import pairs
from core.pool import arrivals
from core.pool import pools as pool_store
from core.pool.arrivals import NewTask
from core.records import Origin, StorageFailed


@pytest.fixture
def elsewhere(database: Database) -> Callable[..., str]:
    """The test's address with a part of it changed."""
    if database.is_sqlite:
        pytest.skip("asks for --database postgresql")
    return lambda **changed: sa.make_url(str(database.engine.url)).set(**changed).render_as_string()


def test_a_missing_driver_is_said_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pg8000", None)
    with pytest.raises(StorageFailed, match=r"pip install -r requirements-postgresql\.txt"):
        open_database("postgresql://ann@127.0.0.1/winnow")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"port": 1}, "No database server answers"),
        ({"database": "nobody_made_it"}, "no database of that name"),
        ({"username": "nobody"}, "does not let this user in"),
        ({"query": {"sslmode": "require"}}, "offers no TLS"),
        ({"host": None, "query": {"unix_sock": "/nowhere/.s.PGSQL.5432"}}, "No database server answers"),
    ],
)
def test_a_server_that_cannot_be_used_is_one_sentence(
    elsewhere: Callable[..., str], changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(StorageFailed, match=sentence) as told:
        open_database(elsewhere(**changed))
    assert "\n" not in str(told.value)


def test_a_database_of_few_characters_is_refused_before_anything_is_made_in_it(elsewhere: Callable[..., str]) -> None:
    server = sa.create_engine(elsewhere(drivername="postgresql+pg8000"), isolation_level="AUTOCOMMIT")
    with server.connect() as c:
        how = "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
        c.exec_driver_sql(f"CREATE DATABASE of_few_characters {how}")
        try:
            with pytest.raises(StorageFailed, match=r"createdb --encoding=UTF8"):
                open_database(elsewhere(database="of_few_characters"))
        finally:
            c.exec_driver_sql("DROP DATABASE of_few_characters WITH (FORCE)")
    server.dispose()


@pytest.mark.parametrize("drivername", ["postgresql", "postgresql+pg8000"])
def test_an_address_may_name_the_driver_or_leave_it_out(elsewhere: Callable[..., str], drivername: str) -> None:
    opened = open_database(elsewhere(drivername=drivername))
    assert opened.engine.dialect.driver == "pg8000"
    opened.close()


@pytest.mark.usefixtures("elsewhere")
def test_a_connection_that_broke_is_a_sentence_and_the_next_step_has_a_new_one(database: Database) -> None:
    pools.make(database, "a pool", own_seeds=[])
    with pytest.raises(StorageFailed, match=r"^The (connection to the database server broke|database server is st)"):  # noqa: PT012, SIM117
        with database.write() as c:
            pool_store.rename(c, 1, "lost")
            with database.read() as other:
                ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
                other.exec_driver_sql(f"{ended} AND datname = current_database()")
            pool_store.rename(c, 1, "lost too")
    with database.read() as c:
        assert [pool.name for pool in pool_store.every(c)] == ["a pool"]
    pools.make(database, "another", own_seeds=[])


@pytest.mark.usefixtures("elsewhere")
def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StorageFailed, match="read-only"), database.read() as c:
        pool_store.create(c, "a pool")


def test_pairs_are_kept_by_the_hundred_thousand_and_those_that_are_there_stay(database: Database) -> None:
    pool = pools.make(database, "a pool", own_seeds=[])
    with database.write() as c:
        ids = arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, f"Name {n} rivers.") for n in range(450)])
        found = [(later, earlier, 0.5 + later / 1000) for later in ids for earlier in ids if earlier < later]
        pairs.keep(c, [(ids[1], ids[0], 0.9)])
        pairs.keep(c, found)
        laters, _, scores = pairs.of_pool(c, pool.id)
    assert len(laters) == len(found) == 101_025
    assert dict(zip(laters, scores, strict=True))[ids[1]] == 0.9
    assert sum(scores) == pytest.approx(sum(score for _, _, score in found[1:]) + 0.9)
