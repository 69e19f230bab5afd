"""Tree to root verb and object, by the grammar of the parser's language."""

from __future__ import annotations

from dataclasses import dataclass

from core.diversity.chinese import extract as extract_chinese
from core.diversity.english.extract import extract as extract_english
from core.diversity.tree import Node

EXTRACTOR_VERSION = 2
"""Goes up when the same tree may give another pair, so that cached pairs are made anew."""

LANGUAGES = {"en": extract_english, "zh": extract_chinese}
"""Language of a parser -> how its trees are read."""


@dataclass(frozen=True, slots=True)
class VerbNoun:
    """The verb closest to the root and the head of its first direct object, as lemmas; None for what is not there."""

    verb: str | None
    noun: str | None

    @property
    def is_pair(self) -> bool:
        """Whether the instruction counts among those that have a verb and a noun (Self-Instruct section 4.2)."""
        return bool(self.verb and self.noun)


NOTHING = VerbNoun(None, None)


def verb_noun(tree: Node, language: str = "en") -> VerbNoun:
    """The pair of one sentence's tree. Raises KeyError for a language without a grammar in `LANGUAGES`."""
    return VerbNoun(*LANGUAGES[language](tree))
