"""Which tokeniser sees the letters that a text is written in."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

from core.novelty import Tokeniser, unseen_share

BLIND = 0.1
"""The share of unseen letters from which novelty is no longer judged on the text."""


def fitting_tokeniser(texts: Iterable[str]) -> str:
    """`unicode` where more than a tenth of the letters are ones that the paper's tokeniser can't see, else `paper`."""
    letters = [character for text in texts for character in text if character.isalpha()]
    unseen = sum(not character.isascii() for character in letters)
    return "unicode" if unseen > BLIND * len(letters) else "paper"


def blind_to(tokeniser: Tokeniser, texts: Iterable[str], whose: str) -> str:
    """What a person must know where a pool's tokeniser can't see a good part of these texts, "" where it can.

    `whose`: what the texts are, as in "its tasks".
    """
    share = unseen_share(texts, tokeniser)
    if share <= BLIND:
        return ""
    return (
        f"The tokeniser of this pool ({tokeniser}) can't see {share:.0%} of the letters in {whose}, so that "
        "repetitions pass as new; choose the tokeniser unicode on the page Pools and import, or by `winnow pool set "
        "POOL --tokeniser unicode`."
    )


SCRIPTS = {  # by the first words of their letters' names in Unicode, where those are not what people call them
    "CJK": "Chinese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "LATIN": "Latin with accents",
    "ARABIC": "Arabic",
}
JAPANESE = 0.05  # of the letters are kana: then the Chinese characters beside them are Japanese too


def script_of(texts: Iterable[str]) -> str:
    """What most of the letters are written in that are not plain ASCII, such as "Chinese"; "" where all are ASCII."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update(character for character in text if character.isalpha() and not character.isascii())
    scripts: Counter[str] = Counter()
    for character, n in found.items():
        first = unicodedata.name(character, "UNKNOWN").split()[0]
        scripts[SCRIPTS.get(first, first.capitalize())] += n
    if scripts["Japanese"] > JAPANESE * scripts.total():
        return "Japanese"
    return scripts.most_common(1)[0][0] if scripts.total() else ""
