"""How often the pool's interval holds the truth, over designs that differ in sizes, shares judged and agreement within.

A population of tasks is made, so many of them are drawn, one random instance of each is judged, and the interval is
asked whether it holds the share of all instances; again for a new population each time. `python -m
tests.statistics.coverage 1500` ran every design 1,500 times, with another seed than the tests', and printed this (the
standard error of a coverage is 0.6 points; the width is that of the interval):

190 of 1, 10 of 5; all                                94.7%   11.3 points
190 of 1, 10 of 5; all, 80% valid                     97.1%    9.8 points
190 of 1, 10 of 5; half                               94.4%   19.3 points
190 of 1, 10 of 5; all, alike                        100.0%   11.3 points  wider than need be
400 of 1; half                                        96.3%    9.5 points
400 of 1 to 6, large ones worse; a fifth              94.5%   22.4 points
400 of 1 to 6, large ones worse; a fifth, alike       97.2%   22.3 points  wider than need be
400 of 1 to 6; three quarters                         94.7%   11.1 points
400 of 1 to 6; three quarters, half alike             98.4%   11.1 points  wider than need be
400 of 1 to 6, large ones better; all                 95.8%    7.7 points
250 of 5; four fifths                                 94.7%   12.3 points
250 of 5; four fifths, alike                         100.0%   12.3 points  wider than need be
3,000 of 1 to 3; 200                                  95.1%   14.5 points
3,000 of 1 to 3; 200, alike                           94.6%   14.5 points
150 of 1, 50 of 10; half                              93.5%   27.5 points
150 of 1, 50 of 10; all                               95.5%   19.4 points
600 of 1 to 3, 95% valid; a third                     95.5%    6.3 points
60 of 1 to 5; all                                     94.5%   22.5 points

Ten tasks of five are few: the error of the estimate is then a whole number of 240ths, coverage moves in steps of one to
two points, and at 80% valid it stands a step above the others.

Where the instances of a task share one fate and much of the pool was judged, the interval is wider than it need be:
with one instance a task nothing in the sample tells such a pool from one whose instances are independent, and the
interval must hold in both. Its width is right for the second, and the first row of each pair shows that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.statistics.estimates import share_in_population


@dataclass(frozen=True, slots=True)
class Design:
    """`sizes`: instances of each task; `drawn`: tasks; `valid`: the chance of an instance of a task of that size.

    `alike`: how strongly the instances of a task share one fate, as their correlation (0 to 1).
    """

    name: str
    sizes: NDArray[np.int64]
    drawn: int
    valid: Callable[[int], float]
    alike: float

    @property
    def is_wider_than_need_be(self) -> bool:
        """Whether instances share a fate, several a task, and a tenth of the tasks or more was judged."""
        return self.alike > 0 and int(self.sizes.max()) > 1 and self.drawn >= len(self.sizes) / 10


@dataclass(frozen=True, slots=True)
class Judged:
    """An item as the estimate reads it."""

    is_valid: bool
    weight: int
    stratum: str = ""


def mixed(*parts: tuple[int, int]) -> NDArray[np.int64]:
    """Tasks by (instances, how many)."""
    return np.concatenate([np.full(tasks, size) for size, tasks in parts])


def several(tasks: int, most: int) -> NDArray[np.int64]:
    """Tasks of 1 to `most` instances, as many of each."""
    return np.resize(np.arange(1, most + 1), tasks)


def always(share: float) -> Callable[[int], float]:
    return lambda size: share


FEW_LARGE = mixed((1, 190), (5, 10))
DESIGNS = (
    Design("190 of 1, 10 of 5; all", FEW_LARGE, 200, always(0.5), 0),
    Design("190 of 1, 10 of 5; all, 80% valid", FEW_LARGE, 200, always(0.8), 0),
    Design("190 of 1, 10 of 5; half", FEW_LARGE, 100, always(0.6), 0),
    Design("190 of 1, 10 of 5; all, alike", FEW_LARGE, 200, always(0.5), 1),
    Design("400 of 1; half", mixed((1, 400)), 200, always(0.6), 0),
    Design("400 of 1 to 6, large ones worse; a fifth", several(400, 6), 80, lambda size: 0.95 - 0.12 * size, 0),
    Design("400 of 1 to 6, large ones worse; a fifth, alike", several(400, 6), 80, lambda size: 0.95 - 0.12 * size, 1),
    Design("400 of 1 to 6; three quarters", several(400, 6), 300, always(0.6), 0),
    Design("400 of 1 to 6; three quarters, half alike", several(400, 6), 300, always(0.6), 0.5),
    Design("400 of 1 to 6, large ones better; all", several(400, 6), 400, lambda size: 0.3 + 0.1 * size, 0),
    Design("250 of 5; four fifths", mixed((5, 250)), 200, always(0.6), 0),
    Design("250 of 5; four fifths, alike", mixed((5, 250)), 200, always(0.6), 1),
    Design("3,000 of 1 to 3; 200", several(3000, 3), 200, always(0.54), 0),
    Design("3,000 of 1 to 3; 200, alike", several(3000, 3), 200, always(0.54), 1),
    Design("150 of 1, 50 of 10; half", mixed((1, 150), (10, 50)), 100, always(0.6), 0),
    Design("150 of 1, 50 of 10; all", mixed((1, 150), (10, 50)), 200, always(0.6), 0),
    Design("600 of 1 to 3, 95% valid; a third", several(600, 3), 200, always(0.95), 0),
    Design("60 of 1 to 5; all", several(60, 5), 60, always(0.6), 0),
)


def population(design: Design, random: np.random.Generator) -> list[NDArray[np.bool_]]:
    """Whether each instance of each task is valid."""
    made = []
    for size in design.sizes:
        chance = design.valid(int(size))
        shared = random.random(size) < np.sqrt(design.alike)
        made.append(np.where(shared, random.random() < chance, random.random(size) < chance))
    return made


def coverage(design: Design, times: int, seed: int) -> tuple[float, float]:
    """The share of intervals that hold the truth, and their mean width, both in percent."""
    random = np.random.default_rng(seed)
    tasks, instances = len(design.sizes), int(design.sizes.sum())
    held, width = 0, 0.0
    for _ in range(times):
        valid = population(design, random)
        truth = 100 * sum(int(task.sum()) for task in valid) / instances
        drawn = random.choice(tasks, design.drawn, replace=False)
        items = [
            Judged(bool(valid[task][random.integers(design.sizes[task])]), int(design.sizes[task])) for task in drawn
        ]
        found = share_in_population(items, {"": instances}, {"": tasks})
        assert found.low is not None and found.high is not None
        held += found.low - 1e-9 <= truth <= found.high + 1e-9
        width += found.high - found.low
    return 100 * held / times, width / times


if __name__ == "__main__":
    for each in DESIGNS:
        share, wide = coverage(each, int(sys.argv[1]) if sys.argv[1:] else 1500, seed=20261121)
        why = "  wider than need be" if each.is_wider_than_need_be and share > 96.5 else ""
        sys.stdout.write(f"{each.name:52s} {share:5.1f}%  {wide:5.1f} points{why}\n")
        sys.stdout.flush()
