"""What charts of several pages share: the camera that saves SVG, their numbers as CSV, and labels of plain text."""

from __future__ import annotations

import html
from typing import Any

from core.release.spreadsheet import as_csv as as_csv

_TOOLS = ["zoom2d", "pan2d", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]

# An axis without a name of its own keeps this much beside its labels. The page's font does not go into the file that
# the camera saves: Arial, which stands there in its place, is an eighth wider, and the longest label would be cut.
ROOM: dict[str, Any] = {"text": "\u00a0", "standoff": 16}


def config(name: str) -> dict[str, Any]:
    """A chart's tools: the camera alone, which saves `name`.svg."""
    camera = {"format": "svg", "filename": name, "scale": 1}
    return {"displaylogo": False, "modeBarButtonsToRemove": _TOOLS, "toImageButtonOptions": camera}


def label(text: str) -> str:
    """A text as a chart's label: what plotly would read as a tag stays text."""
    return html.escape(text, quote=False)
