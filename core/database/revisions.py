"""Which schema a database has, how an older one is brought to today's, and whether it has what it says."""

from __future__ import annotations

import filecmp
import glob
import time
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.database import anatomy, files
from core.database.anatomy import Anatomy
from core.records import StorageFailed

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0030"
_MIGRATIONS = Path(__file__).parent / "migrations"


def known() -> frozenset[str]:
    """The revisions of the schema that this Winnow can open."""
    return frozenset(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def examine(found: Anatomy, dialect: str, what: str = "The database") -> None:
    """Raise StorageFailed where a database is of a revision that is not known, or is not made as its revision is.

    Nothing is changed by it. An older one is held against what the migrations until then make, since half an upgrade
    would be found out in the middle of it.
    """
    if found.revision is None:
        return
    if found.revision not in known():
        raise StorageFailed(
            f"{what} is of revision {anatomy.shown(found.revision)}, which this version of Winnow does not know; use "
            "the newer Winnow that wrote it, or a backup made before."
        )
    today = _today(dialect)
    wanted = today if found.revision == HEAD else _made_until(found.revision)
    if found.revision != HEAD and dialect != "sqlite":
        wanted = replace(wanted, triggers=found.triggers)  # what is made in memory has SQLite's
    if differs := anatomy.difference(found, wanted, today):
        raise StorageFailed(
            f"{what} says that it is of revision {found.revision}, but {differs}: another program or another version "
            "of Winnow has changed it. Put a backup in its place with `winnow restore FILE`."
        )


def upgrade(engine: sa.Engine, file: Path | None, revision: str | None) -> None:
    """Bring the schema to HEAD; `file`, that of an older SQLite database, is copied aside first.

    All of it under the write lock and in one transaction: whoever is killed or fails leaves the database as it was, and
    of the copy nothing, or what the next upgrade takes away.
    """
    from alembic import command

    config = _config()
    with engine.execution_options(writes=True).connect() as connection:
        connection.execute(sa.select(1))  # takes the lock; the upgrade goes on in this transaction
        found = anatomy.of(connection).revision
        if found == HEAD:
            return  # another program did it while this one waited
        copied = _copied_aside(file, found) if found is not None and file else None

        def before_commit() -> None:
            examine(anatomy.of(connection), engine.dialect.name)
            if copied:
                _keep(copied)

        config.attributes["connection"] = connection
        config.attributes["before_commit"] = before_commit
        try:
            command.upgrade(config, "head")
        finally:
            if copied:
                copied.unlink(missing_ok=True)


def _copied_aside(file: Path, revision: str) -> Path:
    """Copy a database that is about to be upgraded; the copy has its name once the upgrade is whole."""
    halves = f"{glob.escape(file.name)}.*.bak{files.PARTIAL}*"
    for left in file.parent.glob(halves):  # of one that was killed: nobody else upgrades now
        with suppress(OSError):
            left.unlink()
    return files.copy(file, file.with_name(f"{file.name}.{revision}.{int(time.time())}.bak{files.PARTIAL}"))


def _keep(copied: Path) -> None:
    """Give a copy its name, unless one that a killed upgrade left is the same to the byte."""
    target = copied.with_name(copied.name.removesuffix(files.PARTIAL))
    name, revision, *_ = target.name.rsplit(".", 3)
    earlier = copied.parent.glob(f"{glob.escape(name)}.{revision}.*.bak")
    if not any(filecmp.cmp(copied, one, shallow=False) for one in earlier):
        copied.replace(target)
        files.synced(target.parent)


_today = cache(anatomy.today)


@cache
def _made_until(revision: str) -> Anatomy:
    """What the migrations up to a revision make, found by having them make it in memory."""
    from alembic import command

    engine = sa.create_engine("sqlite:///:memory:")
    config = _config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        made = anatomy.of(connection)
    engine.dispose()
    return made


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
