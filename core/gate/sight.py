"""Which tokeniser sees the letters that a text is written in."""

from __future__ import annotations

from collections.abc import Iterable

BLIND = 0.1
"""The share of unseen letters from which novelty is no longer judged on the text."""


def fitting_tokeniser(texts: Iterable[str]) -> str:
    """`unicode` where more than a tenth of the letters are ones that the paper's tokeniser can't see, else `paper`."""
    letters = [character for text in texts for character in text if character.isalpha()]
    unseen = sum(not character.isascii() for character in letters)
    return "unicode" if unseen > BLIND * len(letters) else "paper"
