"""Restoring a backup: checked first, only while nobody holds the data, and with what was there kept aside.

Copying a backup over the database by hand does harm: SQLite then replays the log of the old file into the new one.
"""

from __future__ import annotations

import glob
import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from core.actor import NOBODY, acting
from core.database import anatomy, files, logs_beside, revisions
from core.database.files import BESIDE, Sound
from core.foreign import told
from core.records import Refused, StorageFailed

ASKED = "restore-at-start.json"  # in the folder of the database
# Where SQLite marks that somebody has the file open for reading, in any program (its file format, section 2.3).
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place, and where the database before it lies now (None where there was none)."""

    source: Path
    revision: str
    kept: Path | None


def file_of(url: str) -> Path:
    """The SQLite file that a database's address names. Refused for another database."""
    address = sa.make_url(url)
    if address.get_backend_name() != "sqlite" or not address.database or address.database == ":memory:":
        raise Refused("Restore swaps a SQLite file; for another database use its own tool, such as pg_restore.")
    return Path(address.database)


def examined(source: Path) -> Sound:
    """The backup in a file. Raises StorageFailed where it is damaged, of another program, or of a newer Winnow."""
    logs_beside.examine(source)
    found = files.sound(source)
    if made := anatomy.of_file(source):
        revisions.examine(made, "sqlite", f"The backup {source}")
    return found


def restore(url: str, source: Path) -> Restored:
    """Put a backup in the place of the database at `url`; an older one is upgraded when it is next opened.

    Raises StorageFailed where the backup is not sound or the disk refuses, Refused while any program has the data open.
    """
    place = file_of(url)
    found = examined(source)
    if place.exists() and source.resolve() == place.resolve():
        raise Refused(f"{source} is the database itself; name a backup.")
    with _alone(place):
        return _swapped(place, found)


def ask(url: str, source: Path) -> Sound:
    """Have a backup restored when Winnow next starts, before anybody opens the data; it is examined now."""
    place = file_of(url)
    found = examined(source)
    if source.resolve() == place.resolve():
        raise Refused(f"{source} is the database itself; choose a backup.")
    marker = place.with_name(ASKED)
    partial = marker.with_name(marker.name + ".partial")
    wish = {"source": str(source.resolve()), "asked_at": time.time(), "by": acting()}
    try:
        partial.write_text(json.dumps(wish), encoding="utf-8")
        files.synced(partial)
        partial.replace(marker)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise StorageFailed(
            f"That {source.name} is to be restored could not be noted in {place.parent} ({told(error)}); free some "
            "space there, or check that you may write it."
        ) from error
    return found


def asked(url: str) -> Path | None:
    """The backup that waits to be restored at the next start."""
    told = _told_of(url).get("source")
    return Path(told) if isinstance(told, str) else None


def asked_by(url: str) -> str:
    """Who asked for the backup that waits to be restored; "" where nobody did, or it is not known."""
    return str(_told_of(url).get("by") or NOBODY)


def _told_of(url: str) -> dict[str, object]:
    try:
        told = json.loads(file_of(url).with_name(ASKED).read_text(encoding="utf-8"))
    except (Refused, OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def forget(url: str) -> None:
    """Restore nothing at the next start after all."""
    with suppress(OSError):
        file_of(url).with_name(ASKED).unlink()


def restore_asked(url: str) -> Restored | None:
    """At a start: restore the backup that somebody asked for, if any. It is asked for once, whatever comes of it."""
    source = asked(url)
    if source is None:
        return None
    try:
        return restore(url, source)
    finally:
        forget(url)


def backups(url: str) -> list[Path]:
    """The backups that lie beside the database, newest first: those by hand, before upgrades, and what was replaced."""
    try:
        place = file_of(url)
    except Refused:
        return []
    beside = [
        path
        for path in place.parent.glob(f"{glob.escape(place.stem)}*")
        if path.suffix in (".db", ".bak") and path != place
    ]
    found = [path for path in beside if files.is_sqlite(path)]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def _swapped(place: Path, found: Sound) -> Restored:
    arriving = place.with_name(place.name + files.RESTORING)
    kept = place.with_name(f"{place.stem}-replaced-{time.strftime('%Y%m%d-%H%M%S')}.db") if place.exists() else None
    files.clear_partials(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        files.copied(found.path, arriving)
        if complaint := files.complaint_of(arriving):
            raise StorageFailed(f"The copy of {found.path} is damaged ({complaint}); check the disk, then try again.")
        files.synced(arriving)
        if kept:
            with suppress(StorageFailed):  # another's log is not its own to be folded in; it goes along
                logs_beside.examine(place)
                _fold_in(place)
            os.replace(place, kept)
            for end in BESIDE:  # what could not be folded in stays with the file that it belongs to
                with suppress(FileNotFoundError):
                    os.replace(f"{place}{end}", f"{kept}{end}")
        os.replace(arriving, place)
        files.synced(place.parent)
    except OSError as error:
        if kept and kept.exists() and not place.exists():
            os.replace(kept, place)
        raise StorageFailed(
            f"{found.path} could not be put in place ({told(error)}); the database is as it was. Free some "
            "space, or check that you may write its folder."
        ) from error
    finally:
        with suppress(OSError):
            arriving.unlink()
    return Restored(found.path, found.revision, kept)


def _fold_in(place: Path) -> None:
    """Take the write-ahead log into the file that is put aside, where the file is still good enough for it."""
    import sqlite3
    from contextlib import closing

    with suppress(sqlite3.Error), closing(sqlite3.connect(place, timeout=1)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")


class _alone:
    """Holds a database file so that no other program can; Refused where one has it open, even idly."""

    def __init__(self, place: Path) -> None:
        self._place, self._handle = place, -1

    def __enter__(self) -> None:
        if sys.platform == "win32" or not self._place.exists():  # there a file that is open cannot be replaced at all
            return
        import fcntl

        self._handle = os.open(self._place, os.O_RDWR)
        try:
            fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
            fcntl.lockf(self._handle, fcntl.LOCK_UN, _SHARED_SIZE, _SHARED_FIRST)
        except OSError as error:
            os.close(self._handle)
            raise Refused(
                f"A program has {self._place} open: stop the app and every run, then restore; or choose the backup on "
                "the page Backups, which puts it in place at the next start."
            ) from error

    def __exit__(self, *_: object) -> None:
        if self._handle >= 0:
            os.close(self._handle)
