"""What lies within a line that was drawn around it: the browser sends the line alone, the points are found here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CORNERS = 2_000

Corner = tuple[float, float]


def inside(x: NDArray[np.float32], y: NDArray[np.float32], corners: Sequence[Corner]) -> NDArray[np.bool_]:
    """Which of the points lie within a closed line, by even and odd; fewer than three corners hold nothing."""
    within = np.zeros(len(x), np.bool_)
    if len(corners) < 3:
        return within
    line = np.asarray(corners[:MOST_CORNERS], np.float64)
    near = (x >= line[:, 0].min()) & (x <= line[:, 0].max()) & (y >= line[:, 1].min()) & (y <= line[:, 1].max())
    at = np.flatnonzero(near)
    left, up = x[at].astype(np.float64), y[at].astype(np.float64)
    odd = np.zeros(len(at), np.bool_)
    for (x1, y1), (x2, y2) in zip(line, np.roll(line, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > up) != (y2 > up)
        odd ^= crosses & (left < x1 + (up - y1) * (x2 - x1) / (y2 - y1))
    within[at] = odd
    return within


def corners_of(sent: object) -> tuple[Corner, ...]:
    """The line that a browser sent, [[x, y], ...]; empty where it is none."""
    if not isinstance(sent, list | tuple) or len(sent) > MOST_CORNERS:
        return ()
    found = []
    for one in sent:
        if not isinstance(one, list | tuple) or len(one) != 2 or not all(isinstance(at, int | float) for at in one):
            return ()
        try:
            found.append((float(one[0]), float(one[1])))
        except OverflowError:  # a number of hundreds of digits
            return ()
    return tuple(found) if np.isfinite(found).all() else ()
