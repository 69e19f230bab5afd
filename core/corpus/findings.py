"""What each selection rule saw in one text, in figures and words that a person can check against its threshold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.corpus.funnel import SelectionFunnel
from core.corpus.rules import RULES, TextReading
from core.corpus.select_settings import SelectSettings
from core.corpus.verbs import Verbs
from core.words import number_of

SHOWN = 8  # words named


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One rule's word on a text: what was found, what is wanted, and whether the text passes."""

    rule: str
    asks: str
    found: str
    wanted: str
    passes: bool


def examine(text: str, settings: SelectSettings, verbs: Verbs) -> tuple[RuleFinding, ...]:
    """Return every rule's finding on the text, in the paper's order."""
    reading = TextReading(text, settings)
    return tuple(
        RuleFinding(rule.id, rule.asks, *SAYS[rule.id](reading, settings, verbs), rule.passes(reading, settings, verbs))
        for rule in RULES
    )


def why_nothing(funnel: SelectionFunnel, settings: SelectSettings) -> str:
    """Say in a few sentences why a selection is empty: which rules dropped the texts, and what to try."""
    unread = f" {funnel.unread:,} could not be read; they are listed with their reasons." if funnel.unread else ""
    if not funnel.texts:
        return "Nothing was selected: no text was read." + unread
    asks = {rule.id: rule.asks for rule in RULES}
    worst = sorted(funnel.first.items(), key=lambda count: -count[1])[:2]
    dropped = "; ".join(f"{n:,} at {rule} ({asks[rule]})" for rule, n in worst if n)
    told = f"Nothing was selected: of {number_of(funnel.texts, 'text')}, first dropped were {dropped}.{unread}"
    if funnel.first.get("verb-starts") and not settings.collapse_empty_lines:
        told += " Blank lines between paragraphs count as line breaks here, as released; mended counts them as one."
    return told + " Look at the texts that failed one rule alone, and try other thresholds."


FoundAndWanted = tuple[str, str]


def _length(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> FoundAndWanted:
    return number_of(len(reading.text), "character"), f"{settings.shortest:,} to {settings.longest:,}"


def _forbidden(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> FoundAndWanted:
    found = [mark for mark in settings.forbidden if mark in reading.text]
    return " ".join(found) or "none", "none of " + " ".join(settings.forbidden)


def _pronouns(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> FoundAndWanted:
    found: Counter[str] = Counter()
    for pronoun in settings.pronouns:
        n = reading.lower.count(f" {pronoun} ") + reading.lower.count(f"\n{pronoun} ")
        found += Counter({pronoun: n})
    return _counted(found), f"at most {settings.most_pronouns}"


def _questions(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> FoundAndWanted:
    return f"{reading.text.count('?')}", f"at most {settings.most_questions}"


def _capitals(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> FoundAndWanted:
    tokens = reading.text.split()
    found = [one for one in tokens if (one == one.upper() if settings.capitals_as_released else one.isupper())]
    return _counted(Counter(found)), f"at most {settings.most_capitals}"


def _varied(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> FoundAndWanted:
    repeated = Counter({word: n - 1 for word, n in Counter(reading.starts).items() if n > 1})
    return _counted(repeated), f"at most {settings.most_repeated_starts} repeated"


def _verbs(reading: TextReading, settings: SelectSettings, verbs: Verbs) -> FoundAndWanted:
    kinds = [[word for word in reading.starts if word in known] for known in (verbs.base, verbs.ing)]
    found = max(kinds, key=len)
    most = f"line breaks fewer than those + {settings.spare_line_breaks}"
    return (
        f"{len(found)}: {_named(found)}; {reading.line_breaks} line breaks" if found else "none",
        f"{settings.fewest_verbs} to {settings.most_verbs} verbs, {most}",
    )


SAYS: dict[str, Callable[[TextReading, SelectSettings, Verbs], FoundAndWanted]] = {
    "length": _length,
    "forbidden-strings": _forbidden,
    "pronouns": _pronouns,
    "question-marks": _questions,
    "capitals": _capitals,
    "varied-starts": _varied,
    "verb-starts": _verbs,
}


def _counted(found: Counter[str]) -> str:
    total = sum(found.values())
    return f"{total}: {_named(found)}" if total else "none"


def _named(words: Iterable[str]) -> str:
    each = list(dict.fromkeys(words))
    return ", ".join(each[:SHOWN]) + (", …" if len(each) > SHOWN else "")
