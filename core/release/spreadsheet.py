"""CSV cells that no spreadsheet runs: a text that begins like a formula gets an apostrophe in front."""

from __future__ import annotations

import re

FORMULA = re.compile("'*[=+\\-@\t\r\n]")


def guarded(text: str) -> str:
    """Return the text with one apostrophe in front when, apostrophes aside, it begins with = + - @ TAB CR or LF."""
    return "'" + text if FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """Return the text that `guarded` was given: the way back, exact for every text."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
