"""How long a text is: words where words are written apart, characters where they are not."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Han, kana, bopomofo, Thai, Lao, Burmese, Khmer, Tibetan: scripts that put no space between words.
_UNSPACED = (
    r"\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30ff"
    r"\u3105-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
_CHARACTER = re.compile(rf"[{_UNSPACED}]")
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
    return characters + _spaced_words(letters)


def unit(texts: Iterable[str]) -> str:
    """What lengths of these texts count, for an axis: "words", or "characters" where most texts have no spaces."""
    spaced = unspaced = 0
    for text in texts:
        characters = len(_CHARACTER.findall(text))
        if characters > _spaced_words(text):
            unspaced += 1
        elif text.strip():
            spaced += 1
    return "characters" if unspaced > spaced else "words"


def _spaced_words(text: str) -> int:
    """The words outside the scripts without spaces; punctuation between characters is no word."""
    return sum(any(map(str.isalnum, word)) for word in _CHARACTER.sub(" ", text).split())
