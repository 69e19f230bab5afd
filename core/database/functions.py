"""Functions that SQLite has not got, or not for every script, and that our statements ask for."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any


def teach(connection: Any) -> None:
    """Let a new connection know them."""
    connection.create_function("lower", 1, _lower, deterministic=True)  # its own knows ASCII alone
    connection.create_function("has_word", 2, _has_word, deterministic=True)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _has_word(text: Any, word: str) -> bool:
    """Whether a word of a text begins so, in any case of letters, as the index of words would find it."""
    return isinstance(text, str) and _beginning(word).search(text) is not None


@lru_cache(64)
def _beginning(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(word)}", re.IGNORECASE)
