"""Tables of text: CSV with commas or semicolons, or with tabs; quoted cells may hold line breaks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.foreign import told
from core.importing import bounds
from core.importing.bounds import Unpackable
from core.importing.opening import opened
from core.records import Fault, Refused

HEAD = 64_000
NOT_UTF8 = "not UTF-8; save the file as UTF-8 and import it again"


def rows_of_table(path: Path) -> Iterator[tuple[int, Mapping[str, Any]] | Fault]:
    """Every row with the line on which it begins, cells by the names of the header, which are in lower case."""
    csv.field_size_limit(bounds.ROW)
    with opened(path) as raw:
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        lines = _Lines(text)
        names: list[str] | None = None
        line = 1
        try:
            reader = csv.reader(lines, delimiter=_delimiter(lines.first()))
            for cells in reader:
                began, line = line, reader.line_num + 1
                lines.of_row = 0
                if names is None:
                    bounds.check_columns(len(cells), path.name)
                    names = _names(cells)
                    if any(_undecodable(name) for name in names):
                        raise Refused(f"The names of {path.name}'s columns are {NOT_UTF8} (in Excel: CSV UTF-8).")
                elif any(_undecodable(cell) for cell in cells):
                    yield Fault(began, NOT_UTF8)
                elif len(cells) != len(names):
                    if cells:
                        yield Fault(began, f"{len(cells)} cells where the header has {len(names)}")
                else:
                    yield began, dict(zip(names, cells, strict=True))
        except (csv.Error, Unpackable) as error:
            yield Fault(line, f"not CSV from here on ({told(error)}); the rows before it were read")


class _Lines:
    """The lines of a text, none longer than a row may be, nor many of them that one row runs over."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._waiting: list[str] = []
        self.of_row = 0  # characters since the last row ended

    def first(self) -> str:
        """The first line, which is read again afterwards."""
        self._waiting.append(self._text.readline(HEAD))
        return self._waiting[0]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        begun = self._waiting.pop() if self._waiting else ""
        line = begun if begun.endswith("\n") else begun + self._text.readline(bounds.ROW + 1 - len(begun))
        if not line:
            raise StopIteration
        self.of_row += len(line)
        if self.of_row > bounds.ROW:
            raise csv.Error(bounds.ROW_TOO_LARGE)
        return line


def _delimiter(first: str) -> str:
    return max(",;\t", key=first.count)


def _names(cells: list[str]) -> list[str]:
    """The header's names; a name that stands twice gets a number, one that is empty its place."""
    found: list[str] = []
    for place, cell in enumerate(cells, 1):
        name = cell.strip().lower() or f"column {place}"
        found.append(name if name not in found else f"{name} ({place})")
    return found


def _undecodable(cell: str) -> bool:
    return not cell.isascii() and any("\udc80" <= character <= "\udcff" for character in cell)
