"""How long a text is: words where words are written apart, characters where they are not."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.words import UNSPACED, spaced_words

_CHARACTER = re.compile(rf"[{UNSPACED}]")
_MARKS = re.compile(r"[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece]")


def length(text: str) -> int:
    """The number of words between white space; a character of a script without spaces counts as a word by itself.

    Thai and Lao vowel and tone marks that stand above or below a letter count with it.
    """
    if text.isascii():
        return len(text.split())
    letters = _MARKS.sub("", text)
    characters = len(_CHARACTER.findall(letters))
    if not characters:
        return len(letters.split())
    return characters + spaced_words(letters)


def unit(texts: Iterable[str]) -> str:
    """What lengths of these texts count, for an axis: "words", or "characters" where most texts have no spaces."""
    spaced = unspaced = 0
    for text in texts:
        characters = len(_CHARACTER.findall(text))
        if characters > spaced_words(text):
            unspaced += 1
        elif text.strip():
            spaced += 1
    return "characters" if unspaced > spaced else "words"
