"""What a database complains of, as sentences that a person can act on."""

from __future__ import annotations

from core.foreign import words
from core.records import WinnowError

OUT_OF_RANGE = "22003"  # PostgreSQL's code for a number that no column holds
TOO_LARGE = "A number is larger than any that is stored here, so nothing has it; check what was asked for."
NAMED = "23503"  # PostgreSQL's code for a row that names one which is not there, or is named itself
SQLITE_NAMED = "FOREIGN KEY constraint failed"
GONE = (
    "What this belongs to was deleted meanwhile by somebody else (its pool, perhaps), or has got something new that "
    "belongs to it; nothing of this step was saved. Load the page again, and look at what is there."
)
NO_TEXT = "A text holds half of a sign (bytes that are no UTF-8), which is stored nowhere; enter it again."
NOT_EVERY_CHARACTER = "The database cannot hold every character; make a new one with createdb --encoding=UTF8."

# A part of SQLite's complaint, or PostgreSQL's code for it, and what is to be done. The first that fits is told.
KNOWN = {
    "disk is full": "The disk is full: this step was not saved, what came before it is. Free some space and try again.",
    "locked": "Another program has held the database for too long; close it, or try again in a moment.",
    "readonly": "The database is read-only; let this user write it, or set WINNOW_DATA_DIR elsewhere.",
    "unable to open": "The database cannot be opened; check that its folder exists and may be written.",
    "not a database": "The file is not a database; choose another, or `winnow restore FILE` a backup.",
    "malformed": "The database file is damaged; put a backup in its place with `winnow restore FILE`.",
    "disk I/O": "The disk refused to read or write; check the disk and its free space, then try again.",
    "Can't create a conn": "No database server answers at WINNOW_DATABASE_URL; start it, or correct host and port.",
    "communication error": "No database server answers at WINNOW_DATABASE_URL; start it, or correct unix_sock.",
    "Server refuses SSL": "The database server offers no TLS; take sslmode out of WINNOW_DATABASE_URL.",
    "network error": "The connection to the database server broke; see that the server runs and try again.",
    "(28": "The database server does not let this user in; check user and password in WINNOW_DATABASE_URL.",
    "(3D000)": "The server has no database of that name; make it with createdb, or correct WINNOW_DATABASE_URL.",
    "(42501)": "The database's user may not do this; make it the owner of the database that WINNOW_DATABASE_URL names.",
    "(53100)": "The database server's disk is full: this step was not saved. Free some space there, and try again.",
    "(53300)": "The database server has no connection left; close a program that uses it, or raise max_connections.",
    "(55P03)": "Another program has held the database for too long; close it, or try again in a moment.",
    "(57P0": "The database server is starting or shutting down; try again in a moment.",
    "(25006)": "The database is read-only; point WINNOW_DATABASE_URL at a server that takes changes.",
    "(22P05)": NOT_EVERY_CHARACTER,
}


class OutOfDate(WinnowError):
    """What this belongs to was deleted meanwhile, or something belongs by now to what was to go; nothing was saved."""


def code(error: object) -> str:
    """PostgreSQL's five characters for what went wrong, "" for another database's error."""
    told = getattr(error, "args", ())
    return str(told[0].get("C", "")) if told and isinstance(told[0], dict) else ""


def sentence(error: object) -> str:
    """What to tell a person about an error of the driver."""
    complaint = (
        f"{error.args[0].get('M')} ({code(error)})" if isinstance(error, Exception) and code(error) else str(error)
    )
    for sign, told in KNOWN.items():
        if sign in complaint:
            return told
    return f"The database refused: {words(complaint)}. `winnow doctor` tells more."
