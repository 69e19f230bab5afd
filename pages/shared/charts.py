"""What charts of several pages share: the camera that saves SVG, their numbers as CSV, and labels of plain text."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from typing import Any

from core.release.spreadsheet import guarded

_TOOLS = ["zoom2d", "pan2d", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]


def config(name: str) -> dict[str, Any]:
    """A chart's tools: the camera alone, which saves `name`.svg."""
    camera = {"format": "svg", "filename": name, "scale": 1}
    return {"displaylogo": False, "modeBarButtonsToRemove": _TOOLS, "toImageButtonOptions": camera}


def label(text: str) -> str:
    """A text as a chart's label: what plotly would read as a tag stays text."""
    return html.escape(text, quote=False)


def as_csv(table: Sequence[dict[str, Any]]) -> bytes:
    """Rows as CSV; a text that begins like a formula gets an apostrophe."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    if table:
        writer.writerow(table[0])
        for row in table:
            writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row.values()])
    return written.getvalue().encode("utf-8", "replace")
