"""The settings of a Self-Instruct run as a form: what differs from the preset is returned by name."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.selfinstruct.settings import PROMPTS, SelfInstructSettings
from pages.shared import settings_form as form


def settings_form(preset: SelfInstructSettings) -> dict[str, Any]:
    """Draw every setting of the preset; return those that were changed."""
    parts = form.groups(SelfInstructSettings)
    found: dict[str, Any] = {}
    for tab, (part, names) in zip(st.tabs(list(parts)), parts.items(), strict=True):
        with tab:
            if part == PROMPTS:
                st.caption("Names in braces are filled in; braces elsewhere stay as they are.")
            found |= form.draw(preset, preset.preset, names)
    return found
