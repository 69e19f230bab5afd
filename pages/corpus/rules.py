"""The thresholds of the selection rules as a form, the same wherever they are tried."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.corpus.select_settings import PRESETS, SelectSettings, settings_from_json, settings_to_json

NUMBERS = {
    "shortest": "fewest characters",
    "longest": "most characters",
    "most_pronouns": "most personal pronouns",
    "most_questions": "most question marks",
    "most_capitals": "most words in capitals",
    "most_repeated_starts": "most repeated starts",
    "fewest_verbs": "fewest verb starts",
    "most_verbs": "most verb starts",
    "spare_line_breaks": "spare line breaks",
}
WORDS = {"forbidden": "strings that no text may contain, apart by spaces", "pronouns": "pronouns, apart by spaces"}


def rules_form(preset: str, columns: int = 3) -> SelectSettings:
    """Draw every threshold, beginning with the preset's; return them as they stand."""
    now = settings_to_json(PRESETS[preset])
    found: dict[str, Any] = dict(now)
    places = st.columns(columns)
    for place, (name, label) in enumerate(NUMBERS.items()):
        with places[place % columns]:
            found[name] = st.number_input(
                label, 0, 1_000_000, now[name], key=f"rule-{preset}-{name}", persist_state="session"
            )
    for name, label in WORDS.items():
        typed = st.text_input(label, " ".join(now[name]), key=f"rule-{preset}-{name}", persist_state="session")
        found[name] = typed.split()
    return settings_from_json(found)
