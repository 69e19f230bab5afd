"""Train, validation and test: whole tasks on one side, drawn by hash, each kind of task in its share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from core.records import Origin, Refused


class Split(StrEnum):
    """The side a task is on. A release that is not split has train alone."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Shares:
    """The share of tasks on each side, adding up to 1.

    Raises Refused when a share is negative, not a number, or the three do not add up to 1, and when train is 0.
    """

    train: float = 1.0
    validation: float = 0.0
    test: float = 0.0

    def __post_init__(self) -> None:
        each = (self.train, self.validation, self.test)
        if not all(math.isfinite(share) and share >= 0 for share in each) or abs(sum(each) - 1) > 1e-6:
            raise Refused(f"The split {_shown(each)} does not add up to 1; give three shares such as 0.9,0.05,0.05.")
        if self.train == 0:
            raise Refused("The split leaves nothing for training; give the first share more than 0.")

    def of(self, split: Split) -> float:
        """Return one side's share."""
        return {Split.TRAIN: self.train, Split.VALIDATION: self.validation, Split.TEST: self.test}[split]


@dataclass(frozen=True, slots=True)
class Stratum:
    """The kind of a task, kept in proportion on every side."""

    is_classification: bool | None
    origin: Origin


def divide(tasks: Iterable[tuple[str, Stratum]], shares: Shares, seed: int) -> Mapping[str, Split]:
    """Return the side of each task key.

    The order in which tasks come does not matter. Each side holds its share of all tasks within one task, and of each
    stratum within two: tasks are lined up stratum by stratum, by hash inside one, and each goes to the side that is
    furthest behind its share. A key given twice keeps its first stratum.
    """
    stratum_of: dict[str, Stratum] = {}
    for key, stratum in tasks:
        stratum_of.setdefault(key, stratum)
    if shares.train == 1:
        return dict.fromkeys(stratum_of, Split.TRAIN)
    tasks_of: dict[Stratum, list[str]] = {}
    for key, stratum in stratum_of.items():
        tasks_of.setdefault(stratum, []).append(key)
    strata = sorted(tasks_of, key=str)
    line = (key for stratum in strata for key in sorted(tasks_of.pop(stratum), key=lambda key: _drawn(key, seed)))
    sides = [split for split in Split if shares.of(split) > 0]
    given = dict.fromkeys(sides, 0)
    side_of: dict[str, Split] = {}
    for place, key in enumerate(line, start=1):
        behind = max(sides, key=lambda side: shares.of(side) * place - given[side])
        given[behind] += 1
        side_of[key] = behind
    return side_of


def _drawn(key: str, seed: int) -> bytes:
    """A task's place among those of its stratum: by hash, and those of one hash by key."""
    drawn = blake2b(f"{seed}\x00{key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return drawn + key.encode("utf-8", "surrogatepass")


def _shown(shares: tuple[float, ...]) -> str:
    return ",".join(f"{share:g}" for share in shares)
