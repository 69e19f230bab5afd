"""Shares with honest intervals: of a sample, of the pool it was drawn from, and of a part of that pool.

Every interval is Wilson's at 95%. What was seen in a sample (Table 2) is reported without a finite population
correction, as the paper's figures are: it speaks of the way in which the tasks were made. What is claimed of one finite
pool is corrected always, not from some share onwards: where a twentieth of the pool is judged the interval narrows by
about a fortieth, from there on smoothly more, and a pool judged to the last item is known exactly.

An audit judges one random instance of each drawn task. An instance of a task of five is drawn five times less often
than one of a task of one, and stands for five: a pool's share weights each item by the instances of its task. Tasks are
drawn, so it is by tasks that the draw among them is corrected: where all of them were drawn, nothing of it is left to
chance. Which instance of a task was judged stays chance even then, and is not corrected. How alike the instances of a
task are, one instance a task cannot tell; they are taken to be no more alike than those of different tasks, so that the
interval is as wide as it must be where that is so, and wider than it need be where they all share one fate and most of
the pool was judged (tests/statistics/coverage.py has the figures).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Protocol

from core.statistics.wilson import wilson


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many of n, with percent and 95% interval in percent (0 to 100); None and a reason where n is 0."""

    yes: int
    n: int
    percent: float | None
    low: float | None
    high: float | None
    undefined_because: str | None = None


@dataclass(frozen=True, slots=True)
class SampledStratum:
    """A part of the population: how many it holds, how many of them were judged, and how many of those were valid.

    `share`: the weighted share of valid ones where items stand for different numbers of members, else yes of n.
    `worth`: how large a plain sample from an endless population would say as much; without it that of n out of `size`.
    """

    name: str
    size: int
    n: int
    yes: int
    share: float | None = None
    worth: float | None = None

    @property
    def interval(self) -> tuple[float, float, float]:
        """(share, low, high), 0 to 1; everything between 0 and 1 while nothing is judged."""
        if not self.n:
            return 0.5, 0.0, 1.0
        share = self.yes / self.n if self.share is None else self.share
        return share, *wilson(share, corrected(self.n, self.size) if self.worth is None else self.worth)


@dataclass(frozen=True, slots=True)
class ShareEstimate:
    """An estimated share of valid items in a population, in percent, with its 95% interval.

    `n` were judged out of `population`; `unjudged` members lie in strata without any judgement.
    """

    percent: float | None
    low: float | None
    high: float | None
    n: int
    population: int
    unjudged: int = 0
    undefined_because: str | None = None


@dataclass(frozen=True, slots=True)
class ShareDifference:
    """How many percentage points a share rose from an earlier audit to a later one, with the 95% interval."""

    points: float | None
    low: float | None
    high: float | None
    meaning: str


class Sampled(Protocol):
    """An item of a sample: the stratum it was drawn from, and whether it was found valid (None while unjudged).

    `weight`: how many members of the population it stands for beside others, such as the instances of its task.
    """

    @property
    def stratum(self) -> str: ...

    @property
    def is_valid(self) -> bool | None: ...

    @property
    def weight(self) -> int: ...


def proportion(yes: int, n: int, population: int | None = None) -> Proportion:
    """Return yes of n with Wilson's interval: 184 of 200 is 92% [87.4, 95.0].

    With `population` the interval is for that finite population. Raises ValueError unless 0 <= yes <= n <= population.
    """
    if not 0 <= yes <= n or (population is not None and population < n):
        raise ValueError(
            f"There is no share of {yes} in {n} out of {population}: give counts with 0 <= yes <= n <= population."
        )
    if n == 0:
        return Proportion(0, 0, None, None, None, "nothing was judged yet.")
    low, high = wilson(yes / n, n if population is None else corrected(n, population))
    return Proportion(yes, n, 100 * yes / n, 100 * low, 100 * high)


def samples_to_halve(yes: int, n: int, population: int | None = None) -> int | None:
    """Return how many more items to judge until the interval is half as wide, should the share stay as observed.

    Found by search on the interval itself; None while nothing is judged. With `population`, never more than are left.
    """
    if n == 0:
        return None
    share = yes / n

    def width(size: int) -> float:
        low, high = wilson(share, size if population is None else corrected(size, population))
        return high - low

    goal = width(n) / 2
    enough = n
    while width(enough) > goal:
        enough = 2 * enough if population is None else min(2 * enough, population)
    too_few = n
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        if width(middle) > goal:
            too_few = middle
        else:
            enough = middle
    return enough - n


