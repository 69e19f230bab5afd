"""CSV that no spreadsheet runs: a text that begins like a formula gets an apostrophe in front."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

# Full-width signs count in Japanese and Chinese spreadsheets, and some readers strip the blanks in front.
FORMULA = re.compile("'*[ \u00a0\u3000]*[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")


def guarded(text: str) -> str:
    """Return the text with one apostrophe in front when, apostrophes and blanks aside, it begins with = + - @, also
    full-width, or with TAB CR or LF."""
    return "'" + text if FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """Return the text that `guarded` was given: the way back, exact for every text."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def as_csv(table: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as CSV, their names first, every text guarded."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    if table:
        writer.writerow([guarded(str(name)) for name in table[0]])
        for row in table:
            writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row.values()])
    return written.getvalue().encode("utf-8", "replace")
