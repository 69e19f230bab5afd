"""One figure of agreement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of agreement with its 95% interval, or the reason why it has none. Never NaN.

    `n`: items with two or more answers. `pairs`: pairs of reviewers that the value is a mean over, `skipped` those of
    them left out because theirs is undefined. `compared`: for raw agreement, the pairs of ratings of one item that it
    is a mean over. `low`, `high`: a bootstrap over items; Wilson's where raw agreement is a plain share of items.
    `paper`: what Self-Instruct reports, empty where it does not.
    """

    key: str
    name: str
    n: int
    value: float | None
    low: float | None = None
    high: float | None = None
    undefined_because: str | None = None
    no_interval_because: str | None = None
    pairs: int = 1
    skipped: int = 0
    compared: int = 0
    paper: tuple[float, ...] = ()
    meaning: str = ""
