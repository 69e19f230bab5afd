"""Two selections side by side: each verb with its object, how often each side has it, by how much shares differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.diversity.view import DiversityFigures

PAIRS_SHOWN = 200  # of the table on a page; files of numbers have all


@dataclass(frozen=True, slots=True)
class PairBeside:
    """A verb-noun pair on two sides: how many tasks have it, and their share (0 to 1) of the side's parsed tasks."""

    verb: str
    noun: str
    left: int
    right: int
    left_share: float | None
    right_share: float | None

    @property
    def points(self) -> float | None:
        """How many percentage points more of the right side have it than of the left; None for an empty side."""
        if self.left_share is None or self.right_share is None:
            return None
        return 100 * (self.right_share - self.left_share)


def pairs_beside(left: DiversityFigures, right: DiversityFigures) -> list[PairBeside]:
    """Every pair that either side has, those of the largest share on a side first."""
    pairs = {pair for side in (left, right) for pair in side.pairs if pair.is_pair}
    found = []
    for pair in pairs:
        ours, theirs = left.pairs.get(pair, 0), right.pairs.get(pair, 0)
        shares = _share(ours, left.parsed), _share(theirs, right.parsed)
        found.append(PairBeside(pair.verb or "", pair.noun or "", ours, theirs, *shares))
    return sorted(found, key=lambda one: (-max(one.left_share or 0, one.right_share or 0), one.verb, one.noun))


def names_beside(names: Sequence[str]) -> list[str]:
    """Names of sides that can be told apart."""
    if len(set(names)) == len(names):
        return list(names)
    return [f"{side}: {name}" for side, name in zip(("left", "right"), names, strict=True)]


def _share(n: int, of: int) -> float | None:
    return n / of if of else None
