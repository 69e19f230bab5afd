"""Files that a browser sent: on disk while they are read, and never left lying about, a killed server's included."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDER = "uploads"
LOCK = ".in-use"


@contextmanager
def laid_down(data_dir: Path, name: str, content: bytes | memoryview) -> Iterator[Path]:
    """A file of the data folder with this content and the last part of this name, gone when the block ends.

    What servers that were killed have left is swept away first.
    """
    sweep(data_dir)
    within = data_dir / FOLDER
    within.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=within))
    with (folder / LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            path = folder / (Path(name.replace("\\", "/")).name.lstrip(".") or "upload")
            path.write_bytes(content)
            yield path
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(data_dir: Path) -> int:
    """Remove uploads that no living program reads; return how many."""
    swept = 0
    for folder in (data_dir / FOLDER).glob("*"):
        with suppress(OSError), (folder / LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held by whoever reads the upload, until it ends
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept


def give_back_memory() -> None:
    """Hand memory that is free again back to the system, after work that took much of it."""
    gc.collect()
    if os.name == "posix":
        import ctypes

        with suppress(OSError, AttributeError):  # another C library has no such call
            ctypes.CDLL(None).malloc_trim(0)
