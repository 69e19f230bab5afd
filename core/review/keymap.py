"""Which key does what where texts are judged: one map, and what a reviewer has changed in it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.database import Database
from core.pool import pools
from core.records import Refused

# What an act is called here, and the key that does it unless a reviewer has chosen another.
USUAL: Mapping[str, str] = MappingProxyType(
    {
        "grade A": "1",
        "grade B": "2",
        "grade C": "3",
        "grade D": "4",
        "valid task": "7",
        "input fits": "8",
        "output right": "9",
        "yes": "y",
        "no": "n",
        "all yes": "a",
        "valid": "v",
        "invalid": "x",
        "skip": "s",
        "back": "b",
        "undo": "u",
        "redo": "shift+u",
        "edit": "e",
        "reject": "j",
        "made": "p",
        "more": "o",
        "guidelines": "g",
        "monospace": "m",
        "wrap": "w",
        "rendered": "d",
        "note": "t",
        "flags": "f",
        "expert answer": "k",
        "equal": "q",
        "both bad": "z",
    }
)
BY_THE_BROWSER = ("note", "flags")  # a place to go to, not a button: one letter or digit, without shift
_KEPT = "cr"  # Streamlit keeps these two for itself


def of_reviewer(database: Database, reviewer: str) -> dict[str, str]:
    """The key of every act, as the reviewer has it."""
    with database.read() as c:
        changed = pools.preference(c, _name(reviewer), {})
    return {**USUAL, **{act: key for act, key in changed.items() if act in USUAL and _is_one(act, key)}}


def change(database: Database, reviewer: str, act: str, pressed: str) -> dict[str, str]:
    """Put an act on another key and return the whole map; an act that had that key takes the one that is free now.

    Refused where the key is none that a page can hear: one letter (not C or R) or digit, with or without Shift.
    """
    key = _key(act, pressed)
    now = of_reviewer(database, reviewer)
    other = next((name for name, its in now.items() if its == key and name != act), None)
    if other is not None:
        _key(other, now[act])  # what lies on a plain key only cannot take one with Shift
        now[other] = now[act]
    now[act] = key
    _keep(database, reviewer, {name: its for name, its in now.items() if its != USUAL[name]})
    return now


def reset(database: Database, reviewer: str) -> None:
    """Every act on its usual key again."""
    _keep(database, reviewer, {})


def _is_one(act: str, kept: object) -> bool:
    """Whether what is kept is such a key: it goes into a script, and a database from elsewhere may say anything."""
    try:
        return isinstance(kept, str) and _key(act, kept) == kept
    except Refused:
        return False


def _key(act: str, pressed: str) -> str:
    key = "".join(pressed.lower().split())
    bare = key.removeprefix("shift+")
    if len(bare) != 1 or not (bare.isascii() and bare.isalnum()) or bare in _KEPT:
        raise Refused("A key is one letter (C and R are taken) or one digit, with “shift+” before it if you like.")
    if act in BY_THE_BROWSER and key != bare:
        raise Refused(f"The way to the {act} is one letter or digit without Shift; choose such a key.")
    return key


def _keep(database: Database, reviewer: str, changed: Mapping[str, str]) -> None:
    with database.write() as c:
        pools.prefer(c, _name(reviewer), dict(changed))


def _name(reviewer: str) -> str:
    return f"keys of {reviewer}"
