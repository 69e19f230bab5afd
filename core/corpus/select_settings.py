"""What the selection rules compare with: every threshold, and the two presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from core import knobs
from core.knobs import Knob
from core.records import Refused

FORBIDDEN = ("...", "…", "™", "#", "&", "*", "®", "@")
PRONOUNS = ("we", "our", "i", "i've", "we've", "we're", "my", "he", "she", "us")


@dataclass(frozen=True, slots=True)
class SelectSettings:
    """The thresholds of the selection rules; the defaults are the preset `mended`."""

    shortest: Annotated[int, Knob("fewest characters", least=0)] = 1200
    longest: Annotated[int, Knob("most characters", least=0)] = 3000
    forbidden: Annotated[tuple[str, ...], Knob("strings that no text may contain")] = FORBIDDEN
    pronouns: Annotated[
        tuple[str, ...],
        Knob(
            "pronouns",
            "Lower-case words that mark a personal text when they stand after a space or line break and before a "
            "space.",
        ),
    ] = PRONOUNS
    most_pronouns: Annotated[int, Knob("most personal pronouns", "All of them together.", least=0)] = 2
    most_questions: Annotated[int, Knob("most question marks", least=0)] = 1
    most_capitals: Annotated[int, Knob("most words in capitals", least=0)] = 2
    capitals_as_released: Annotated[
        bool,
        Knob(
            "count capitals as the released program does",
            "Any token equal to its own upper case counts, “2020” and “-” too; otherwise a token counts only when, "
            "punctuation aside, it has letters and all are capitals.",
        ),
    ] = False
    collapse_empty_lines: Annotated[
        bool,
        Knob(
            "count a blank line between paragraphs as one line break",
            "Most texts set paragraphs apart by an empty line. The released program counts two line breaks there, and "
            "so drops nearly all of them at the rule of verb starts. The text itself stays as it is.",
        ),
    ] = True
    most_repeated_starts: Annotated[
        int,
        Knob(
            "most repeated starts",
            "How often in all a word that starts a paragraph may be one that started a paragraph before.",
            least=0,
        ),
    ] = 1
    fewest_verbs: Annotated[
        int,
        Knob("fewest verb starts", "Paragraphs that start with a base-form verb (or else with an -ing verb).", least=0),
    ] = 4
    most_verbs: Annotated[int, Knob("most verb starts", least=0)] = 10
    spare_line_breaks: Annotated[
        int,
        Knob(
            "spare line breaks",
            "The line breaks in all must be fewer than the verb-started paragraphs plus this.",
            least=0,
        ),
    ] = 2

    def __post_init__(self) -> None:
        knobs.check(self)


PRESETS: dict[str, SelectSettings] = {
    "mended": SelectSettings(),
    "paper_exact": SelectSettings(capitals_as_released=True, collapse_empty_lines=False),
}


def preset(name: str) -> SelectSettings:
    """Return the preset of that name; `Refused` names the two there are."""
    if name not in PRESETS:
        raise Refused(f"There is no selection preset “{name}”; choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def settings_to_json(settings: SelectSettings) -> dict[str, Any]:
    """Return the settings as a JSON object, tuples as lists."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items()}


def settings_from_json(values: Mapping[str, Any]) -> SelectSettings:
    """Return the settings that `settings_to_json` wrote; a name it does not know is `Refused`."""
    return knobs.changed(SelectSettings(), values)
