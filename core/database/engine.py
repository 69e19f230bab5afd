"""Opening the database: SQLite by default, PostgreSQL by URL. What differs between them sits in this module.

Every write is one short transaction that takes the database's one write lock first, so that two writers queue, not
fail, and each sees all that the one before it did.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from core.bounded_file import is_plain
from core.database import anatomy, complaints, encryption, files, functions, logs_beside, revisions, turns
from core.records import Refused, StorageFailed

BUSY_TIMEOUT_MS = 15_000
PAGES_IN_THE_LOG = 8_000  # the same for every connection: else who rates would do the copying for who imports
_FILE = "winnow-file"  # of a connection: the path that it was opened at, and which file that was
_UNCHECKED = "winnow-unchecked"  # of a connection: whether it does not look at foreign keys
WRITERS = 0x57696E6E6F77  # the advisory lock that a writer holds in PostgreSQL
POOLED = {"pool_size": 16, "max_overflow": 48}
# A PostgreSQL server has 100 connections for everybody, and one that was restarted has none of those that are kept.
POOLED_BY_SERVER = {"pool_size": 8, "max_overflow": 24, "pool_pre_ping": True}


class Database:
    """An open database. `read()` and `write()` give a connection inside one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._turn = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None for another database."""
        name = self.engine.url.database
        in_a_file = self.is_sqlite and name and name != ":memory:" and not name.startswith("file:")
        return Path(name) if in_a_file and name else None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that sees one moment of the database."""
        with _told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, checked: bool = True) -> Iterator[sa.Connection]:
        """A connection whose changes are all kept when the block ends, or none of them.

        Not `checked`, SQLite does not look whether a row that goes is named by another: for who takes all of these out
        too, for it would read whole tables for each row. Raises StorageFailed where another has written for too long.
        """
        # The database lets writers wait by sleeping ever longer, and whoever looks at the right moment goes first:
        # with fifty reviewers the unlucky ones wait long for a lock that is free. Here the next one is woken.
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise StorageFailed(complaints.sentence("locked"))
        try:
            how = {"writes": True, "checked": checked}
            with _told(), self.engine.execution_options(**how).begin() as connection:
                yield connection
        finally:
            self._turn.release()

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open the database at `url`, creating or upgrading it; an older one is copied aside first.

    Raises StorageFailed where the file cannot be opened, is not a Winnow database, or is newer than this program.
    """
    database = Database(_engine_at(url))
    file = database.path
    try:
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(
            f"The folder {file.parent if file else ''} cannot be made ({error.strerror}); set WINNOW_DATA_DIR to a "
            "folder that you may write."
        ) from error
    if file:
        if file.exists() and not is_plain(file):
            raise StorageFailed(
                f"{file} is no plain file, so no database can be in it; set WINNOW_DATA_DIR to a folder, or "
                "WINNOW_DATABASE_URL to another address."
            )
        logs_beside.examine(file)
    if file and (before := anatomy.of_file(file)):  # opening it to write would change a stranger's already
        revisions.examine(before, "sqlite")
    try:
        with _told():
            with database.engine.connect() as connection:
                found = anatomy.of(connection)
                if found.revision is None and not database.is_sqlite:
                    _holds_every_character(connection)
            revisions.examine(found, database.engine.dialect.name)
            if found.revision != revisions.HEAD:
                revisions.upgrade(database.engine, file, found.revision)
    except BaseException:
        database.close()
        raise
    return database


def _holds_every_character(connection: sa.Connection) -> None:
    if connection.exec_driver_sql("SHOW server_encoding").scalar_one() != "UTF8":
        raise StorageFailed(complaints.NOT_EVERY_CHARACTER)


def backup(database: Database, target: Path) -> Path:
    """Write a consistent copy of the SQLite database to `target` while others go on working; return its path."""
    if not database.path:
        raise StorageFailed("Backup copies a SQLite file; for another database use its own tool, such as pg_dump.")
    if os.path.realpath(target) == os.path.realpath(database.path):  # says nothing of links in a circle
        raise StorageFailed(f"{target} is the database itself; choose another file for the backup.")
    return files.copy(database.path, target)


def backup_name(database: Database) -> Path:
    """A dated file beside the database."""
    file = database.path or Path("winnow.db")
    return file.with_name(f"{file.stem}-{time.strftime('%Y%m%d-%H%M%S')}.db")


def integrity(database: Database) -> str:
    """Return "ok", or the database's own first complaint about itself."""
    with database.read() as connection:
        if not database.is_sqlite:
            return "ok"
        return str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())


def compact(database: Database) -> None:
    """Have what was deleted be gone from the disk too; a database server does that by itself in time."""
    if not database.is_sqlite:
        return
    with _told():
        raw = database.engine.raw_connection()
        try:
            raw.cursor().execute("VACUUM")
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()


