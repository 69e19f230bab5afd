"""What the worst items have in common: attributes whose items are valid clearly less often than all the others.

Each value of each attribute is set against the rest of the sample by Fisher's exact test (one-sided), and Holm's
correction keeps the chance of even one false alarm below 5%, however many values were tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.statistics.estimates import Proportion, proportion
from core.statistics.holm import holm
from core.words import number_of

_FEWEST = 5
_LEVEL = 0.05


class Attributed(Protocol):
    """An item with attributes and a verdict (None while unjudged)."""

    @property
    def attributes(self) -> Mapping[str, str]: ...

    @property
    def is_valid(self) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class WeakSpot:
    """An attribute's value, the share valid among its items and among all others, and the p-value after Holm."""

    attribute: str
    value: str
    share: Proportion
    rest: Proportion
    p: float

    @property
    def sentence(self) -> str:
        """What was found, in one sentence with both n."""
        return self.described(lambda value: f"“{value}”")

    def described(self, quoted: Callable[[str], str]) -> str:
        """Return the sentence with attribute and value, which come from the texts, quoted as the place needs it."""
        chance = "p < 0.001" if self.p < 0.001 else f"p = {self.p:.3f}"
        return (
            f"Of the {number_of(self.share.n, 'item')} with {quoted(self.attribute)} {quoted(self.value)} "
            f"{self.share.yes} are valid ({self.share.percent:.0f}%), "
            f"against {self.rest.yes} of {self.rest.n} others ({self.rest.percent:.0f}%); {chance}."
        )


@dataclass(frozen=True, slots=True)
class WeakSpots:
    """What was found, the worst first, out of how many comparisons, over `n` judged items."""

    found: tuple[WeakSpot, ...]
    compared: int
    n: int
    sentence: str


def weak_spots(items: Sequence[Attributed], level: float = _LEVEL, fewest: int = _FEWEST) -> WeakSpots:
    """Return the attribute values whose items are valid significantly less often than the rest.

    A value is tried where it and the rest have at least `fewest` judged items; how many were valid plays no part in
    that choice.
    """
    verdicts = [(item.attributes, item.is_valid) for item in items if item.is_valid is not None]
    tried = []
    for attribute, value in dict.fromkeys(pair for attributes, _ in verdicts for pair in attributes.items()):
        mine = [valid for attributes, valid in verdicts if attributes.get(attribute) == value]
        rest = [valid for attributes, valid in verdicts if attributes.get(attribute, value) != value]
        if len(mine) >= fewest and len(rest) >= fewest:
            tried.append((attribute, value, proportion(sum(mine), len(mine)), proportion(sum(rest), len(rest))))
    found = _significant(tried, level)
    return WeakSpots(found, len(tried), len(verdicts), _overall(found, len(tried), len(verdicts), fewest))


def _significant(tried: list[tuple[str, str, Proportion, Proportion]], level: float) -> tuple[WeakSpot, ...]:
    if not tried:
        return ()
    from scipy.stats import fisher_exact

    raw = [
        float(fisher_exact([[mine.yes, mine.n - mine.yes], [rest.yes, rest.n - rest.yes]], alternative="less").pvalue)
        for _, _, mine, rest in tried
    ]
    found = [
        WeakSpot(attribute, value, mine, rest, p)
        for (attribute, value, mine, rest), p in zip(tried, holm(raw), strict=True)
        if p is not None and p < level
    ]
    return tuple(sorted(found, key=lambda spot: (spot.p, spot.attribute, spot.value)))


def _overall(found: tuple[WeakSpot, ...], compared: int, n: int, fewest: int) -> str:
    if not compared:
        return (
            f"Nothing could be compared: no attribute splits the {number_of(n, 'judged item')} into parts of "
            f"{fewest} or more."
        )
    if not found:
        return f"Nothing stands out among {number_of(compared, 'comparison')} over {number_of(n, 'judged item')}."
    return (
        f"{len(found)} of {number_of(compared, 'comparison')} over {number_of(n, 'judged item', 'stand')} out "
        f"after correction for their number."
    )
