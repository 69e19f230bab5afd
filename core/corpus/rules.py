"""The selection rules (papers, section 2, Select), in the paper's order: one small named predicate each.

Everything is said of one text. A predicate answers True when the text passes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import eq

from core.corpus.select_settings import SelectSettings
from core.corpus.verbs import Verbs

PARAGRAPH_START = re.compile("\n([a-z]+) ")
EMPTY_LINE = re.compile(r"\n[^\S\n]*(?=\n)")


class TextReading:
    """One text and what several rules need of it, made at most once."""

    __slots__ = ("_lower", "_starts", "line_breaks", "text")

    def __init__(self, text: str, settings: SelectSettings) -> None:
        self.text = text
        self.line_breaks = text.count("\n")
        if settings.collapse_empty_lines and self.line_breaks > 1:
            self.line_breaks -= len(EMPTY_LINE.findall(text))
        self._lower: str | None = None
        self._starts: list[str] | None = None

    @property
    def lower(self) -> str:
        if self._lower is None:
            self._lower = self.text.lower()
        return self._lower

    @property
    def starts(self) -> list[str]:
        """The lower-case words that start a paragraph: letters after a line break, then a space."""
        if self._starts is None:
            self._starts = PARAGRAPH_START.findall(self.lower) if self.line_breaks else []
        return self._starts


def has_length(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> bool:
    return settings.shortest <= len(reading.text) <= settings.longest


def has_no_forbidden_string(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> bool:
    text = reading.text
    return not [1 for forbidden in settings.forbidden if forbidden in text]


def has_few_pronouns(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> bool:
    lower = reading.lower
    found = 0
    for pronoun in settings.pronouns:
        found += lower.count(f" {pronoun} ")
        if found > settings.most_pronouns:
            return False
    if reading.line_breaks:
        openings = tuple(f"{pronoun} " for pronoun in settings.pronouns)
        found += sum(line.startswith(openings) for line in lower.split("\n")[1:])
    return found <= settings.most_pronouns


def has_few_questions(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> bool:
    return reading.text.count("?") <= settings.most_questions


def has_few_capitals(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> bool:
    tokens = reading.text.split()
    if settings.capitals_as_released:
        # Upper-casing makes no white space, so the two lists run in step.
        capitals: int = sum(map(eq, tokens, reading.text.upper().split()))
    else:
        # Punctuation has no case: whether it is taken out first changes nothing here.
        capitals = sum(map(str.isupper, tokens))
    return capitals <= settings.most_capitals


def has_varied_starts(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> bool:
    starts = reading.starts
    return len(starts) - len(set(starts)) <= settings.most_repeated_starts


def has_verb_starts(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> bool:
    # Each start needs a line break of its own, so the line breaks alone settle most texts.
    if not settings.fewest_verbs <= reading.line_breaks < settings.most_verbs + settings.spare_line_breaks:
        return False
    return _are_enough(reading, settings, verbs.base) or _are_enough(reading, settings, verbs.ing)


def _are_enough(reading: TextReading, settings: SelectSettings, words: frozenset[str]) -> bool:
    found = sum(map(words.__contains__, reading.starts))
    enough = settings.fewest_verbs <= found <= settings.most_verbs
    return enough and reading.line_breaks < found + settings.spare_line_breaks


Passes = Callable[[TextReading, SelectSettings, Verbs], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule: its id in files and on screen, what it asks of a text, and the predicate."""

    id: str
    asks: str
    passes: Passes


RULES: tuple[Rule, ...] = (
    Rule("length", "between the shortest and the longest length, in characters", has_length),
    Rule("forbidden-strings", "none of the forbidden strings", has_no_forbidden_string),
    Rule("pronouns", "few personal pronouns", has_few_pronouns),
    Rule("question-marks", "few question marks", has_few_questions),
    Rule("capitals", "few words in capitals", has_few_capitals),
    Rule("varied-starts", "paragraphs that start with different words", has_varied_starts),
    Rule("verb-starts", "nearly every paragraph after the first starts with a verb", has_verb_starts),
)

RULE_IDS: tuple[str, ...] = tuple(rule.id for rule in RULES)

BY_COST: tuple[str, ...] = (
    "length", "verb-starts", "question-marks", "forbidden-strings", "varied-starts", "capitals", "pronouns",
)  # fmt: skip
"""The rules again, those that settle most for least first; used only where the order cannot show."""
