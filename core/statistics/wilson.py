"""Wilson's interval for a share, in closed form (1927; as in statsmodels, which takes a second to load)."""

from __future__ import annotations

from math import sqrt

Z = 1.959963984540054  # of a two-sided interval of 95%


def wilson(share: float, size: float) -> tuple[float, float]:
    """Return the 95% interval, 0 to 1, of a share of a sample of that size; the share itself where the size has no end.

    It holds the share also where all or none are so, which rounding would otherwise put a hair outside.
    """
    if size == float("inf"):
        return share, share
    widened = 1 + Z**2 / size
    middle = (share + Z**2 / (2 * size)) / widened
    half = Z * sqrt(share * (1 - share) / size + Z**2 / (4 * size**2)) / widened
    return min(max(middle - half, 0.0), share), max(min(middle + half, 1.0), share)
