"""Files that a browser sent or fetches: on disk while they are wanted, and never left lying about, a killed server's
included."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

FOLDER = "uploads"
LOCK = ".in-use"
LARGE = 16 * 1024 * 1024  # bytes from which a file waits on disk for its import, and not in the memory of the server
LONGEST_NAME = 180  # bytes: a disk takes 255, and some of it is wanted for what stands beside


class LaidFile:
    """A file of the data folder with this content and the last part of this name: till it is closed or forgotten.

    What servers that were killed have left is swept away first. Raises OSError where there is no room.
    """

    def __init__(self, data_dir: Path, name: str, content: bytes | memoryview) -> None:
        sweep(data_dir)
        within = data_dir / FOLDER
        within.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=within))
        lock = (folder / LOCK).open("wb")
        self._gone = weakref.finalize(self, _remove, folder, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.name, self.file_id, self.path = name, folder.name, folder / file_name(name)
        try:
            self.path.write_bytes(content)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Remove it."""
        self._gone()


def _remove(folder: Path, lock: BinaryIO) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    lock.close()


@contextmanager
def laid_down(data_dir: Path, name: str, content: bytes | memoryview) -> Iterator[Path]:
    """A file as `LaidFile` says, gone when the block ends."""
    laid = LaidFile(data_dir, name, content)
    try:
        yield laid.path
    finally:
        laid.close()


def file_name(given: str) -> str:
    """The last part of the name that a browser gave a file, as every disk takes it, with its ending.

    No path, nothing hidden, no sign that is not to be seen, and at most 180 bytes, which are its last ones.
    """
    last = given.replace("\\", "/").rpartition("/")[2]
    seen = "".join(letter for letter in last if letter.isprintable())
    return seen.encode("utf-8", "ignore")[-LONGEST_NAME:].decode("utf-8", "ignore").lstrip(".") or "upload"


def sweep(data_dir: Path) -> int:
    """Remove uploads that no living program reads; return how many."""
    swept = 0
    for folder in (data_dir / FOLDER).glob("*"):
        with suppress(OSError), (folder / LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held by whoever reads the upload, until it ends
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept
