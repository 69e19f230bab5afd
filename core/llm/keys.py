"""Keys and headers as they may be entered: what no header can carry is refused here, and a key stands nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.foreign import scrub
from core.llm.quoting import holds_a_key
from core.records import Refused

LONGEST_KEY, LONGEST_BODY, LONGEST_MODEL = 10_000, 100_000, 1_000
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OF_KEYS = re.compile(r"auth|cookie|api[-_]?key|token|secret|passw|credential|signature", re.IGNORECASE)
_OURS = ("host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding")
_SET_BY_WINNOW = ("model", "prompt", "messages", "input", "stream", "n", "best_of")


def checked(key: str) -> str:
    """Return a key as it goes into a header, without white space around it, such as the end of a pasted line.

    Raises Refused for one that a header can't carry; the sentence doesn't hold it.
    """
    key = key.strip()
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise Refused("The key holds a space, a line break or a letter that keys don't have; copy it again, whole.")
    return key


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise Refused for headers that can't be sent, that the protocol sets itself, or that hold a key."""
    for name, value in headers.items():
        if not isinstance(value, str) or not _NAME.fullmatch(name):
            raise Refused("A header is a name such as X-Team and a text; check the connection's headers.")
        if name.lower() in _OURS:
            raise Refused(f"The header {name} is set by the protocol; leave it out of the connection's headers.")
        if not value.isascii() or not value.isprintable():
            raise Refused(f"The header {name} holds a line break or a letter that headers don't carry; enter it again.")
        if _OF_KEYS.search(name) or scrub(value, "") != value:
            raise Refused(
                f"The header {name} looks like a key, and headers are stored with every run; enter keys as the key."
            )


def check_extra_body(extra: Mapping[str, Any]) -> None:
    """Raise Refused for fields that Winnow sets itself, that no JSON can hold, or that hold a key."""
    for name in extra:
        if name in _SET_BY_WINNOW:
            raise Refused(f"The field {name} is set by Winnow; leave it out of the connection's extra body.")
    for name in _names_in(extra):
        if name.lower() not in ("max_tokens",) and re.search(r"api[-_]?key|auth|secret|passw", name, re.IGNORECASE):
            raise Refused(f"The field {name} looks like a key, and it would be stored with every run; leave it out.")
    try:
        text = json.dumps(dict(extra), allow_nan=False)
    except (TypeError, ValueError):
        raise Refused('The connection\'s extra body is no JSON object; write one, such as {"seed": 1}.') from None
    if len(text) > LONGEST_BODY or scrub(text, "") != text:
        raise Refused("The connection's extra body is too long or holds a key; leave that out.")


def check_name(model: str) -> None:
    """Raise Refused for what is no model's name: of a length or with signs that none has, or a key put in its place."""
    if len(model) > LONGEST_MODEL or not model.isprintable():
        raise Refused(
            f"A model's name is one line of at most {LONGEST_MODEL} characters; take it from the server's list."
        )
    if holds_a_key(model):
        raise Refused("The model's name looks like a key, and it would be stored and shown; enter keys as the key.")


def _names_in(value: Any) -> Iterator[str]:
    """The names of an object's fields, and of those inside it."""
    level = [value]
    while level:
        one = level.pop()
        if isinstance(one, Mapping):
            yield from map(str, one)
        level += one.values() if isinstance(one, Mapping) else one if isinstance(one, list | tuple) else ()
