"""The rows of a release between its two passes: read from the pool once, kept on disk until they are written."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import fields
from operator import attrgetter
from pathlib import Path

from core.release.row import ReleaseRow

TOGETHER = 100  # rows that one look at the disk brings

MendedRow = tuple[ReleaseRow, Mapping[str, str]]
"""A row as valid Unicode, and the exact text of each field that was not."""


class Spool:
    """Takes rows as they are counted and gives them again in their order; its file has no name and ends with it.

    Reading a row from a pool of a million takes some ten times as long as from here. Raises OSError as the disk does.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by `close`)
        self._waiting: list[tuple[object, ...]] = []

    def add(self, row: ReleaseRow, exact: Mapping[str, str]) -> None:
        self._waiting.append((_values(row), exact))
        if len(self._waiting) >= TOGETHER:
            self._write()

    def __iter__(self) -> Iterator[MendedRow]:
        if self._waiting:
            self._write()
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(0)
        while self._file.tell() < end:
            for values, exact in pickle.load(self._file):  # noqa: S301 (written above, and nobody else sees the file)
                yield ReleaseRow(*values), exact

    def close(self) -> None:
        try:
            self._file.close()
        except OSError:
            return  # a full disk: the file is gone all the same

    def _write(self) -> None:
        pickle.dump(self._waiting, self._file, pickle.HIGHEST_PROTOCOL)
        self._waiting = []


_values = attrgetter(*(field.name for field in fields(ReleaseRow)))
