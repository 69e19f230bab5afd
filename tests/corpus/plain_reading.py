"""The selection rules as one plain function, for comparison: written from the rules' description, for reading alone."""

from __future__ import annotations

import re


def plain_failures(text: str, base_verbs: set[str], ing_verbs: set[str], as_released: bool) -> list[str]:
    """Return the ids of the rules that the text fails, at the paper's thresholds.

    `as_released`: capitals and blank lines count as they do in the released program.
    """
    failed = []
    low = text.lower()
    if not 1200 <= len(text) <= 3000:
        failed.append("length")
    if any(mark in text for mark in ["...", "…", "™", "#", "&", "*", "®", "@"]):
        failed.append("forbidden-strings")
    pronouns = 0
    for word in ["we", "our", "i", "i've", "we've", "we're", "my", "he", "she", "us"]:
        pronouns += low.count(" " + word + " ")
        pronouns += low.count("\n" + word + " ")
    if pronouns > 2:
        failed.append("pronouns")
    if low.count("?") > 1:
        failed.append("question-marks")
    capitals = 0
    for token in text.split():
        if as_released:
            capitals += token == token.upper()
        else:
            bare = "".join(character for character in token if character not in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
            # Upper case throughout, with at least one letter that has a lower case.
            capitals += bare == bare.upper() and bare != bare.lower()
    if capitals > 2:
        failed.append("capitals")
    starts = re.findall("\n([a-z]+) ", low)
    if len(set(starts)) < len(starts) - 1:
        failed.append("varied-starts")
    base = len([word for word in starts if word in base_verbs])
    ing = len([word for word in starts if word in ing_verbs])
    lines = low.split("\n")
    breaks = len(lines) - 1
    if not as_released:  # a blank line between two others ends no paragraph of its own
        breaks -= sum(1 for line in lines[1:-1] if not line.strip())
    if not ((4 <= base <= 10 and breaks < base + 2) or (4 <= ing <= 10 and breaks < ing + 2)):
        failed.append("verb-starts")
    return failed
