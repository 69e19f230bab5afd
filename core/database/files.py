"""SQLite's files: copying one while others work, looking whether one is sound, and knowing the one that was opened."""

from __future__ import annotations

import glob
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.bounded_file import plain
from core.database import logs_beside
from core.foreign import told
from core.records import Refused, StorageFailed
from core.replacing import in_a_folder

BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps next to a database
MAGIC = b"SQLite format 3\x00"
PARTIAL, RESTORING = ".partial", ".restoring"  # how the name of a copy ends while it is being written
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sound:
    """A Winnow database in a file: its schema's revision, its size in bytes, and when it was last written (epoch)."""

    path: Path
    revision: str
    size: int
    written_at: float


Identity = tuple[int, int]  # device and inode: which file it is, whatever its name


def identity(path: Path) -> Identity | None:
    """Which file stands at a path now, None where none does."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def copy(source: Path, target: Path) -> Path:
    """Write a consistent, checked copy of a SQLite database to `target`; return its path.

    Raises StorageFailed where `target` is a file of another kind, which is never overwritten, where the copy fails, or
    where it is not sound; what stood at `target` before is then still there.
    """
    if target.is_dir():
        raise StorageFailed(f"{target} is a folder; choose a file in it for the backup.")
    if target.exists() and not target.is_file():
        raise StorageFailed(f"{target} is no plain file and is left as it is; choose another file for the backup.")
    if target.exists() and target.stat().st_size and not is_sqlite(target):
        raise StorageFailed(f"{target} is no database and is left as it is; choose another file for the backup.")
    try:
        in_a_folder(target)
    except Refused as error:
        raise StorageFailed(str(error)) from None
    clear_partials(source)
    partial = target.with_name(target.name + PARTIAL)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(partial)) as made:
            there.backup(made)  # in one go: a reader of one moment, whom writers need not wait for
        if complaint := complaint_of(partial):
            raise sqlite3.DatabaseError(f"the copy is not sound: {complaint}")
        logs_beside.number_after(partial)
        synced(partial)
        partial.replace(target)
        synced(target.parent)
    except (sqlite3.Error, OSError) as error:
        _removed(partial)
        raise StorageFailed(
            f"The backup to {target} failed ({told(error)}); choose a folder with room that you may write."
        ) from error
    return target


def copied(source: Path, arriving: Path) -> None:
    """Copy a database that nobody writes, with what its log holds, and give the copy a number of its own.

    The file alone would lack the last that a killed program stored. Raises OSError, also where SQLite cannot read it.
    """
    try:
        with _looked_at(source) as there, closing(sqlite3.connect(arriving)) as made:
            there.backup(made)
    except sqlite3.Error as error:
        raise OSError(told(error)) from error
    logs_beside.renumber(arriving, logs_beside.fresh())


def is_sqlite(path: Path) -> bool:
    """Whether a file begins as SQLite's do."""
    try:
        with plain(path) as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, Refused):
        return False


def complaint_of(path: Path) -> str:
    """What SQLite finds wrong inside a database file, "" where it is sound. Reads all of it."""
    try:
        with _looked_at(path) as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return told(error)
    return "" if found == "ok" else found


def sound(path: Path) -> Sound:
    """The Winnow database in a file. Raises StorageFailed, saying why, where there is none or it is damaged."""
    if not path.is_file():
        raise StorageFailed(f"There is no file {path}; name a backup that `winnow backup` wrote.")
    if not is_sqlite(path):
        raise StorageFailed(f"{path} is no SQLite database; name a backup that `winnow backup` wrote.")
    if complaint := complaint_of(path):
        raise StorageFailed(f"{path} is damaged ({complaint}); choose another backup.")
    try:
        with _looked_at(path) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            connection.execute("SELECT id, name, settings FROM pools LIMIT 1").fetchall()
    except sqlite3.Error as error:
        raise StorageFailed(f"{path} holds no pools of Winnow's; choose another backup.") from error
    if row is None:
        raise StorageFailed(f"{path} names no version of its schema; choose another backup.")
    told = path.stat()
    return Sound(path, str(row[0]), told.st_size, told.st_mtime)


def read_still(path: Path, look: Callable[[sqlite3.Connection], T]) -> T:
    """What a look at a database file finds, where nobody wrote it meanwhile: else it is looked at again.

    A file without a log is read as one that nobody changes, and somebody may just be opening it.
    """
    while True:
        before = _written(path)
        try:
            with _looked_at(path) as connection:
                found = look(connection)
        except (sqlite3.Error, StorageFailed):
            if _written(path) == before:
                raise
            continue
        if _written(path) == before:
            return found


def _written(path: Path) -> list[tuple[int, int] | None]:
    """What changes where a database file is written or a log is laid beside it (a reader may make its index)."""
    return [_size_and_time(path), *(_size_and_time(Path(f"{path}{end}")) for end in ("-wal", "-journal"))]


def _size_and_time(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _removed(half: Path) -> None:
    """Remove a copy that could not be written to its end, with what SQLite keeps beside it: on a full disk it stays."""
    for end in ("", *BESIDE):
        with suppress(OSError):
            half.with_name(half.name + end).unlink()


def clear_partials(place: Path, older_than_s: float = 600.0) -> None:
    """Remove the half-written copies of a database that killed programs left beside it, with their journals."""
    for path in place.parent.glob(f"{glob.escape(place.stem)}*"):
        if any(path.name.endswith((PARTIAL + end, RESTORING + end)) for end in ("", *BESIDE)):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > older_than_s:
                    path.unlink()


def synced(path: Path) -> None:
    """Have the disk itself hold a file, or a folder's entries."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _looked_at(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, and leaves nothing beside the file: one that has no log is read as a file that
    nobody changes, where SQLite would else make a log and an index of it that stay."""
    still = "" if any(path.with_name(path.name + end).exists() for end in BESIDE) else "&immutable=1"
    with closing(sqlite3.connect(f"file:{_quoted(path)}?mode=ro{still}", uri=True)) as connection:
        yield connection


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(os.fsencode(path.resolve()))  # a name need not be UTF-8
