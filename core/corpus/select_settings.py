"""What the selection rules compare with: every threshold, and the two presets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from core.records import Refused


@dataclass(frozen=True, slots=True)
class SelectSettings:
    """The thresholds of the selection rules; the defaults are the preset `mended`."""

    shortest: int = 1200
    """The fewest characters a text may have."""

    longest: int = 3000
    """The most characters a text may have."""

    forbidden: tuple[str, ...] = ("...", "…", "™", "#", "&", "*", "®", "@")
    """Strings that no kept text contains."""

    pronouns: tuple[str, ...] = ("we", "our", "i", "i've", "we've", "we're", "my", "he", "she", "us")
    """Lower-case words that mark a personal text when they stand after a space or line break and before a space."""

    most_pronouns: int = 2
    """The most occurrences of those words, all together."""

    most_questions: int = 1
    """The most question marks."""

    most_capitals: int = 2
    """The most words in capitals."""

    capitals_as_released: bool = False
    """Count any token equal to its own upper case, "2020" and "-" too, as the released program does; otherwise a token
    counts only when, punctuation aside, it has letters and all are capitals."""

    most_repeated_starts: int = 1
    """How often in all a word that starts a paragraph may be one that started a paragraph before."""

    fewest_verbs: int = 4
    """The fewest paragraphs that start with a base-form verb (or else with an -ing verb)."""

    most_verbs: int = 10
    """The most paragraphs that start with such a verb."""

    spare_line_breaks: int = 2
    """The line breaks in all must be fewer than the verb-started paragraphs plus this."""


PRESETS: dict[str, SelectSettings] = {
    "mended": SelectSettings(),
    "paper_exact": SelectSettings(capitals_as_released=True),
}


def preset(name: str) -> SelectSettings:
    """Return the preset of that name; `Refused` names the two there are."""
    if name not in PRESETS:
        raise Refused(f"There is no selection preset “{name}”; choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def settings_to_json(settings: SelectSettings) -> dict[str, Any]:
    """Return the settings as a JSON object, tuples as lists."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items()}


def settings_from_json(values: dict[str, Any]) -> SelectSettings:
    """Return the settings that `settings_to_json` wrote; a name it does not know is `Refused`."""
    unknown = set(values) - {field.name for field in fields(SelectSettings)}
    if unknown:
        raise Refused(f"Selection has no setting called {', '.join(sorted(unknown))}; take it out.")
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return SelectSettings(**known)
