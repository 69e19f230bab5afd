"""The share of valid instances as it stood after each judged item, and how many items are enough.

An audit's items stand in random order, so that those judged by any place in it are a smaller audit of their own, with
the same estimate and interval (`core.statistics.estimates`). Whoever stops as soon as an interval pleases covers the
truth a little less often than it says; the figures are for planning how much to judge, before the eyes of who is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from core.audit.judged import JudgedItem
from core.statistics.estimates import share_in_population
from core.words import number_of

WITHIN = 5.0  # points to either side: Self-Instruct's 92% of 200 is known about as well
EACH = 250  # items up to which the estimate is drawn after every one
FEWER_STEPS = 60  # of a longer audit so many evenly spaced numbers of items are drawn, the last one always


@dataclass(frozen=True, slots=True)
class RunningStep:
    """The estimate for the pool in percent, with its 95% interval, after `judged` items; `position` is the last's."""

    judged: int
    position: int
    percent: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """How far the interval reaches on its wider side, in points."""
        return max(self.high - self.percent, self.percent - self.low)


@dataclass(frozen=True, slots=True)
class RunningEstimate:
    """The estimate step by step; `enough_at`: judged items from which on it stays within `WITHIN` points, or None.

    `more`: about how many more items would bring it there, should the share stay as it is; 0 where it is there, and
    where no task is left to judge (of a task with many instances one is judged).
    """

    steps: tuple[RunningStep, ...]
    enough_at: int | None
    more: int

    @property
    def sentence(self) -> str:
        """Whether the audit is enough for its five points, in plain words."""
        if not self.steps:
            return "Nothing is judged yet."
        last = self.steps[-1]
        said = f"{last.percent:.0f}% valid [{last.low:.0f}, {last.high:.0f}] after {number_of(last.judged, 'item')}"
        if self.enough_at is not None:
            return f"{said}: enough for ±{WITHIN:.0f} points since {number_of(self.enough_at, 'item')}."
        if not self.more:
            return f"{said}, all that there are to judge."
        return f"{said}; about {self.more:,} more would be enough for ±{WITHIN:.0f} points."


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What of an item an estimate asks, settled once."""

    stratum: str
    is_valid: bool | None
    weight: int


def running_estimate(
    items: Sequence[JudgedItem], sizes: Mapping[str, int], tasks: Mapping[str, int]
) -> RunningEstimate:
    """The estimate after each judged item in the sample's order; `sizes`, `tasks`: instances and tasks by stratum."""
    ordered = sorted((item for item in items if item.is_valid is not None), key=lambda item: item.position)
    verdicts = [_Verdict(item.stratum, item.is_valid, item.weight) for item in ordered]
    steps = []
    for n in _numbers(len(verdicts)):
        share = share_in_population(verdicts[:n], sizes, tasks)
        if share.percent is not None and share.low is not None and share.high is not None:
            steps.append(RunningStep(n, ordered[n - 1].position, share.percent, share.low, share.high))
    enough_at = None
    for step in reversed(steps):
        if step.half_width > WITHIN:
            break
        enough_at = step.judged
    more = 0
    if steps and enough_at is None:  # an interval narrows with the root of the number; corrected for a finite pool
        n, population = steps[-1].judged, max(sum(tasks.values()), steps[-1].judged)
        odds = n * (population - 1) / (population - n) if population > n else float(n)
        wanted = odds * (steps[-1].half_width / WITHIN) ** 2
        more = min(population, ceil(wanted * population / (population - 1 + wanted))) - n if population > 1 else 0
    return RunningEstimate(tuple(steps), enough_at, max(0, more))


def _numbers(judged: int) -> list[int]:
    """The numbers of items at which the estimate is drawn: each, or evenly spaced ones."""
    every = 1 if judged <= EACH else ceil(judged / FEWER_STEPS)
    return sorted({*range(judged, 0, -every)})
