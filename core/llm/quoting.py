"""What a server or the system said, fit to be shown: shortened, on one line, and without a key."""

from __future__ import annotations

import re

QUOTED_LENGTH = 300
NAME_LENGTH = 200  # a model's, a file's, a batch's
_LOOKED_AT = 100_000  # signs of a complaint: the rest is no sentence
_LOOKS_LIKE_A_KEY = re.compile(r"\b(sk|pk|rk|gsk|hf)[-_](?=[\w*.-]*[\d*])[\w*.-]{8,}")

_IS_A_KEY = re.compile(r"(?:sk|pk|rk|gsk)-(?=[\w-]*\d)[\w-]{16,}|hf_(?=\w*\d)[A-Za-z0-9]{16,}")  # and no model's name


def holds_a_key(text: str) -> bool:
    """Whether a part of a name or address, between its slashes, is a key and nothing else."""
    return any(_IS_A_KEY.fullmatch(part) for part in re.split("[/;=?&#]", text))


def name_of(said: object) -> str:
    """A name or state that a server gave something, as it can be kept, shown and asked for again."""
    return "".join(sign for sign in str(said)[:NAME_LENGTH] if sign.isprintable()).strip()


def quoted(message: str, key: str) -> str:
    """Return ' (it says: "...")' with what a server said, shortened and without the key; empty for nothing."""
    text = words(message, key)
    return f' (it says: "{text}")' if text else ""


def words(message: str, key: str) -> str:
    """Return what a server said on one line, shortened, without the key and without signs that nobody sees."""
    seen = "".join(sign if sign.isprintable() else " " for sign in scrub(message[:_LOOKED_AT], key))
    text = " ".join(seen.split())
    return text if len(text) <= QUOTED_LENGTH else text[: QUOTED_LENGTH - 1] + "…"


def scrub(text: str, key: str) -> str:
    """Return the text without the key, and without anything that looks like one."""
    if len(key) >= 4:
        text = text.replace(key, "[key]")
    return _LOOKS_LIKE_A_KEY.sub("[key]", text)
