"""How large a file, a row and a nesting may be, so that no file takes more than a bounded memory, packed or not.

A row of 8 MB read as JSON takes some 200 MB at the very worst (a list of empty lists); real rows are far smaller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.records import Refused
from core.words import number_of

ROW = 8 << 20  # bytes or characters of one row
ROWS = 5_000_000  # of one file
COLUMNS = 5_000  # of a table: each takes memory beside its cells
NESTING = 100  # levels of lists and objects in a row
UNPACKED = 32 << 30  # bytes of a file, when it is unpacked
RATIO = 200  # a file that grows more than so many times on unpacking ...
HARMLESS = 1 << 30  # ... to more bytes than this is no text that somebody wrote

ROW_TOO_LARGE = f"the row is larger than {ROW >> 20} MB"
NESTED_TOO_DEEPLY = f"JSON nested too deeply (more than {NESTING} levels)"


class Unpackable(Exception):
    """A packed file cannot be read further: damaged, or of a size that no honest file has. The message says which."""


def check_rows(n: int) -> None:
    """Raise Refused where a file has more rows than one import takes."""
    if n > ROWS:
        raise Refused(f"The file has more than {ROWS:,} rows; split it and import the parts.")


def check_columns(n: int, name: str) -> None:
    """Raise Refused where a table has more columns than one has that people made."""
    if n > COLUMNS:
        raise Refused(
            f"{name} has {number_of(n, 'column')}, and a table has at most {COLUMNS:,}; leave out what isn't needed."
        )


class Growth:
    """How large a file has become that says one text for many cells, or packs them: Unpackable where no honest file
    grows so far, for its rows would fill the disk."""

    def __init__(self, packed: int) -> None:
        self._left = max(HARMLESS, RATIO * packed)

    def by(self, n: int) -> None:
        """Count further bytes."""
        self._left -= n
        if self._left < 0:
            raise Unpackable("the file unpacks to far more than it can hold in earnest, and is read no further")


def is_too_deep(value: Any) -> bool:
    """Whether lists and objects stand in each other more than NESTING times."""
    level: list[Any] = [value]
    for _ in range(NESTING):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, list | Mapping)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
