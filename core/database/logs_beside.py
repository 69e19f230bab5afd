"""Whose log lies beside a SQLite file: one of another database, or of another copy of this one, is not replayed.

SQLite puts whatever log has its file's name into the file, page by page, and no page says whose it is. So every
database of ours has a number of its own (`user_version`, in page 1), which a backup and a restored file have anew, and
whoever writes sees to it that page 1 goes into every log (`OwnLog`). A log in which page 1 has another number than page
1 of the file is not the file's. One without page 1 tells nothing and is believed (an earlier Winnow's, another
program's, a log begun anew that holds one write), and so is one whose frames do not add up, of which SQLite replays
nothing: no log that a crash left is ever refused.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import zlib
from contextlib import closing
from pathlib import Path
from typing import IO
from urllib.parse import quote

import sqlalchemy as sa

from core.records import StorageFailed

# SQLite's file format, sections 1.3 and 4.1 to 4.2.
_NUMBER_AT, _NUMBER = 60, struct.Struct(">i")
_HEAD, _FRAME = struct.Struct(">8I"), struct.Struct(">6I")
_LITTLE, _BIG = 0x377F0682, 0x377F0683  # how a log begins, by the order of the bytes that its checksums are made of


def examine(file: Path) -> None:
    """Raise StorageFailed where the log beside a database is another's; nothing is changed."""
    log = _log_of(file)
    try:
        if not log.stat().st_size or not (own := _number(file)):
            return
        with log.open("rb") as frames:
            is_foreign = _is_of_another(frames, own)
    except (OSError, sqlite3.Error):  # no log, or what opening the database says
        return
    if is_foreign:
        raise StorageFailed(
            f"The log {log} is of another database than {file}, or of another copy of it; opening it would mix the "
            "two. Move the log to where it came from, or to another folder, then try again; nothing was changed."
        )


class OwnLog:
    """The log of an open database, into which page 1 is written once each time that it begins anew."""

    def __init__(self, file: Path) -> None:
        self._path = _log_of(file)
        self._marked, self._marking = b"", b""

    def marked_by(self, connection: sa.Connection) -> None:
        """Under the write lock: have this transaction write page 1, unless an earlier one wrote it into this log."""
        head = self._head()
        if head and head == self._marked:
            return
        number = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one()) or fresh()
        connection.exec_driver_sql(f"PRAGMA user_version = {number}")
        self._marking = head  # "" where this write begins the log: the next one sees its head

    def committed(self) -> None:
        """What was marked is in the log."""
        if self._marking:
            self._marked, self._marking = self._marking, b""

    def _head(self) -> bytes:
        try:
            with self._path.open("rb", buffering=0) as log:
                return log.read(_HEAD.size)
        except OSError:
            return b""


def fresh() -> int:
    """A number for a database that has none, or that is no longer the one it was copied from."""
    return int.from_bytes(os.urandom(4)) % 0x7FFFFFFF + 1


def number_after(file: Path) -> None:
    """Give a copy that nobody has open a number by what is in it: copies of one moment stay the same to the byte."""
    sum_of_all = 0
    with file.open("rb") as pages:
        while piece := pages.read(1 << 20):
            sum_of_all = zlib.crc32(piece, sum_of_all)
    renumber(file, sum_of_all % 0x7FFFFFFF + 1)


def renumber(file: Path, number: int) -> None:
    """Give a database that nobody has open a number."""
    with file.open("r+b") as pages:
        pages.seek(_NUMBER_AT)
        pages.write(_NUMBER.pack(number))


def _log_of(file: Path) -> Path:
    place = Path(os.path.realpath(file))  # beside the file itself, where its path is a link
    return place.with_name(place.name + "-wal")


def _number(file: Path) -> int:
    """The number in page 1, whatever a log says of it; 0 for a database that has none.

    By SQLite alone: a program that closes a file which it has open as a database loses its locks on it.
    """
    address = f"file:{quote(os.fsencode(file.resolve()))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as c:
        return int(c.execute("PRAGMA user_version").fetchone()[0])


def _is_of_another(frames: IO[bytes], own: int) -> bool:
    head = frames.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return False
    magic, _, page_size, _, *salts, _, _ = _HEAD.unpack(head)
    if magic not in (_LITTLE, _BIG) or not 512 <= page_size <= 65_536:
        return False  # SQLite replays nothing of it
    at = _HEAD.size
    while True:
        frames.seek(at)
        frame = frames.read(_FRAME.size)
        if len(frame) < _FRAME.size:
            return False
        page, _, *its_salts, _, _ = _FRAME.unpack(frame)
        if its_salts != salts:  # from here on it is what an earlier log left
            return False
        if page == 1:
            start = frames.read(_NUMBER_AT + _NUMBER.size)[_NUMBER_AT:]
            # A frame that is just being written, or that a power cut left half written, has no number yet.
            other = len(start) == _NUMBER.size and _NUMBER.unpack(start)[0] not in (0, own)
            return other and _adds_up(frames, at + _FRAME.size + page_size, page_size, big=magic == _BIG)
        at += _FRAME.size + page_size


def _adds_up(frames: IO[bytes], end: int, page_size: int, *, big: bool) -> bool:
    """Whether every frame until a place has the checksum that SQLite asks for before it replays one."""
    order = ">" if big else "<"
    frames.seek(0)
    head = frames.read(_HEAD.size)
    sums = _added(head[:24], order, (0, 0))
    if sums != _HEAD.unpack(head)[6:]:
        return False
    while frames.tell() < end:
        frame, content = frames.read(_FRAME.size), frames.read(page_size)
        if len(content) < page_size:
            return False
        sums = _added(content, order, _added(frame[:8], order, sums))
        if sums != _FRAME.unpack(frame)[4:]:
            return False
    return True


def _added(some: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    one, two = sums
    for left, right in struct.iter_unpack(f"{order}II", some):
        one = (one + left + two) & 0xFFFFFFFF
        two = (two + right + one) & 0xFFFFFFFF
    return one, two
