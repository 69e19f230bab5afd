"""Marks: 64 bits a record, by which a file that was written is checked when it is read back. On disk, not in memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

TOGETHER = 8_192


class Marks:
    """The marks of one file's records, in order; `path` holds eight bytes each once they are closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("xb")
        self._waiting = array("Q")
        self._written = 0

    def __len__(self) -> int:
        return self._written + len(self._waiting)

    def append(self, mark: int) -> None:
        self._waiting.append(mark)
        if len(self._waiting) >= TOGETHER:
            self._write()

    def __iter__(self) -> Iterator[int]:
        """The marks from disk; those that were closed."""
        with self.path.open("rb") as file:
            while some := file.read(8 * TOGETHER):
                yield from array("Q", some)

    def close(self) -> None:
        self._write()
        self._file.close()

    def abandon(self) -> None:
        try:
            self._file.close()
        except OSError:
            return  # a full disk

    def _write(self) -> None:
        self._file.write(self._waiting)
        self._written += len(self._waiting)
        self._waiting = array("Q")
