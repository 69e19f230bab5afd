"""SQLite's write lock among several processes: taken within a millisecond of its being free.

SQLite itself sleeps ever longer between two looks, up to a tenth of a second: beside an import, which gives the lock
back every thirty milliseconds for ten, somebody who rates waited a second at times.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any

SOON_S, LATER_S = 0.001, 0.005  # between two looks: in the first second, and after it


def take(connection: Any, most_ms: int) -> None:
    """Begin a transaction that writes. Raises sqlite3.OperationalError where another has written for so long."""
    began = time.monotonic()
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                waited = time.monotonic() - began
                if not _is_busy(error) or waited * 1000 >= most_ms:
                    raise
                time.sleep(SOON_S if waited < 1 else LATER_S)
    finally:
        connection.execute(f"PRAGMA busy_timeout={most_ms}")


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
