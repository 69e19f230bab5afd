"""Which texts of a corpus read like answers: the verdict on one text, whole or at a glance.

`verdict` names every rule that failed. `glance` is for millions of texts: it stops as soon as it knows which rule of
the funnel dropped the text and whether that rule alone did.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.corpus.rules import BY_COST, RULES, Passes, TextReading
from core.corpus.select_settings import SelectSettings
from core.corpus.verbs import Verbs


@dataclass(frozen=True, slots=True)
class TextVerdict:
    """Whether a text is kept, and the ids of the rules that failed, in the paper's order."""

    kept: bool
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """The first rule in the paper's order that failed (None: kept), and whether it is the only one."""

    first: str | None
    alone: bool


def verdict(text: str, settings: SelectSettings, verbs: Verbs) -> TextVerdict:
    """Return what every rule says of the text."""
    reading = TextReading(text, settings)
    failed = tuple(rule.id for rule in RULES if not rule.passes(reading, settings, verbs))
    return TextVerdict(kept=not failed, failed=failed)


def glance(text: str, settings: SelectSettings, verbs: Verbs) -> Glance:
    """Return the same decision as `verdict`, with the first failed rule and whether it failed alone, for less work."""
    reading = TextReading(text, settings)
    for rule in RULES:
        if not rule.passes(reading, settings, verbs):
            for passes in _OTHERS[rule.id]:
                if not passes(reading, settings, verbs):
                    return _TOGETHER[rule.id]
            return _ALONE[rule.id]
    return _KEPT


def _others(first: str) -> tuple[Passes, ...]:
    """The rules after `first`, cheapest first."""
    passes = {rule.id: rule.passes for rule in RULES}
    later = {rule.id for rule in RULES[[rule.id for rule in RULES].index(first) + 1 :]}
    return tuple(passes[name] for name in BY_COST if name in later)


_OTHERS = {rule.id: _others(rule.id) for rule in RULES}
_ALONE = {rule.id: Glance(rule.id, alone=True) for rule in RULES}
_TOGETHER = {rule.id: Glance(rule.id, alone=False) for rule in RULES}
_KEPT = Glance(None, alone=False)
