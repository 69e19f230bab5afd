"""Where a test's databases are: SQLite files in its folders, or databases of a private PostgreSQL server.

A test names the folder in which the SQLite file would be; with `--database postgresql` each such folder has a database
of its own, a copy of one that the migrations made.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from core.database import Database, open_database, revisions
from core.database.engine import _engine
from tests.ports import free_port

TEMPLATE = "winnow_template"


def copy_new_files(template: Path, patch: pytest.MonkeyPatch) -> None:
    """From now on fill a new SQLite file from `template`, made here, instead of running every migration for it."""
    migrate = revisions.upgrade
    open_database(f"sqlite:///{template}").close()

    def upgrade(new: sa.Engine, file: Path | None, revision: str | None) -> None:
        if revision or not file or "tests/database/" in os.environ.get("PYTEST_CURRENT_TEST", ""):
            migrate(new, file, revision)
            return
        copy_into(template, new)

    patch.setattr(revisions, "upgrade", upgrade)


def copy_into(file: Path, new: sa.Engine) -> None:
    """Have an open SQLite database hold what a file holds."""
    with closing(sqlite3.connect(file)) as whole, new.connect() as connection:
        opened = connection.connection.driver_connection
        assert isinstance(opened, sqlite3.Connection)
        whole.backup(opened)


def compile_once(patch: pytest.MonkeyPatch) -> None:
    """From now on an engine finds what those before it have compiled, as a server's one engine does all its life."""
    shared: LRUCache[Any, Any] = LRUCache(2_000)
    begin = sa.Engine.__init__

    def made(engine: sa.Engine, *about: Any, **more: Any) -> None:
        begin(engine, *about, **more)
        engine._compiled_cache = shared

    patch.setattr(sa.Engine, "__init__", made)
    patch.setattr(DefaultDialect, "__eq__", lambda one, other: type(one) is type(other))
    patch.setattr(DefaultDialect, "__hash__", lambda one: hash(type(one)))


class Server:
    """A throw-away PostgreSQL server on the loopback address, whose databases last as long as a test."""

    def __init__(self, durable: bool = False) -> None:
        """`durable`: what it has acknowledged outlives a crash, as with any server that is not thrown away."""
        import pg8000.native

        self._folder = Path(tempfile.mkdtemp(prefix="winnow-postgresql-"))
        self._as_user: list[str] = []
        if os.geteuid() == 0:  # the server refuses to be root's
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
            shutil.chown(self._folder, "postgres", "postgres")
        self._port = free_port()
        # Sorted as a language sorts, as most servers do: a test must not count on the order of bytes.
        locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        self._run("initdb", "--no-sync", "--auth=trust", "--username=winnow", *locale)
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        options += " -c autovacuum=off -c max_connections=400"
        options += "" if durable else " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        self._options = options
        self.go_on()
        self._admin = pg8000.native.Connection("winnow", host="127.0.0.1", port=self._port, database="postgres")
        self._made: dict[str, Path] = {}
        self._admin.run(f"CREATE DATABASE {TEMPLATE}")
        open_database(self.url(TEMPLATE)).close()

    def url(self, name: str) -> str:
        return f"postgresql://winnow@127.0.0.1:{self._port}/{name}"

    def database(self, folder: Path, name: str, template: str = TEMPLATE) -> str:
        """The address of a folder's database of that name, which is made when it is asked for the first time."""
        told = f"t_{blake2b(str(folder / name).encode(), digest_size=12).hexdigest()}"
        if told not in self._made:
            self._admin.run(f"CREATE DATABASE {told} TEMPLATE {template}")
            self._made[told] = folder
        return self.url(told)

    def forget(self, under: Path) -> None:
        """Drop the databases of the folders under this one, whoever is still connected."""
        for name in [name for name, folder in self._made.items() if folder.is_relative_to(under)]:
            self._admin.run(f"DROP DATABASE {name} WITH (FORCE)")
            del self._made[name]

    def halt(self) -> None:
        """Stop for a while, as a crash does: its databases stay, connections break."""
        self._run("pg_ctl", "stop", "--mode=immediate", "--wait")

    def go_on(self) -> None:
        """Start, or start again."""
        self._run("pg_ctl", "start", "--wait", "--timeout=300", f"--log={self._folder / 'log'}", "-o", self._options)

    def stop(self) -> None:
        with suppress(Exception):  # it may have broken with the server
            self._admin.close()
        self.halt()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(_binaries() / program), *arguments, f"--pgdata={self._folder / 'data'}"]
        with (self._folder / "said").open("w+") as said:  # not a pipe: the server would keep it open
            done = subprocess.run(command, cwd=self._folder, stdout=said, stderr=said, check=False)
            said.seek(0)
            assert done.returncode == 0, said.read()


server: Server | None = None  # set by conftest.py where a server is asked for


def address(folder: Path, name: str = "winnow") -> str:
    """The address of the database that belongs to a folder."""
    if server:
        return server.database(folder, name)
    return f"sqlite:///{folder / name}.db"


def new(folder: Path) -> str:
    """The address of a database in which nobody has made a table yet."""
    return server.database(folder, "new", "template0") if server else address(folder, "new")


def environment(folder: Path) -> dict[str, str]:
    """The environment of a program whose data folder is this one."""
    return {**os.environ, "WINNOW_DATA_DIR": str(folder), "WINNOW_DATABASE_URL": address(folder)}


def rows(folder: Path, sql: str) -> list[Any]:
    """What a folder's database answers; nothing while its tables are not made."""
    if not server and not (folder / "winnow.db").exists():
        return []
    engine = _engine(address(folder))
    with engine.connect() as connection:
        found = connection.execute(sa.text(sql)).all() if sa.inspect(connection).has_table("tasks") else []
    engine.dispose()
    return list(found)


def written(folder: Path) -> bytes:
    """All that a folder and its database hold."""
    found = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    if server:
        dump = subprocess.run([_binaries() / "pg_dump", address(folder)], stdout=subprocess.PIPE, check=True)
        found.append(dump.stdout)
    assert any(b"self-instruct" in one for one in found), "there is nothing to look at"
    return b"\n".join(found)


def _binaries() -> Path:
    there = shutil.which("initdb")
    found = [Path(there)] if there else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "PostgreSQL's initdb is neither on PATH nor in /usr/lib/postgresql; install the package postgresql."
    return found[-1].resolve().parent


@contextmanager
def steps(database: Database) -> Iterator[list[int]]:
    """Count the steps of SQLite's own machine until the block ends, so that no clock is asked: a list of one number."""
    taken = [0]

    def count() -> int:
        taken[0] += 100
        return 0

    def begin(connection: sa.Connection) -> None:
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(count, 100)

    sa.event.listen(database.engine, "begin", begin)
    try:
        yield taken
    finally:
        sa.event.remove(database.engine, "begin", begin)
