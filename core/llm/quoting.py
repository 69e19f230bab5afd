"""What a server says, in a sentence of ours; names that it gives; what is a key."""

from __future__ import annotations

import re

from core.foreign import words

NAME_LENGTH = 200  # a model's, a file's, a batch's
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
