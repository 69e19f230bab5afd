"""Which schema a database has, how an older one is brought to today's, and whether it has what it says."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.database import files, shapes
from core.database.shapes import Shape
from core.records import StorageFailed

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0022"
_MIGRATIONS = Path(__file__).parent / "migrations"


def known() -> frozenset[str]:
    """The revisions of the schema that this Winnow can open."""
    return frozenset(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def examine(found: Shape, dialect: str, what: str = "The database") -> None:
    """Raise StorageFailed where a database is of a revision that is not known, or is not made as its revision is.

    Nothing is changed by it. An older one is held against what the migrations until then make, since half an upgrade
    would be found out in the middle of it.
    """
    if found.revision is None:
        return
    if found.revision not in known():
        raise StorageFailed(
            f"{what} is of revision {shapes.shown(found.revision)}, which this version of Winnow does not know; use "
            "the newer Winnow that wrote it, or a backup made before."
        )
    today = _today(dialect)
    wanted = today if found.revision == HEAD else _made_until(found.revision)
    if found.revision != HEAD and dialect != "sqlite":
        wanted = replace(wanted, triggers=found.triggers)  # what is made in memory has SQLite's
    if differs := shapes.difference(found, wanted, today):
        raise StorageFailed(
            f"{what} says that it is of revision {found.revision}, but {differs}: another program or another version "
            "of Winnow has changed it. Put a backup in its place with `winnow restore FILE`."
        )


def upgrade(engine: sa.Engine, file: Path | None, revision: str | None) -> None:
    """Bring the schema to HEAD; `file`, that of an older SQLite database, is copied aside first.

    Where the upgrade fails, the database is as it was, and no copy of it is left over.
    """
    from alembic import command

    config = _config()
    copied = _copy_aside(file, revision) if revision is not None and file else None
    try:
        with engine.execution_options(writes=True).connect() as connection:
            config.attributes["connection"] = connection
            config.attributes["before_commit"] = lambda: examine(shapes.of(connection), engine.dialect.name)
            command.upgrade(config, "head")
    except BaseException:
        if copied:
            with suppress(OSError):
                copied.unlink()
        raise


def _copy_aside(file: Path, revision: str) -> Path | None:
    """Copy a database before it is upgraded and return the copy; one that a killed upgrade made serves again (None)."""
    files.clear_partials(file)
    written = max((path.stat().st_mtime for path in (file, Path(f"{file}-wal")) if path.exists()), default=0.0)
    earlier = file.parent.glob(f"{file.name}.{revision}.*.bak")
    if any(path.stat().st_mtime > written and not files.complaint_of(path) for path in earlier):
        return None
    return files.copy(file, file.with_name(f"{file.name}.{revision}.{int(time.time())}.bak"))


_today = cache(shapes.today)


@cache
def _made_until(revision: str) -> Shape:
    """What the migrations up to a revision make, found by having them make it in memory."""
    from alembic import command

    engine = sa.create_engine("sqlite:///:memory:")
    config = _config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        made = shapes.of(connection)
    engine.dispose()
    return made


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
