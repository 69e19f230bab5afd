"""The settings of a Self-Instruct run as a form: what differs from the preset is returned by name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from zlib import crc32

import streamlit as st

from core.knobs import settings_of
from core.selfinstruct.settings import Sampling, SelfInstructSettings

NUMBERS = {
    "seed": "random seed",
    "prompts_per_batch": "prompts a batch",
    "seeds_per_prompt": "seeds a prompt shows",
    "generated_per_prompt": "machine-made tasks a prompt shows",
    "classification_shots": "classification seeds in the question of step 2",
    "other_shots": "other seeds in that question",
    "instance_shots": "seeds with instances shown in step 3",
    "min_words": "fewest words of an instruction",
    "max_words": "most words of an instruction",
    "max_instances": "most instances a task",
    "patience": "batches without a new task before it stops",
}
SWITCHES = {
    "classification_only": "ask for classification tasks (step 2 still decides on each)",
    "strict_floats": "round at exactly the threshold as the released program does",
    "drop_punctuation_start": "drop what begins with punctuation",
    "drop_non_ascii_start": "drop what begins with a non-ASCII character",
    "approved_examples_only": "draw machine-made examples only from tasks rated A or B",
    "rare_verb_examples": "draw machine-made examples only from tasks with rarer verbs",
}
TEXTS = {
    "unfit_words": "unfit words",
    "forbidden_openings": "openings that are not wanted",
    "example_origins": "machine-made examples may come from (of self-instruct, reinstruct, import)",
}
REQUESTS = ("instructions", "classification", "instances", "instances_of_classification")
TEMPLATES = (
    "instructions_template",
    "classification_only_template",
    "classification_template",
    "input_first_template",
    "output_first_template",
    "system_message",
)


def settings_form(preset: SelfInstructSettings) -> dict[str, Any]:
    """Draw every setting of the preset; return those that were changed."""
    now = asdict(preset)
    found: dict[str, Any] = {}
    rules, requests, prompts = st.tabs(["Draws and filters", "Requests", "Prompts"])
    with rules:
        columns = st.columns(4)
        for place, (name, label) in enumerate(NUMBERS.items()):
            found[name] = columns[place % 4].number_input(
                label, 0, value=now[name], key=_key(preset, name), help=_help(name)
            )
        found["novelty_threshold"] = columns[3].number_input(
            "novelty threshold (ROUGE-L)",
            0.05,
            1.0,
            now["novelty_threshold"],
            0.05,
            key=_key(preset, "threshold"),
            help=_help("novelty_threshold"),
        )
        columns = st.columns(2)
        for place, (name, label) in enumerate(SWITCHES.items()):
            found[name] = columns[place % 2].checkbox(label, now[name], key=_key(preset, name), help=_help(name))
        for name, label in TEXTS.items():
            text = st.text_input(
                f"{label}, separated by commas", ", ".join(now[name]), key=_key(preset, name), help=_help(name)
            )
            found[name] = tuple(word.strip() for word in text.split(",") if word.strip())
    with requests:
        for name in REQUESTS:
            found[name] = _sampling(preset, name, Sampling(**now[name]))
    with prompts:
        st.caption("Names in braces are filled in; braces elsewhere stay as they are.")
        for name in TEMPLATES:
            # Another default, as from other files, is another field: an old text must not stand for it.
            key = _key(preset, f"{name}-{crc32(now[name].encode('utf-8', 'surrogatepass'))}")
            found[name] = st.text_area(name.replace("_", " "), now[name], height=150, key=key)
    return {name: value for name, value in found.items() if value != getattr(preset, name)}


def _sampling(preset: SelfInstructSettings, name: str, now: Sampling) -> Sampling:
    st.caption(" · ".join(said for said in (settings_of(SelfInstructSettings)[name].label, _help(name)) if said))
    columns = st.columns([1, 1, 1, 1, 1, 2])
    limits = {"temperature": 2.0, "top_p": 1.0, "frequency_penalty": 2.0, "presence_penalty": 2.0}
    values: dict[str, Any] = {
        field: columns[place].number_input(
            field.replace("_", " "), 0.0, most, getattr(now, field), 0.1, key=_key(preset, f"{name}-{field}")
        )
        for place, (field, most) in enumerate(limits.items())
    }
    values["max_tokens"] = columns[4].number_input(
        "max tokens", 1, 100_000, now.max_tokens, key=_key(preset, f"{name}-max")
    )
    shown = ", ".join(stop.replace("\n", "\\n") for stop in now.stop)
    stops = columns[5].text_input("stop, separated by commas", shown, key=_key(preset, f"{name}-stop"))
    # A stop sequence may end in a space ("16 ."), never begin with one.
    values["stop"] = tuple(stop.lstrip().replace("\\n", "\n") for stop in stops.split(",") if stop.strip())
    return Sampling(**values)


def _help(name: str) -> str | None:
    """What the setting says of itself."""
    return settings_of(SelfInstructSettings)[name].knob.help or None


def _key(preset: SelfInstructSettings, name: str) -> str:
    return f"{preset.preset}-{name}"
