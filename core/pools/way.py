"""The way of a pool as steps that add up: candidates, what each rule took, what people changed, down to the release.

Tasks and instances are two chains, since a task may have several instances: within a chain every step says what it
takes or gives back, and what is left after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.gate.ledger import Survival
from core.gate.rules import RULES, sentence
from core.pools.funnel import Funnel


class WayKind(StrEnum):
    """What a step does: it counts what is there, a rule or a person takes some out, or a person gives some back."""

    THERE = "there"
    RULE = "dropped"
    RESCUED = "rescued"
    TAKEN_OUT = "taken out"


@dataclass(frozen=True, slots=True)
class WayStep:
    """`n` of `unit` (tasks or instances) that are there, went or came back at a step; `left` of them after it.

    `rule`: the id of the rule that dropped them, "" where none did.
    """

    unit: str
    kind: WayKind
    name: str
    n: int
    left: int
    rule: str = ""


def way(funnel: Funnel) -> tuple[WayStep, ...]:
    """A pool's way in order: of tasks, then of their instances; empty where nothing has come yet.

    What is rated, approved and released counts instances; `released` are those of the newest release, as it was made.
    """
    if not funnel.candidates.arrived and not funnel.answers.arrived:
        return ()
    judged = (("rated", funnel.reviewed), ("approved", funnel.approved), ("in the newest release", funnel.released))
    return (
        *_chain("tasks", "candidates", "accepted tasks", funnel.candidates),
        *_chain("instances", "instances that came with them", "instances to judge", funnel.answers),
        *(WayStep("instances", WayKind.THERE, name, n, n) for name, n in judged),
    )


def _chain(unit: str, first: str, last: str, found: Survival) -> Iterator[WayStep]:
    left = found.arrived
    yield WayStep(unit, WayKind.THERE, first, left, left)
    for rule in [*(name for name in RULES if name in found.dropped), *(n for n in found.dropped if n not in RULES)]:
        left -= found.dropped[rule]
        yield WayStep(unit, WayKind.RULE, sentence(rule), found.dropped[rule], left, rule)
    if found.rescued:
        left += found.rescued
        yield WayStep(unit, WayKind.RESCUED, "rescued by a person", found.rescued, left)
    if found.taken_out:
        left -= found.taken_out
        yield WayStep(unit, WayKind.TAKEN_OUT, "taken out by a person", found.taken_out, left)
    yield WayStep(unit, WayKind.THERE, last, found.accepted, found.accepted)
