"""Which schema a database has, how an older one is brought to today's, and whether it has what it says."""

from __future__ import annotations

import time
from collections.abc import Container
from pathlib import Path

import sqlalchemy as sa

from core.database import files
from core.records import StorageFailed

HEAD = "0024"


def of(engine: sa.Engine) -> str | None:
    """The schema's revision, None for an empty database. Read here, so that alembic loads only for an upgrade."""
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        if "alembic_version" in tables:
            return str(
                connection.execute(
                    sa.select(sa.column("version_num")).select_from(sa.table("alembic_version"))
                ).scalar_one()
            )
        if tables:
            raise StorageFailed(f"{engine.url.render_as_string()} holds other tables than Winnow's; choose another.")
        return None


def upgrade(engine: sa.Engine, file: Path | None, revision: str | None) -> None:
    """Bring the schema to HEAD; `file`, that of an older SQLite database, is copied aside first."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    try:
        ScriptDirectory.from_config(config).get_revision(revision or "head")
    except CommandError as error:
        raise StorageFailed(
            f"The database is of revision {revision}, which this version of Winnow does not know; use the newer "
            "Winnow that wrote it, or a backup made before."
        ) from error
    if revision is not None and file:
        _copy_aside(file, revision)
    with engine.execution_options(writes=True).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _copy_aside(file: Path, revision: str) -> None:
    """Copy a database before it is upgraded; a copy that an upgrade made which was then killed serves again."""
    files.clear_partials(file)
    written = max((path.stat().st_mtime for path in (file, Path(f"{file}-wal")) if path.exists()), default=0.0)
    earlier = file.parent.glob(f"{file.name}.{revision}.*.bak")
    if not any(path.stat().st_mtime > written and not files.complaint_of(path) for path in earlier):
        files.copy(file, file.with_name(f"{file.name}.{revision}.{int(time.time())}.bak"))


def compare(have: Container[tuple[str, str]]) -> None:
    """Raise StorageFailed where a database that has these (table, column) lacks any of the schema that it claims."""
    from core.database.schema import metadata

    lacking = [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if (table.name, column.name) not in have
    ]
    if lacking:
        raise StorageFailed(
            f"The database says that it is of revision {HEAD}, but lacks {lacking[0]}"
            f"{f' and {len(lacking) - 1} more' if len(lacking) > 1 else ''}: another program or another version of "
            "Winnow has changed it. Put a backup in its place with `winnow restore FILE`."
        )
