"""A form that is read from knobs: a widget a setting, with its label, its bounds and its sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from enum import Enum
from typing import Any
from zlib import crc32

import streamlit as st

from core.knobs import Setting, settings_of


def draw(settings: Any, key: str, names: Sequence[str] | None = None, columns: int = 4) -> dict[str, Any]:
    """Draw the settings (all, or these) as they stand; return those that were changed, for `knobs.changed`.

    `key` begins the keys of the widgets; what is typed stays for the session, also while the form is not drawn.
    """
    kind: Any = type(settings)
    known = settings_of(kind)
    chosen = [known[name] for name in names or known]
    found: dict[str, Any] = {}
    short = [one for one in chosen if _is_short(one)]
    for some in ([one for one in short if one.type is not bool], [one for one in short if one.type is bool]):
        places = st.columns(columns) if some else []
        for place, setting in enumerate(some):
            with places[place % columns]:
                found[setting.name] = _widget(setting, getattr(settings, setting.name), f"{key}-{setting.name}")
    for setting in chosen:
        now = getattr(settings, setting.name)
        if is_dataclass(setting.type):
            if setting.knob.label:
                st.caption(setting.heading)
            if inner := draw(now, f"{key}-{setting.name}", columns=max(columns, 6)):
                found[setting.name] = inner
        elif not _is_short(setting):
            found[setting.name] = _widget(setting, now, f"{key}-{setting.name}")
    return {
        name: value for name, value in found.items() if isinstance(value, Mapping) or value != getattr(settings, name)
    }


def groups(kind: type) -> Mapping[str, list[str]]:
    """The names of the settings by the part of the form that they stand in, in the order in which they are written."""
    found: dict[str, list[str]] = {}
    for name, setting in settings_of(kind).items():
        if setting.knob.group:
            found.setdefault(setting.knob.group, []).append(name)
    return found


def _is_short(setting: Setting) -> bool:
    return setting.type in (int, float, bool) or (isinstance(setting.type, type) and issubclass(setting.type, Enum))


def _widget(setting: Setting, now: Any, key: str) -> Any:
    told: dict[str, Any] = {"key": key, "help": setting.knob.help or None, "persist_state": "session"}
    if setting.type is bool:
        return st.checkbox(setting.heading, now, **told)
    if setting.type in (int, float):
        return _number(setting, now, told)
    if isinstance(setting.type, type) and issubclass(setting.type, Enum):
        values = list(setting.choices)
        return st.selectbox(setting.heading, values, values.index(now), **told)
    if setting.type is str:
        if setting.knob.lines > 1:
            # Another default, as from other files, is another field: an old text must not stand for it.
            told["key"] = f"{key}-{crc32(now.encode('utf-8', 'surrogatepass'))}"
            return st.text_area(setting.heading, now, height=25 * setting.knob.lines, **told)
        return st.text_input(setting.heading, now, **told)
    return _texts(setting, now, told)


def _number(setting: Setting, now: Any, told: dict[str, Any]) -> Any:
    knob, kind = setting.knob, setting.type
    step = kind(knob.step or (0.05 if kind is float else 1))
    least = knob.least if knob.least is not None else None if knob.above is None else knob.above + step
    bounds = {"min_value": least, "max_value": knob.most}
    given = {name: kind(bound) for name, bound in bounds.items() if bound is not None}
    if setting.may_be_none:
        # A field whose default is empty can be emptied again; the value stands in it all the same.
        st.session_state.setdefault(told["key"], now)
        now = None
    return st.number_input(setting.heading, value=now, step=step, placeholder="none", **given, **told)


def _texts(setting: Setting, now: tuple[str, ...] | None, told: dict[str, Any]) -> tuple[str, ...] | None:
    """Texts in one line, apart by commas; a line break in one is written \\n, and a space at its end counts.

    An emptied field is None where that is allowed, as with numbers.
    """
    shown = ", ".join(text.replace("\n", "\\n") for text in now or ())
    typed = st.text_input(f"{setting.heading}, apart by commas", shown, placeholder="none", **told)
    found = tuple(text.lstrip().replace("\\n", "\n") for text in typed.split(",") if text.strip())
    return now if typed == shown else found or (None if setting.may_be_none else ())
