"""What charts of several pages share: the camera that saves SVG, their numbers as CSV, and labels of plain text."""

from __future__ import annotations

import html
from typing import Any

import streamlit as st

from core.diversity.theme import Theme, theme_named
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


def theme_here() -> Theme:
    """The dress of the visitor's page, for a chart that is drawn next.

    Plotly looks into `pandas` where it finds it, also where another visitor's page is still loading it: after a restart
    all tabs come at once. So it is loaded before.
    """
    import pandas  # noqa: F401

    return theme_named(st.context.theme.type)
