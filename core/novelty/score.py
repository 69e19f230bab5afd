"""Score: ROUGE-L F1 from whole numbers, so that a threshold cuts in exactly the same place everywhere."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


def rouge_l(lcs: Any, total: Any) -> NDArray[np.float64]:
    """Return ROUGE-L F1 (0 to 1), 2·LCS / (m + n), from the LCS and `total` = m + n; 0 where both texts are empty.

    One division of two whole numbers: 14 of 20 tokens is the very number that the literal 0.7 stands for, so that
    "above 0.7" keeps it. The reference multiplies precision and recall and is a rounding error away on either side.
    """
    return np.asarray(2 * np.asarray(lcs) / np.maximum(total, 1), dtype=np.float64)


def released_f1(score: float, one: int, other: int) -> float:
    """Return the F1 that the released program computes for two texts of `one` and `other` tokens with this exact F1.

    It multiplies precision and recall in floating point, a rounding error away on either side: of the 175 pairs of
    lengths up to 140 tokens in all that can score exactly 0.7, 98 come out above it.
    """
    lcs = round(score * (one + other) / 2)
    precision, recall = lcs / one, lcs / other
    return 2 * precision * recall / (precision + recall)


def least_lcs(bound: float, longest_total: int, *, inclusive: bool) -> Numbers:
    """Return, for each m + n from 0 to `longest_total`, the smallest LCS whose score passes `bound`.

    Passing is > bound, or >= bound where `inclusive`. With the comparison made here, in the same floating arithmetic as
    `rouge_l`, all the fast code compares whole numbers only. Two empty texts never pass.
    """
    totals = np.arange(longest_total + 1, dtype=np.int64)
    needed = np.maximum(np.floor(bound * totals / 2).astype(np.int64) - 1, 0)
    while True:
        scores = rouge_l(needed, totals)
        short = ~(scores >= bound if inclusive else scores > bound)
        short[0] = needed[0] < 1
        if not short.any():
            return needed
        needed[short] += 1