def stratified(strata: Iterable[SampledStratum]) -> ShareEstimate:
    """Return the share of valid items in a population from the samples of its strata, each weighted by its size.

    The interval joins the strata's Wilson intervals by their squared half-widths (MOVER, after Zou and Donner), which
    is Wilson's own with one stratum, stays within 0 to 100 and does not collapse where a stratum is all valid. A
    stratum without a judgement is taken to be like the rest, and its interval to be anything from 0 to 100.
    """
    known = [stratum for stratum in strata if stratum.size > 0]
    population = sum(stratum.size for stratum in known)
    judged = [stratum for stratum in known if stratum.n > 0]
    covered = sum(stratum.size for stratum in judged)
    n = sum(stratum.n for stratum in judged)
    if not judged:
        reason = "nothing of it was judged yet." if population else "it is empty."
        return ShareEstimate(None, None, None, 0, population, population, reason)
    share = sum(stratum.size * stratum.interval[0] for stratum in judged) / covered
    below = above = 0.0
    for stratum in known:
        weight = stratum.size / population
        own, low, high = stratum.interval if stratum.n else (share, 0.0, 1.0)
        below += (weight * (own - low)) ** 2
        above += (weight * (high - own)) ** 2
    low, high = max(0.0, share - sqrt(below)), min(1.0, share + sqrt(above))
    return ShareEstimate(100 * share, 100 * low, 100 * high, n, population, population - covered)


def share_in_population(
    items: Iterable[Sampled], sizes: Mapping[str, int], tasks: Mapping[str, int] | None = None
) -> ShareEstimate:
    """Return the share of valid items in the population that the items were drawn from.

    `sizes` are the strata's sizes, in the unit that is judged, and `tasks` in the unit that is drawn: where one random
    instance stands for its task, count instances and tasks, and let each item's weight be the instances of its task
    (Hájek's estimator). Without `tasks` the two units are one. Items that nobody judged are left out.
    """
    judged = [item for item in items if item.is_valid is not None]
    strays = sorted({item.stratum for item in judged} - set(sizes))
    if strays:
        raise ValueError(f"The stratum {strays[0]!r} has judged items but no size: give the size of every stratum.")
    return stratified(
        _stratum(name, size, (tasks or sizes).get(name, 0), [item for item in judged if item.stratum == name])
        for name, size in sorted(sizes.items())
    )


def corrected(n: float, population: int) -> float:
    """Return how large a sample from an endless population says as much as n of this one; without end for all of it.

    The variance of a draw without replacement is (N - n) / (N - 1) of one with it; Wilson's interval at this size is
    the score interval for a finite population (O'Neill 2021).
    """
    return float("inf") if n >= population else n * (population - 1) / (population - n)


def difference(earlier: Proportion | ShareEstimate, later: Proportion | ShareEstimate) -> ShareDifference:
    """Return the change from one audit's share to another's, with the interval for two independent samples.

    It joins the two shares' own intervals (MOVER), which is Newcombe's for two plain samples and holds for estimates of
    a pool too.
    """
    if earlier.percent is None or later.percent is None:
        return ShareDifference(None, None, None, "One of the two was not judged yet, so there is nothing to compare.")
    assert None not in (earlier.low, earlier.high, later.low, later.high)
    points = later.percent - earlier.percent
    low = points - sqrt((later.percent - later.low) ** 2 + (earlier.high - earlier.percent) ** 2)  # type: ignore[operator]
    high = points + sqrt((later.high - later.percent) ** 2 + (earlier.percent - earlier.low) ** 2)  # type: ignore[operator]
    return ShareDifference(points, low, high, _change(points, low, high))


def _stratum(name: str, size: int, tasks: int, items: list[Sampled]) -> SampledStratum:
    n, yes = len(items), sum(item.is_valid is True for item in items)
    if not n:
        return SampledStratum(name, size, 0, 0)
    total = sum(item.weight for item in items)
    share = sum(item.weight for item in items if item.is_valid) / total
    plain = share * (1 - share)
    left = (tasks - n) / (tasks - 1) if tasks > n else 0.0  # of the chance which tasks were drawn
    within = sum(item.weight * (item.weight - 1) for item in items) / total**2
    if plain:
        # Linearised; weights that happen to hide how items vary do not make more of them than they are.
        spread = sum((item.weight * (bool(item.is_valid) - share)) ** 2 for item in items) / total**2
        variance = left * max(spread, plain / n) + (1 - left) * within * _spread_within(items, plain)
        worth = plain / variance if variance else float("inf")
    else:  # all valid or none: nothing varies, and the weights alone say what the sample is worth
        lost = left * sum(item.weight**2 for item in items) / total**2 + (1 - left) * within
        worth = 1 / lost if lost else float("inf")
    return SampledStratum(name, size, n, yes, share, worth)


def _spread_within(items: list[Sampled], of_all: float) -> float:
    """Return p(1 - p) of the instances that have others beside them in their task, by what each adds to the doubt.

    A few of them may happen to agree: two valid and two invalid ones are added, and five that vary as all items do.
    """
    weights = [(item.weight * (item.weight - 1), item.is_valid is True) for item in items if item.weight > 1]
    if not weights:
        return 0.0
    n, total = len(weights), sum(weight for weight, _ in weights)
    share = (n * sum(weight for weight, valid in weights if valid) / total + 2) / (n + 4)
    return (n * share * (1 - share) + 5 * of_all) / (n + 5)


def _change(points: float, low: float, high: float) -> str:
    if low > 0:
        return f"Up by {points:.1f} points [{low:.1f}, {high:.1f}]: more than chance explains."
    if high < 0:
        return f"Down by {-points:.1f} points [{low:.1f}, {high:.1f}]: more than chance explains."
    return f"A change of {points:+.1f} points [{low:.1f}, {high:.1f}], which chance alone can make."
