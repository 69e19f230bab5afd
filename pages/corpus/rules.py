"""The thresholds of the selection rules as a form, the same wherever they are tried."""

from __future__ import annotations

from core import knobs
from core.corpus.select_settings import PRESETS, SelectSettings
from pages.shared import settings_form


def rules_form(preset: str, columns: int = 3) -> SelectSettings:
    """Draw every threshold, beginning with the preset's; return them as they stand."""
    return knobs.changed(PRESETS[preset], settings_form.draw(PRESETS[preset], f"rule-{preset}", columns=columns))
