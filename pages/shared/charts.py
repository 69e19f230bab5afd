"""What charts of several pages share: the camera that saves SVG, their numbers as CSV, and labels of plain text."""

from __future__ import annotations

import html
from typing import Any

from core.release.spreadsheet import as_csv as as_csv

_TOOLS = ["zoom2d", "pan2d", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]


def config(name: str) -> dict[str, Any]:
    """A chart's tools: the camera alone, which saves `name`.svg."""
    camera = {"format": "svg", "filename": name, "scale": 1}
    return {"displaylogo": False, "modeBarButtonsToRemove": _TOOLS, "toImageButtonOptions": camera}


def label(text: str) -> str:
    """A text as a chart's label: what plotly would read as a tag stays text."""
    return html.escape(text, quote=False)
