"""Files that are whole or not there: written beside their name, flushed to disk, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".unfinished"


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file to write; it takes the name `path` only when the block ends well."""
    # The process id keeps a worker that outlived its program out of its successor's file.
    draft = path.with_name(f"{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        with draft.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Flush the folder itself, so that renamed files are still there after a power cut."""
    if os.name != "nt":  # Windows cannot open a folder, and renames durably by itself
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
