"""How many texts survive each rule: counted a shard at a time, added up in any order to the same sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.corpus.rules import RULE_IDS


@dataclass(frozen=True, slots=True)
class SelectionFunnel:
    """Counts of texts. `kept` passed every rule; duplicates and sampling come after.

    `first`: by the first rule, in the paper's order, that dropped a text. `alone`: by the rule that was the only one to
    fail. `each`: by every rule that failed, counted only when decisions are written, else None.
    """

    texts: int = 0
    unread: int = 0
    kept: int = 0
    first: Mapping[str, int] = field(default_factory=dict)
    alone: Mapping[str, int] = field(default_factory=dict)
    each: Mapping[str, int] | None = None

    def __add__(self, other: SelectionFunnel) -> SelectionFunnel:
        return SelectionFunnel(
            texts=self.texts + other.texts,
            unread=self.unread + other.unread,
            kept=self.kept + other.kept,
            first=_sum(self.first, other.first),
            alone=_sum(self.alone, other.alone),
            each=None if self.each is None or other.each is None else _sum(self.each, other.each),
        )

    def survivors(self) -> list[tuple[str, int]]:
        """Return, for each rule in order, how many texts are left after it."""
        left = self.texts
        steps = []
        for rule in RULE_IDS:
            left -= self.first.get(rule, 0)
            steps.append((rule, left))
        return steps

    def to_json(self) -> dict[str, Any]:
        """Return the counts as a JSON object, every rule named, in order."""
        counts: dict[str, Any] = {"texts": self.texts, "unread": self.unread, "kept": self.kept}
        counts["failed_first"] = _every_rule(self.first)
        counts["failed_alone"] = _every_rule(self.alone)
        counts["failed"] = None if self.each is None else _every_rule(self.each)
        return counts

    @staticmethod
    def from_json(counts: Mapping[str, Any]) -> SelectionFunnel:
        """Return the counts that `to_json` wrote."""
        return SelectionFunnel(
            texts=counts["texts"],
            unread=counts["unread"],
            kept=counts["kept"],
            first=counts["failed_first"],
            alone=counts["failed_alone"],
            each=counts["failed"],
        )


def _sum(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(left) + Counter(right))


def _every_rule(counts: Mapping[str, int]) -> dict[str, int]:
    return {rule: counts.get(rule, 0) for rule in RULE_IDS}
