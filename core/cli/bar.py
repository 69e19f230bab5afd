"""How far long work is, as a bar with its rate and the time left, and how rows are set out as a table."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

WIDTH = 24


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
    """Rows as lines under their head: numbers to the right, texts to the left, long texts cut with an ellipsis."""
    cells = [[_cell(value, widest) for value in row] for row in rows]
    numeric = [False] * len(head)
    rows_given = [row for row in cells if row]
    for place in range(len(head)):
        numeric[place] = bool(rows_given) and all(row[place][1] for row in rows_given)
    widths = [max([_wide(name), *(_wide(row[place][0]) for row in cells)]) for place, name in enumerate(head)]
    lines = [_line([(name, numeric[place]) for place, name in enumerate(head)], widths, numeric)]
    return lines + [_line(row, widths, numeric) for row in cells]


def _cell(value: Any, widest: int) -> tuple[str, bool]:
    """A value as it stands in a table, and whether it counts as a number (as nothing at all does)."""
    if value is None:
        return "-", True
    if isinstance(value, bool):
        return ("yes" if value else "no"), False
    if isinstance(value, int):
        return f"{value:,}", True
    if isinstance(value, float):
        return f"{value:,.2f}", True
    text = "".join(c if c.isprintable() else " " for c in " ".join(str(value).split()))
    return (text if len(text) <= widest else text[: widest - 1] + "…"), False


def _line(cells: Sequence[tuple[str, bool]], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = []
    for (text, _), width, right in zip(cells, widths, numeric, strict=True):
        room = " " * (width - _wide(text))
        padded.append(room + text if right else text + room)
    return "  ".join(padded).rstrip()


def _wide(text: str) -> int:
    """How many columns of a terminal a text takes: East Asian letters take two, marks that combine none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
