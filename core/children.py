"""The environment of a program that Winnow starts: without keys, which are for one address alone."""

from __future__ import annotations

import os

from core.foreign import SECRETS


def without_secrets(**more: str) -> dict[str, str]:
    """This program's environment less keys, tokens, passwords and the database's address, and with `more`."""
    kept = {name: value for name, value in os.environ.items() if not any(word in name.upper() for word in SECRETS)}
    return kept | more