def upsert(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that has `on_conflict_do_update`, in this database's dialect."""
    return inserting(connection.dialect.name, table)


def inserting(dialect: str, table: sa.Table) -> Any:
    """The same by the dialect's name, for a statement that is made once."""
    from sqlalchemy.dialects import postgresql, sqlite

    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


def put(connection: sa.Connection, table: sa.Table, keys: Sequence[str], row: Mapping[str, Any]) -> None:
    """Insert a row, or let the one with the same keys become it.

    The statement is made once for a table and its columns: where reviewers wait for each other's writes, making it anew
    took longer than the database needed for it.
    """
    connection.execute(_putting(connection.dialect.name, table, tuple(keys), tuple(row)), dict(row))


@cache
def _putting(dialect: str, table: sa.Table, keys: tuple[str, ...], columns: tuple[str, ...]) -> Any:
    insert = inserting(dialect, table)
    changed = {name: insert.excluded[name] for name in columns if name not in keys}
    return insert.on_conflict_do_update(index_elements=list(keys), set_=changed)


def reserve_ids(connection: sa.Connection, table: sa.Table, n: int) -> list[int]:
    """The ids of the next `n` rows of a table, in order. Only under the write lock, and then they must be inserted.

    Rows that carry their ids go in by the thousand at once; SQLite hands out ids of its own one by one.
    """
    if connection.dialect.name == "sqlite":
        newest = connection.execute(_newest(table)).scalar_one()
        return list(range(newest + 1, newest + 1 + n))
    following = sa.func.nextval(sa.func.pg_get_serial_sequence(table.name, "id"))
    numbers = sa.func.generate_series(1, n).table_valued("number")
    return [int(found) for found in connection.execute(sa.select(following).select_from(numbers)).scalars()]


@cache
def _newest(table: sa.Table) -> sa.Select[Any]:
    return sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))


