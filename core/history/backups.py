"""Backups made and put in place, written down: a restored database says by whom it was restored, and from what.

The files are `core.database`'s to copy, check and swap; names of files alone are kept, never their folders.
"""

from __future__ import annotations

from pathlib import Path

from core.actor import acting_as
from core.database import Database, open_database, restoring
from core.database.engine import backup, backup_name
from core.database.restoring import Restored
from core.pool import journal
from core.pool.journal import Noted
from core.records import StorageFailed


def back_up(database: Database, target: Path | None = None, *, called: str = "") -> Path:
    """Write a checked copy of the database, by default to a dated file beside it; return its path.

    `called`: what the history calls it instead of the file's name. The line is written once the copy is whole, so that
    the copy itself does not have it. Raises StorageFailed.
    """
    written = backup(database, target or backup_name(database))
    with database.write() as c:
        journal.note(c, None, Noted.BACKED_UP, detail=called or written.name)
    return written


def restore(url: str, source: Path) -> Restored:
    """Put a backup in the place of the database at `url`, and say so in the one that stands there from now on.

    An older backup is upgraded by this, after a copy. Raises StorageFailed and Refused as `restoring.restore` does.
    """
    return _written_down(url, restoring.restore(url, source))


def restore_asked(url: str) -> Restored | None:
    """At a start: restore the backup that somebody asked for, if any, in the name of whoever asked."""
    by = restoring.asked_by(url)
    done = restoring.restore_asked(url)
    if done is None:
        return None
    with acting_as(by):
        return _written_down(url, done)


def _written_down(url: str, done: Restored) -> Restored:
    beside = f"; what was there before is {done.kept.name}" if done.kept else ""
    try:
        database = open_database(url)
    except StorageFailed as error:
        raise StorageFailed(f"{done.source.name} was put in place{beside}. It cannot be opened: {error}") from error
    try:
        with database.write() as c:
            journal.note(c, None, Noted.RESTORED, detail=f"{done.source.name}{beside}")
    finally:
        database.close()
    return done
