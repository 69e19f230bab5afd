"""Bootstrap over tasks: everything that shares a task (raters, several answers, both orders) moves together."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
SEED = 20221220
FEWEST = 5  # tasks, below which a percentile interval says less than no interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95% interval; None where too few tasks carry it."""

    value: float | None
    low: float | None = None
    high: float | None = None


@lru_cache(maxsize=8)  # a page resamples the same tasks for every model and pair
def weights(tasks: int, seed: int = SEED, times: int = RESAMPLES) -> Floats:
    """Return how often each task is in each resample, read only: times x tasks, every row summing to `tasks`."""
    drawn = np.random.default_rng(seed).integers(0, tasks, size=(times, tasks))
    drawn += np.arange(times)[:, None] * tasks
    counted = np.bincount(drawn.ravel(), minlength=times * tasks).reshape(times, tasks).astype(np.float64)
    counted.flags.writeable = False
    return counted


def mean(values: Sequence[float], tasks: Sequence[Hashable], seed: int = SEED) -> Interval:
    """Return the mean of `values` with a percentile interval that resamples the task of each."""
    if not values:
        return Interval(None)
    return means([values], tasks, seed)[0]


def means(many: Sequence[Sequence[float]], tasks: Sequence[Hashable], seed: int = SEED) -> list[Interval]:
    """Return the mean of each of several values of the same tasks, as `mean` does, by one product for all."""
    both = [totals(values, tasks) for values in many]
    told = [float(sum(values) / len(values)) for values in many]
    n = len(both[0][0]) if both else 0
    if n < FEWEST:
        return [Interval(value) for value in told]
    again, counts = weights(n, seed), both[0][1]
    # Where tasks have as many values each, every resample has as many too.
    below = again @ counts if np.ptp(counts) else np.full(len(again), counts.sum())
    drawn = (again @ np.column_stack([sums for sums, _ in both])) / below[:, None]
    return [bounded(value, drawn[:, at]) for at, value in enumerate(told)]


def totals(values: Sequence[float], tasks: Sequence[Hashable]) -> tuple[Floats, Floats]:
    """Return the sum and the number of the values of each task, in order of first appearance."""
    place: dict[Hashable, int] = {}
    at = np.fromiter((place.setdefault(task, len(place)) for task in tasks), dtype=np.int64, count=len(tasks))
    sums: Floats = np.bincount(at, weights=np.asarray(values, dtype=np.float64), minlength=len(place)).astype(
        np.float64
    )
    return sums, np.bincount(at, minlength=len(place)).astype(np.float64)


def bounded(value: float, drawn: Floats) -> Interval:
    """Return the value with the middle 95% of its resamples, which never exclude the value itself."""
    drawn = drawn[np.isfinite(drawn)]
    if not drawn.size:
        return Interval(value)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(value, min(float(low), value), max(float(high), value))
