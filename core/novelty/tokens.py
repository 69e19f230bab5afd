"""Tokens: the units in which two instructions are compared."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

from core.records import Tokeniser as Tokeniser
from core.words import number_of

PAPER_WORD = re.compile(r"[a-z0-9]+")
# Scripts written without spaces between words: each character, with the marks that sit on it, is a token of its own.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー"
# Characters that shape or hide a word without ending it: soft hyphen, joiners, byte order mark.
INVISIBLE = dict.fromkeys((0x00AD, 0x200C, 0x200D, 0x2060, 0xFEFF))


class VocabularyFull(ValueError):
    """The pool has more different tokens than the live index can tell apart."""


def tokenise(text: str, tokeniser: Tokeniser = Tokeniser.PAPER) -> list[str]:
    """Return the tokens of `text`, lower-cased, in order.

    `paper` gives exactly the tokens of the reference ROUGE-L (rouge-score's default tokeniser, no stemming), so a text
    without Latin letters or digits has none. `unicode` gives words of letters, marks and digits of any script,
    compatibility-normalised and case-folded, and cuts Chinese, Japanese, Thai, Lao, Khmer and Burmese into characters.
    On ASCII text the two are the same.
    """
    return _cutter(tokeniser)(text)


def unseen_share(texts: Iterable[str], tokeniser: Tokeniser = Tokeniser.PAPER) -> float:
    """Return which share (0 to 1) of all letters in `texts` the tokeniser can't see; 0 where there is no letter.

    A share well above 0 under `paper` means that novelty is judged on a fraction of the text, and at 1 that every
    candidate passes as new.
    """
    letters = unseen = 0
    for text in texts:
        if text.isascii():
            letters += sum(map(str.isalpha, text))
            continue
        tokens = set("".join(tokenise(text, tokeniser)))
        for character in filter(str.isalpha, text):
            letters += 1
            unseen += not any(part in tokens for part in _as_compared(character, tokeniser))
    return unseen / letters if letters else 0.0


class Vocabulary:
    """One code point for each distinct token, so that an instruction becomes a short string.

    Code points are given in order of first appearance. U+0000 stands for any token that was never added (it matches
    nothing that was), and the surrogates are skipped because no string may hold them in every encoding.
    """

    CAPACITY = 0x110000 - 0x800 - 1

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def add(self, tokens: list[str]) -> str:
        """Return `tokens` as a string of one character a token, learning the new ones.

        Raises VocabularyFull where the distinct tokens no longer fit into Unicode's code points.
        """
        codes = self._codes
        for token in tokens:
            if token not in codes:
                codes[token] = self._next_code()
        return "".join([codes[token] for token in tokens])

    def look_up(self, tokens: list[str]) -> str:
        """Return `tokens` as a string of one character a token, U+0000 for each that was never added."""
        codes = self._codes
        return "".join([codes.get(token, "\0") for token in tokens])

    def _next_code(self) -> str:
        number = len(self._codes) + 1
        if number > self.CAPACITY:
            raise VocabularyFull(
                f"This pool has more than {number_of(self.CAPACITY, 'different token')}, the most that can be "
                f"told apart while "
                "candidates come one at a time; split the pool, or import its texts at once, which has no such limit."
            )
        return chr(number if number < 0xD800 else number + 0x800)


@cache
def _cutter(tokeniser: Tokeniser) -> Callable[[str], list[str]]:
    if tokeniser is Tokeniser.PAPER:
        return _paper_tokens
    return _unicode_cutter()


def _paper_tokens(text: str) -> list[str]:
    return PAPER_WORD.findall(text.lower())


def _unicode_cutter() -> Callable[[str], list[str]]:
    import regex  # type: ignore[import-untyped]

    find = regex.compile(rf"(?V1)[{UNSPACED}]\p{{M}}*|[\p{{L}}\p{{M}}\p{{N}}--[{UNSPACED}]]+").findall

    def unicode_tokens(text: str) -> list[str]:
        if text.isascii():
            return _paper_tokens(text)
        return list(find(_folded(text)))

    return unicode_tokens


def _folded(text: str) -> str:
    """Return `text` so that two spellings of the same word are equal: composed or not, wide or not, any case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(INVISIBLE)


def _as_compared(character: str, tokeniser: Tokeniser) -> str:
    return character.lower() if tokeniser is Tokeniser.PAPER else _folded(character)
