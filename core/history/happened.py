"""What happened in a pool, as the history tells it."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from core.moments import moment
from core.records import Refused

UNKNOWN = "not known"  # who did it: nobody wrote it down then, or a program did it by itself


class Kind(StrEnum):
    """What somebody did."""

    RATED = "rated"
    SKIPPED = "skipped"
    SETTLED = "settled"  # a last word
    KNOWN = "known answer"
    UNDID = "undid"
    EDITED = "edited"
    REJECTED = "rejected"
    RESTORED = "restored"
    FLAGGED = "flagged"
    RESCUED = "rescued"
    PUT_BACK = "put back"
    SWITCHED = "switched a seed"
    PROMOTED = "promoted"
    RAN = "ran"
    IMPORTED = "imported"
    RELEASED = "released"
    AUDITED = "drew an audit"
    QUEUED = "made a queue"
    CLOSED = "closed a queue"
    SEEDED = "added seeds"
    POOL = "made, renamed or archived"
    SET = "changed a setting"
    CORPUS = "left texts out or in"
    TUNED = "fine-tuned"
    BACKUP = "backed up or restored"


@dataclass(frozen=True, slots=True)
class Happened:
    """One act: its key, when (seconds since 1970), who, what, to which task and instance, of which text it begins.

    `n`: how many instances it touched; `undone`: it was taken back since; `can_undo`: the history can take it back;
    `said`: what a judgement said (a grade, valid or not valid), "" where the reader may not see it.
    """

    key: str
    at: float
    who: str
    kind: Kind
    detail: str
    task_id: int | None
    instance_id: int | None
    n: int
    text: str
    undone: bool
    can_undo: bool
    said: str = ""

    @property
    def told(self) -> str:
        """The act's own words beside its kind: what was said, where it may be seen, and what else is known of it."""
        return ", ".join(filter(None, (self.said, self.detail)))

    def as_json(self) -> dict[str, object]:
        """The act as files and programs have it: the time as ISO 8601 with its zone."""
        return {
            "key": self.key,
            "at": moment(self.at),
            "who": self.who,
            "kind": self.kind.value,
            "said": self.said,
            "detail": self.detail,
            "task": self.task_id,
            "instance": self.instance_id,
            "n": self.n,
            "text": self.text,
            "undone": self.undone,
            "can_undo": self.can_undo,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which acts: of a person, of a kind, about a task or an instance, of a day (seconds since 1970: from, to)."""

    who: str = ""
    kind: Kind | None = None
    task_id: int | None = None
    instance_id: int | None = None
    since: float | None = None
    until: float | None = None


def is_number(text: str) -> bool:
    """Whether a part of a key is the number of a row: plain digits, and no more than a row's number has."""
    return text.isascii() and text.isdecimal() and len(text) <= 18


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the history, to go on from: an act's time and key."""

    at: float
    key: str

    @classmethod
    def of(cls, text: str) -> Place:
        """The place that `str()` wrote; Refused for anything else."""
        at, _, key = text.partition("/")
        with suppress(ValueError, OverflowError):
            if math.isfinite(float.fromhex(at)) and key[:1].isalpha() and is_number(key[1:]):
                return cls(float.fromhex(at), key)
        raise Refused("That is no place in the history; begin with its newest page.")

    def __str__(self) -> str:
        return f"{self.at.hex()}/{self.key}"
