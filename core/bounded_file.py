"""A file that somebody named: a plain one, and read whole no larger than such a file is."""

from __future__ import annotations

import codecs
import os
import stat
from io import BufferedReader
from pathlib import Path

from core.records import Refused

WRITTEN = 1 << 20  # bytes of what a person writes by hand: a rule, a prompt, a guide
LARGE = 256 << 20  # bytes of what is read whole and holds many rows
_NEVER_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def plain(path: Path, what: str = "a file on a disk") -> BufferedReader:
    """The file, opened for reading. `what` it should be stands in the sentence.

    Raises Refused for a folder and for what may never end or waits for somebody: a device, a pipe, a socket, what the
    kernel tells (`/proc/kmsg` calls itself a plain file); FileNotFoundError where there is none.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # looked at before it is opened, which with a device does something
        raise _no_plain_file(path, what)
    file = os.fdopen(os.open(path, os.O_RDONLY | _NEVER_WAIT), "rb")
    found = os.fstat(file.fileno())
    empty = found.st_size == 0
    if not stat.S_ISREG(found.st_mode) or (empty and _is_of_no_disk(file.fileno())):
        file.close()
        raise _no_plain_file(path, what)
    return file


def is_plain(path: Path) -> bool:
    """Whether a path's file is one on a disk, by its looks: it is not opened, for who closes a database loses locks."""
    found = path.stat()
    return stat.S_ISREG(found.st_mode) and (found.st_size > 0 or not _is_of_no_disk(path))


def whole(path: Path, most: int, what: str) -> bytes:
    """The bytes of a file. Raises what `plain` raises, and Refused for more than `most` bytes."""
    with plain(path, what) as file:
        read = file.read(most + 1)
    if len(read) > most:
        raise Refused(f"{path.name} is larger than {most >> 20:,} MB, so it is not {what}.")
    return read


def text(path: Path, most: int, what: str) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its mark. Raises what `whole` raises, and Refused for another
    encoding: signs in the place of letters would be kept as if somebody had written them."""
    read = whole(path, most, what)
    encoding = "utf-16" if read.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return read.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refused(f"{path.name} is no text in UTF-8 (byte {error.start + 1}); save it as UTF-8.") from None


def _no_plain_file(path: Path, what: str) -> Refused:
    return Refused(f"{path} is no plain file; name {what}.")


def _is_of_no_disk(file: int | Path) -> bool:
    """Whether a file that is empty by its own word is the kernel's, which may wait for ever where it is read."""
    return hasattr(os, "statvfs") and os.statvfs(file).f_blocks == 0
