"""Holm's correction of p values for their number (1979)."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return the p values after Holm's step-down correction; None stays None and is not counted.

    As statsmodels has it, which collects garbage on every call: in a program with a large pool open that takes longer
    than all else here.
    """
    known = sorted((p, at) for at, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    least = 0.0
    for before, (p, at) in enumerate(known):
        least = max(least, min(1.0, p * (len(known) - before)))
        corrected[at] = least
    return corrected
