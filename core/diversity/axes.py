"""Histograms that can stand side by side: the same bars for every selection, and how high the highest is."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence

from core.diversity.statistics import Bin, Histogram, length_histogram, middle
from core.diversity.view import TEXTS, DiversityFigures


def length_histograms(looks: Sequence[DiversityFigures]) -> list[dict[str, Histogram]]:
    """Of each look the lengths of instructions, inputs and outputs, in bars that all looks share."""
    shared = {}
    for text in TEXTS:
        together: Counter[int] = Counter()
        for one in looks:
            together.update(one.texts.lengths[text])
        shared[text] = length_histogram(together).bins
    return [{text: _in_bars(one.texts.lengths[text], shared[text]) for text in TEXTS} for one in looks]


def highest_share(histograms: Sequence[Histogram]) -> float:
    """The share, 0 to 1, that the highest bar of all holds of its own n."""
    return max((bar.count / one.n for one in histograms if one.n for bar in one.bins), default=0.0)


def _in_bars(lengths: Mapping[int, int], bars: Sequence[Bin]) -> Histogram:
    n = sum(lengths.values())
    if not n:
        return Histogram(tuple(Bin(bar.low, bar.high, 0) for bar in bars), 0, None, None)
    lows = [bar.low for bar in bars]
    counts: Counter[int] = Counter()
    for size, many in lengths.items():
        counts[max(0, bisect_right(lows, size) - 1)] += many
    mean = sum(size * many for size, many in lengths.items()) / n
    return Histogram(tuple(Bin(bar.low, bar.high, counts[at]) for at, bar in enumerate(bars)), n, mean, middle(lengths))
