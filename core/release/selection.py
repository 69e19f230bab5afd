"""Which instances a rule lets out, and for every other one the first reason why not."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

import sqlalchemy as sa

from core.release import limits
from core.release.predicate import Predicate
from core.release.reasons import Reason
from core.release.rows import contrast_rows, release_rows
from core.release.rows.release_rows import Fact
from core.release.verdict import FAULTS, RatingsVerdict, verdict


@dataclass(frozen=True, slots=True)
class ReleaseSelection:
    """What a rule makes of a pool: instance ids in order of task and position, those admitted and those by reason.

    Every accepted instance is in exactly one of them. `runs`: of the admitted, in order; `demo`: how many of the
    admitted are demo rows, `all_demo`: whether every machine-made instance is one. `judged`: of those left behind, what
    reviewers judged and nothing but their judgement keeps back, in order; `judged_before`: the place in `admitted`
    before which each of them stands.
    """

    predicate: Predicate
    admitted: array[int]
    excluded: Mapping[Reason, array[int]]
    runs: tuple[int, ...]
    tasks: int
    demo: int
    all_demo: bool
    judged: array[int] = field(default_factory=lambda: array("q"))
    judged_before: array[int] = field(default_factory=lambda: array("q"))

    @property
    def of(self) -> int:
        """How many instances were asked."""
        return len(self.admitted) + sum(map(len, self.excluded.values()))

    @property
    def counts(self) -> dict[str, int]:
        """How many stay behind, by reason."""
        return {reason.value: len(ids) for reason, ids in self.excluded.items()}


def select(c: sa.Connection, pool_id: int, predicate: Predicate) -> ReleaseSelection:
    """Return what the rule makes of the pool's accepted instances, as the connection sees them now.

    Reads no text, save instructions where the rule asks how close they are. Raises Refused where the rule needs what
    the pool does not have (root verbs).
    """
    excluded: dict[Reason, array[int]] = {}
    passing: list[Fact] = []
    bad: list[Fact] = []
    places: dict[int, int] = {}  # how many had passed before each of the bad
    made = demo = 0
    judged = _judged(c, pool_id, predicate) if predicate.asks_ratings else {}
    having = [contrast_rows.instances_with(c, pool_id, *column) for column in predicate.fields]
    flagged = release_rows.flagged_instances(c, pool_id) if predicate.no_open_flags else set()
    for fact in release_rows.facts(c, pool_id, predicate.include_seeds):
        made += not fact.is_seed
        demo += fact.demo and not fact.is_seed
        reason = _own_reason(fact, predicate, judged.get(fact.instance_id, _UNRATED), flagged, having)
        if reason is None:
            passing.append(fact)
        else:
            excluded.setdefault(reason, array("q")).append(fact.instance_id)
            if reason in JUDGED:
                bad.append(fact)
                places[fact.instance_id] = len(passing)
    order = array("q", (fact.instance_id for fact in passing))
    for reason, keeps in limits.steps(c, pool_id, predicate):
        kept = keeps(passing)
        for fact, stays in zip(passing, kept, strict=True):
            if not stays:
                excluded.setdefault(reason, array("q")).append(fact.instance_id)
        passing = [fact for fact, stays in zip(passing, kept, strict=True) if stays]
        if reason in (Reason.CONTAMINATED, Reason.AWAY):  # what is near an evaluation set is no example of anything
            bad = [fact for fact, stays in zip(bad, keeps(bad), strict=True) if stays]
    admitted = array("q", (fact.instance_id for fact in passing))
    ordered = {reason: excluded[reason] for reason in Reason if reason in excluded}
    return ReleaseSelection(
        predicate,
        admitted,
        ordered,
        tuple(sorted({fact.run_id for fact in passing if fact.run_id is not None})),
        len({fact.task_id for fact in passing}),
        sum(fact.demo for fact in passing),
        0 < made == demo,
        array("q", (fact.instance_id for fact in bad)),
        _before(order, admitted, [places[fact.instance_id] for fact in bad]),
    )


JUDGED = (Reason.DISAGREEMENT, Reason.INVALID, Reason.GRADE)
_UNRATED = RatingsVerdict()


def _before(order: array[int], admitted: array[int], places: Sequence[int]) -> array[int]:
    """How many of the admitted stand before each place (rising) in the order of which they are a part."""
    found, at, count = array("q"), 0, 0
    for place in places:
        while at < place:
            count += count < len(admitted) and order[at] == admitted[count]
            at += 1
        found.append(count)
    return found


def _judged(c: sa.Connection, pool_id: int, predicate: Predicate) -> dict[int, RatingsVerdict]:
    same: dict[RatingsVerdict, RatingsVerdict] = {}  # few differ, and a pool has many
    by_instance = groupby(release_rows.standing_ratings(c, pool_id), key=attrgetter("instance_id"))
    found = ((instance_id, verdict(list(said), predicate)) for instance_id, said in by_instance)
    return {instance_id: same.setdefault(one, one) for instance_id, one in found}


def _own_reason(
    fact: Fact, predicate: Predicate, judged: RatingsVerdict, flagged: set[int], having: Sequence[set[int]]
) -> Reason | None:
    """Why an instance stays behind whatever else goes out."""
    if fact.demo and not predicate.include_demo:
        return Reason.DEMO
    if not fact.is_seed:
        if predicate.origins and fact.origin not in predicate.origins:
            return Reason.ORIGIN
        if predicate.runs and fact.run_id not in predicate.runs:
            return Reason.RUN
    if not fact.is_seed and any(fact.instance_id not in some for some in having):
        return Reason.FIELD
    if fact.is_empty:
        return Reason.EMPTY_OUTPUT
    if not fact.is_seed and judged.current < predicate.min_ratings:
        if judged.current:
            return Reason.TOO_FEW_RATINGS
        return Reason.STALE if judged.stale else Reason.UNRATED
    if fact.instance_id in flagged:
        return Reason.FLAGGED
    return FAULTS[judged.fault] if judged.fault and not fact.is_seed else None
