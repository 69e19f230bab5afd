"""How large a file, a row and a nesting may be, so that no file takes more than a bounded memory, packed or not.

A row of 8 MB read as JSON takes some 200 MB at the very worst (a list of empty lists); real rows are far smaller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.records import Refused

ROW = 8 << 20  # bytes or characters of one row
ROWS = 5_000_000  # of one file
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
