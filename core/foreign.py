"""What the errors of other packages and of the system say, fit to be shown and kept.

Their words may hold a request's headers, an address with a password, the text that was worked on, or signs that move a
terminal. Nothing else in Winnow quotes them: `told` does, as a clause of a sentence of ours.
"""

from __future__ import annotations

import errno
import os
import re

from core.records import WinnowError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
IS_FULL = "The disk is full: this step was not done, what came before it is kept. Free some space and try again."
SECRETS = ("KEY", "SECRET", "TOKEN", "PASSWORD", "DATABASE_URL")  # in the name of a variable of the environment
LENGTH = 300  # characters of what is quoted
_LOOKED_AT = 4_000  # signs of a complaint: the rest is no sentence
_READ = 100_000  # of which spaces and what nobody sees are left out first
_LEAST = 8  # signs of a secret: fewer stand in words too
_LOOKS_LIKE_A_KEY = re.compile(r"\b(sk|pk|rk|gsk|hf)[-_](?=[\w*.-]{0,200}[\d*])[\w*.-]{8,}")
_OF_A_HEADER = re.compile(
    r"(?i)\b(authorization\W{1,4}(?:(?:bearer|basic|digest)\s+)?|bearer\s+|api[-_]?key\W{1,4}|cookie\W?:\s*)[^\s'\"<>;,]{3,}"
)
_WHO = re.compile(r"(?<=://)[^/\s@'\"]+@")  # user and password of an address
_ASKED = re.compile(r"\b(\w{1,20}://[^\s?'\"<>]+)\?[^\s'\"<>]+")  # its query


def told(error: BaseException, *, last: bool = False) -> str:
    """What an error says, as a clause: one line of at most `LENGTH` signs, all of which are seen; never empty.

    Without keys, headers, and names and passwords of addresses; of the system's errors what their number means. `last`:
    the last line of what it says, where a package puts a trace before its reason. An error of ours is told whole.
    """
    said = str(error)
    if isinstance(error, WinnowError):
        return said
    if isinstance(error, OSError) and error.strerror:
        said = str(error.strerror)
    elif isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is no {error.encoding.upper()}"
    elif isinstance(error, UnicodeEncodeError):
        return "a text holds half of a sign"
    elif isinstance(error, MemoryError):
        return "there was not enough memory"
    elif isinstance(error, RecursionError):
        return "it is nested too deeply"
    return words(said.strip().rpartition("\n")[2] if last else said) or type(error).__name__


def is_full(error: BaseException) -> bool:
    """Whether it says that a disk, or one's share of it, has no room."""
    return isinstance(error, OSError) and error.errno in FULL


def words(said: str, key: str = "") -> str:
    """What somebody's program said on one line, shortened, without secrets and without signs that nobody sees."""
    # What is known is taken out of all of it, so that no half of a secret stands at the end; the patterns, some of
    # which look at a sign more than once, see what can be shown.
    seen = "".join(sign if sign.isprintable() else " " for sign in _without(said[:_READ], key))
    line = " ".join(seen.split())[:_LOOKED_AT]
    text = _ASKED.sub(r"\1", _WHO.sub("", _OF_A_HEADER.sub(r"\1[key]", _LOOKS_LIKE_A_KEY.sub("[key]", line))))
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"


def scrub(text: str, key: str = "") -> str:
    """The text without the key, without the environment's, and without anything that looks like one."""
    return _LOOKS_LIKE_A_KEY.sub("[key]", _without(text, key))


def _without(text: str, key: str) -> str:
    secrets = [value for name, value in os.environ.items() if any(word in name.upper() for word in SECRETS)]
    for secret in sorted((one for one in secrets if len(one) >= _LEAST), key=len, reverse=True):
        text = text.replace(secret, "[key]")
    if len(key) >= 4:
        text = text.replace(key, "[key]")
    return text
