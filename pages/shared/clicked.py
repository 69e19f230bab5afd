"""What was clicked on a chart, or ticked in a table, as places in what is drawn.

A browser sends places: they may be of a chart that has other bars by now, and somebody may have made them up.
"""

from __future__ import annotations

from typing import Any, TypeGuard


def place(seen: Any, n: int, of: str = "customdata", at: int = 0) -> int | None:
    """The place (0 to `n` - 1) that the first clicked point of a chart names in its `customdata` (`at` there), or is
    itself (`of` "point_index"); None where nothing was clicked, or nothing that is there."""
    named = told(seen, at) if of == "customdata" else first(seen).get(of)
    return int(named) if _is_place(named, n) else None


def told(seen: Any, at: int) -> Any:
    """What the first clicked point of a chart has in its `customdata`; None where it has none."""
    named = first(seen).get("customdata")
    return named[at] if isinstance(named, list) and at < len(named) else None


def first(seen: Any) -> dict[str, Any]:
    """The first point of what a chart says was clicked; empty where nothing was."""
    points = seen["selection"]["points"]
    one = points[0] if isinstance(points, list) and points else {}
    return dict(one) if isinstance(one, dict) else {}


def rows(seen: Any, n: int) -> list[int]:
    """The ticked rows of a table of `n` rows, in its order, each once."""
    ticked = seen["selection"]["rows"]
    return sorted({int(row) for row in ticked if _is_place(row, n)}) if isinstance(ticked, list) else []


def entered(edited: Any, *columns: str) -> list[dict[str, Any]]:
    """The rows of a table that somebody filled in, each with these columns; None where no text or number stands."""
    rows = [row for row in edited if isinstance(row, dict)] if isinstance(edited, list) else []
    return [{name: _entry(row.get(name)) for name in columns} for row in rows]


def _entry(value: Any) -> str | int | float | None:
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _is_place(named: Any, n: int) -> TypeGuard[int]:
    return type(named) in (int, float) and named in range(n)