def insert_new(connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert plain numbers by the hundred thousand, in one statement for all; rows that are there stay."""
    if not rows:
        return
    wanted = upsert(connection, table)
    if connection.dialect.name == "sqlite":  # handed to the driver as they are
        compiled = wanted.on_conflict_do_nothing().compile(dialect=connection.dialect, column_keys=list(names))
        order = [names.index(name) for name in compiled.positiontup or ()]
        hand_over(connection, str(compiled), [tuple(row[at] for at in order) for row in rows])
    else:  # a column is one parameter, an array: the driver would send rows one by one
        columns = (
            sa.func.unnest(sa.literal([row[at] for row in rows], sa.ARRAY(table.c[name].type)))
            for at, name in enumerate(names)
        )
        connection.execute(wanted.from_select(list(names), sa.select(*columns)).on_conflict_do_nothing())


def hand_over(connection: sa.Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Give rows to SQLite's driver as they are, for a statement that was compiled for it."""
    connection.exec_driver_sql(statement, list(rows))


def _engine_at(url: str) -> sa.Engine:
    try:
        return _engine(url)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StorageFailed(
            "WINNOW_DATABASE_URL is not an address of a database; it looks like sqlite:////folder/winnow.db or "
            "postgresql://user@host/name."
        ) from error
    except ImportError as error:
        wanted = "-r requirements-postgresql.txt" if error.name == "pg8000" else error.name
        raise StorageFailed(
            f"The driver of this database is missing; run `.venv/bin/pip install {wanted}` and try again."
        ) from error


def _engine(url: str) -> sa.Engine:
    address = sa.make_url(url)
    if address.get_backend_name() == "postgresql":
        return _postgresql(address)
    engine = sa.create_engine(address, **(POOLED if ":memory:" not in url else {}))
    if engine.dialect.name == "sqlite":
        place = Database(engine).path
        first: dict[str, tuple[Path, files.Identity | None]] = {}
        log = logs_beside.OwnLog(place) if place is not None else None

        @event.listens_for(engine, "connect")
        def _open(connection: Any, record: Any) -> None:
            connection.isolation_level = None  # transactions are begun below
            functions.teach(connection)
            for pragma in (
                f"busy_timeout={BUSY_TIMEOUT_MS}",
                "journal_mode=WAL",
                "synchronous=FULL",  # what the screen has moved on from is on disk, power cut included
                # What is written again and again reaches the file once in so many pages (32 MB); nothing waits for it.
                f"wal_autocheckpoint={PAGES_IN_THE_LOG}",
                "foreign_keys=ON",
                "cache_size=-32000",
                "temp_store=MEMORY",
            ):
                try:
                    connection.execute(f"PRAGMA {pragma}")
                except sqlite3.OperationalError:
                    if not pragma.startswith("journal_mode"):  # a read-only file keeps the mode that it has
                        raise
            if place is not None:
                record.info[_FILE] = opened = (place, files.identity(place))
                first.setdefault(_FILE, opened)

        @event.listens_for(engine, "do_connect")
        def _same_file(*_: Any) -> None:
            if _FILE in first and files.identity(first[_FILE][0]) != first[_FILE][1]:
                raise StorageFailed(_gone(first[_FILE][0]))  # SQLite would make an empty one in its place

        @event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            writes = connection.get_execution_options().get("writes")
            if writes:
                _still_there(connection)
            if not connection.get_execution_options().get("checked", True):
                connection.connection.info[_UNCHECKED] = True
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            if writes:
                turns.take(connection.connection.driver_connection, BUSY_TIMEOUT_MS)
            else:
                connection.exec_driver_sql("BEGIN DEFERRED")
            if writes and log is not None:
                log.marked_by(connection)

        @event.listens_for(engine, "commit")
        def _committed(connection: sa.Connection) -> None:
            if log is not None and connection.get_execution_options().get("writes"):
                log.committed()

        @event.listens_for(engine, "checkin")
        def _checked_again(connection: Any, record: Any) -> None:
            if record.info.pop(_UNCHECKED, False) and connection is not None:
                connection.execute("PRAGMA foreign_keys=ON")

    return engine


def _still_there(connection: sa.Connection) -> None:
    """Raise StorageFailed where the file that is written to is no longer the one at its path: writes would be lost."""
    place, opened = connection.connection.info.get(_FILE, (None, None))
    if place is not None and files.identity(place) != opened:
        connection.connection.invalidate()
        raise StorageFailed(_gone(place))


def _gone(place: Path) -> str:
    return (
        f"The database file {place} was moved, deleted or replaced while Winnow had it open; nothing of this step was "
        "saved. Put the file back, then try again; after a restore, start Winnow again."
    )


def _postgresql(address: sa.URL) -> sa.Engine:
    tls = str(address.query.get("sslmode", "prefer"))
    named = address.drivername in ("postgresql", "postgresql+pg8000") and address.username
    if not named or tls not in encryption.MODES or set(address.query) - {"sslmode", "unix_sock", "application_name"}:
        raise ValueError("an address for pg8000")
    engine = sa.create_engine(
        address.set(drivername="postgresql+pg8000").difference_update_query(["sslmode"]),
        json_serializer=_json,
        connect_args={"ssl_context": encryption.context(tls)},
        **POOLED_BY_SERVER,
    )
    if tls == "prefer":
        encryption.prefer(engine)
    # A server that went is told where it is asked; that its dead connections cannot be closed is no news for a log.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    engine.dialect.use_insertmanyvalues_wo_returning = True  # else this driver sends rows one by one

    @event.listens_for(engine, "connect")
    def _open(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("SET default_transaction_isolation = 'read committed'")
        cursor.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("writes"):
            # Writers look before they write (is the claim free, the lease ours, the text as it was shown?), and readers
            # go on from the highest id they know: both hold because writers follow one another, as in SQLite. What
            # comes after the lock sees all that was committed before it, since each statement looks anew.
            begin = f"SELECT pg_advisory_xact_lock({WRITERS})"
        else:
            begin = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        connection.exec_driver_sql(begin, execution_options={"stream_results": False})

    return engine


def _json(value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:  # a server's reply may have NaN in it, which PostgreSQL takes for no JSON: kept as a text
        return json.dumps(json.loads(json.dumps(value), parse_constant=str))


@contextmanager
def _told() -> Iterator[None]:
    """Turn the database's own errors into a sentence that a person can act on."""
    try:
        yield
    except DBAPIError as error:
        if complaints.code(error.orig) == complaints.NAMED or complaints.SQLITE_NAMED in str(error.orig):
            raise complaints.OutOfDate(complaints.GONE) from error
        if isinstance(error, IntegrityError) or complaints.code(error.orig).startswith("23"):
            raise
        if complaints.code(error.orig) == complaints.OUT_OF_RANGE:
            raise Refused(complaints.TOO_LARGE) from error
        raise StorageFailed(complaints.sentence(error.orig)) from error
    except ConnectionError as error:  # a server that is just starting or ending hangs up before it says anything
        raise StorageFailed(complaints.sentence("network error")) from error
    except UnicodeEncodeError as error:  # half a surrogate pair in what was asked for: a column of texts keeps it
        if error.encoding != "utf-8":  # a server's database was made in an encoding of few characters
            raise StorageFailed(complaints.NOT_EVERY_CHARACTER) from error
        raise Refused(complaints.NO_TEXT) from error
    except OverflowError as error:
        if "SQLite INTEGER" not in str(error):
            raise
        raise Refused(complaints.TOO_LARGE) from error
    except sqlite3.DatabaseError as error:
        raise StorageFailed(complaints.sentence(error)) from error
