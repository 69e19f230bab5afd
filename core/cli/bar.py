"""How far long work is, as a bar with its rate and the time left, and how rows are set out as a table."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

WIDTH = 24
JOINER = "\u200d"  # between the parts of an emoji, and in scripts of India and Iran
FEWER, FEWEST = 16, 8  # columns that a text keeps, and what it keeps on the narrowest terminal
_NUMBER = r"[-+±−]?\$?\d[\d,]*(?:\.\d+)?(?: ?%)?"
# Numbers that were set out already: shares, prices, spans such as "60.1 to 80.2", "71.9 [60.1, 80.2]" and "3 (1.6%)".
_SET_OUT = re.compile(rf"{_NUMBER}(?: (?:to|of) {_NUMBER}| \[{_NUMBER}, {_NUMBER}\]| \({_NUMBER}\))?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?")  # as `core.moments.local` writes it
LONGEST = 500  # letters of a text that are looked at


def bar(done: int, goal: int, seconds: float, before: int = 0) -> str:
    """A bar, the count, how many a minute, and the time left at that rate; without a rate only the first two.

    `before`: how many were done when these seconds began.
    """
    share = min(1.0, done / goal) if goal > 0 else 1.0
    full = int(WIDTH * share)
    parts = [f"[{'#' * full}{'.' * (WIDTH - full)}] {done:,} of {goal:,}"]
    if done > before and seconds > 0:
        rate = (done - before) / seconds
        parts.append(f"{60 * rate:,.1f} a minute")
        if done < goal:
            parts.append(f"{duration((goal - done) / rate)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """A length of time as people say it: "40 s", "12 min", "3 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], widest: int = 60) -> list[str]:
    """Rows as lines under their head: numbers to the right, texts to the left, long texts cut with an ellipsis.

    Text of nothing but a number, or a share with its interval, is a number. Numbers and times are never cut.

    On a terminal the lines are as wide as it is and no wider: the widest texts give way first. Elsewhere a text has at
    most `widest` columns.
    """
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    cells = [[_cell(value) for value in row] for row in rows]
    rows_given = [row for row in cells if row]
    numeric = [
        any(row[place][0] for row in rows_given) and all(row[place][1] for row in rows_given)
        for place in range(len(head))
    ]
    widths = [max([columns_of(name), *(columns_of(row[place][0]) for row in cells)]) for place, name in enumerate(head)]
    widths = [
        width if numeric[place] else max(columns_of(head[place]), width if room else min(width, widest))
        for place, width in enumerate(widths)
    ]
    if room:
        times = [any(_MOMENT.fullmatch(row[place][0]) for row in rows_given) for place in range(len(head))]
        widths = _fitting(widths, [right or time for right, time in zip(numeric, times, strict=True)], room)
    lines = [_line([(name, numeric[place]) for place, name in enumerate(head)], widths, numeric)]
    return lines + [_line(row, widths, numeric) for row in cells]


def _fitting(widths: Sequence[int], whole: Sequence[bool], room: int) -> list[int]:
    """Widths that fit into a line: what is too much is taken from the widest texts, and only then from short ones.

    Those keep a few letters each; where there are too many of them a line is too long all the same. `whole`: columns
    that are not cut.
    """
    fitted = list(widths)
    texts = [place for place, kept in enumerate(whole) if not kept]
    for least in (FEWER, FEWEST):
        while sum(fitted) + 2 * (len(fitted) - 1) > room and texts:
            most = max(texts, key=lambda place: fitted[place])
            if fitted[most] <= least:
                break
            fitted[most] -= 1
    return fitted


def _cell(value: Any) -> tuple[str, bool]:
    """A value as it stands in a table, and whether it counts as a number (as nothing at all does)."""
    if value is None:
        return "-", True
    if isinstance(value, bool):
        return ("yes" if value else "no"), False
    if isinstance(value, int):
        return f"{value:,}", True
    if isinstance(value, float):
        return f"{value:,.2f}", True
    text = " ".join(str(value)[:LONGEST].split())
    text = "".join(c if c.isprintable() or c == JOINER else " " for c in text)
    return text, text in ("", "-") or _SET_OUT.fullmatch(text) is not None


def clipped(text: str, width: int) -> str:
    """The text in so many columns of a terminal, cut with an ellipsis where it takes more."""
    if columns_of(text) <= width:
        return text
    kept, taken = "", 0
    for letter in text:
        taken += columns_of(letter)
        if taken > width - 1:
            break
        kept += letter
    return kept.rstrip() + "…"


def _line(cells: Sequence[tuple[str, bool]], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = []
    for (whole, _), width, right in zip(cells, widths, numeric, strict=True):
        text = clipped(whole, width)
        room = " " * (width - columns_of(text))
        padded.append(room + text if right else text + room)
    return "  ".join(padded).rstrip()


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes: East Asian letters take two, marks that combine or join none."""
    return sum(
        0
        if unicodedata.combining(c) or unicodedata.category(c) == "Cf"
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )
