"""Krippendorff's alpha: agreement of any number of reviewers, whoever skipped what, on grades that have an order.

Everything follows from one matrix. Each item on which m >= 2 reviewers gave a value spreads its m(m-1) ordered pairs
of values over the q x q coincidence matrix, with weight 1/(m-1), so that an item counts as many times as it has
values. Observed disagreement is read off that matrix, expected disagreement off its margins alone: no pairs of
reviewers are ever formed, and a bootstrap is one matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Scale(StrEnum):
    """What the distance of two values means."""

    NOMINAL = "nominal"  # different is different
    ORDINAL = "ordinal"  # the more values lie between two, the further apart they are
    INTERVAL = "interval"  # the difference of the numbers


def krippendorff_alpha(
    counts: NDArray[Any], scale: Scale = Scale.ORDINAL, values: Sequence[float] | None = None
) -> float | None:
    """Return alpha, 1 for perfect agreement and 0 for chance, or None where all values are one and the same.

    `counts`: items x q, how many reviewers gave each value, the values in ascending order; items with fewer than two
    values are left out. `values`: the q numbers for the interval scale, 0 to q-1 unless told.
    """
    alpha = alpha_from_coincidences(coincidences(np.asarray(counts)).sum(axis=0), scale, values)
    return None if np.isnan(alpha) else float(alpha)


def coincidences(counts: NDArray[Any]) -> Floats:
    """Return each item's part of the coincidence matrix: items x q x q, zero for items with fewer than two values."""
    given = counts.astype(np.float64)
    pairs = given[:, :, None] * given[:, None, :] - given[:, :, None] * np.eye(given.shape[1])
    others = given.sum(axis=1) - 1
    pairs[others < 1] = 0
    result: Floats = pairs / np.maximum(others, 1)[:, None, None]
    return result


def alpha_from_coincidences(matrix: Floats, scale: Scale, values: Sequence[float] | None = None) -> Floats:
    """Return alpha for each of `... x q x q` coincidence matrices, NaN where only one value occurs."""
    margins = matrix.sum(axis=-1)
    total = margins.sum(axis=-1)
    distance = _squared_distance(margins, scale, values)
    observed = (matrix * distance).sum(axis=(-2, -1))
    expected = (margins[..., :, None] * margins[..., None, :] * distance).sum(axis=(-2, -1))
    several = np.count_nonzero(margins > 0, axis=-1) > 1
    ratio = np.divide(observed * (total - 1), expected, out=np.full(np.shape(total), np.nan), where=several)
    alpha: Floats = 1 - ratio
    return alpha


def _squared_distance(margins: Floats, scale: Scale, values: Sequence[float] | None) -> Floats:
    size = margins.shape[-1]
    if scale is Scale.NOMINAL:
        return 1 - np.eye(size)
    if scale is Scale.INTERVAL:
        numbers = np.arange(size, dtype=np.float64) if values is None else np.asarray(values, dtype=np.float64)
        return (numbers[:, None] - numbers[None, :]) ** 2
    # Ordinal: each value sits in the middle of the ranks that it takes up, as in a ranking with ties.
    middle = np.cumsum(margins, axis=-1) - margins / 2
    return (middle[..., :, None] - middle[..., None, :]) ** 2
