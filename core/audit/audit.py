"""An audit from the draw to what it found: a seeded random sample, frozen, judged by everybody in the same order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from core.actor import acting
from core.audit.findings import Findings, findings
from core.audit.frozen import Audit, FrozenItem
from core.audit.judged import JudgedItem
from core.audit.rows import audit_answers, audits
from core.database import Database, wholes
from core.pool import filters, pools
from core.pool.filters import Filter
from core.pool.guidelines import Guidelines, guidelines, own_rules
from core.records import Rating, Refused
from core.statistics.sampling import Allocation, Drawn, Member, TaskSample, draw

SIZE = 200  # the paper's
_SEEDS = 2**63
_TRIES = 5


def new(
    database: Database,
    pool_id: int,
    *,
    name: str = "",
    wanted: Filter | None = None,
    size: int = SIZE,
    seed: int | None = None,
    stratify_by: str = "",
    allocation: Allocation | None = None,
    actor: str = "",
) -> Audit:
    """Draw and freeze an audit of a pool's accepted instances: one random instance of each of `size` random tasks.

    Without a seed the next one of the pool is taken (its first audit has seed 1). Stratified, the sample is shared out
    in proportion unless `allocation` says otherwise. The population is read while others go on working; only the drawn
    items are stored under the lock of a write, many of them in parts. Raises Refused where nothing matches the filter.
    """
    wanted = wanted or Filter()
    if seed is not None and not -_SEEDS <= seed < _SEEDS:
        raise Refused("A seed has at most 18 digits; choose a smaller number.")
    if stratify_by and allocation is None:
        allocation = Allocation.PROPORTIONAL
    if allocation is not None and not stratify_by:
        raise Refused("A sample can only be shared out among strata: say what to stratify by.")
    for _ in range(_TRIES):
        with database.read() as c:
            number = len(audits.of_pool(c, pool_id)) + 1
            found = audits.population(c, pool_id, wanted, stratify_by)
            rules_now = own_rules(pools.by_id(c, pool_id))
        sample = draw(_members(found), size, number if seed is None else seed, allocation)
        chosen = _chosen(sample, found)
        with suppress(wholes.Overtaken):
            with database.read() as c:
                frozen = audits.frozen(c, chosen)
            how: dict[str, Any] = {
                "name": _name(name, number),
                "filter": wanted.as_saved(),
                "size": size,
                "seed": sample.seed,
                "stratify_by": stratify_by,
                "allocation": allocation.value if allocation else None,
                "tasks": dict(sample.tasks),
                "instances": dict(sample.instances),
                "newest_task": max(member.task_id for member in found),
                "population_hash": sample.population_hash,
                "fingerprint": sample.fingerprint,
                "guidelines": rules_now,
                "actor": actor or acting(),
            }
            return wholes.store(database, audits.freezing(pool_id, **how), frozen)
    raise Refused("Drawn texts were edited while the sample was being stored; draw again.")


def every(database: Database, pool_id: int) -> list[Audit]:
    """A pool's audits, the latest first."""
    with database.read() as c:
        return audits.of_pool(c, pool_id)


def by_id(database: Database, audit_id: int) -> Audit:
    """The audit of that number; NotFound where there is none."""
    with database.read() as c:
        return audits.get(c, audit_id)


def items(database: Database, audit: Audit) -> list[FrozenItem]:
    """The sample in the order of the draw, as it was frozen, with nobody's answers."""
    with database.read() as c:
        return audits.every_item(c, audit)


def guidelines_of(database: Database, audit: Audit) -> Guidelines:
    """What the audit's reviewers judge by."""
    with database.read() as c:
        return rules(c, audit)


def matching(database: Database, pool_id: int, wanted: Filter) -> int:
    """How many accepted instances an audit of these would be drawn from."""
    with database.read() as c:
        return filters.count(c, pool_id, wanted)


def runs_to_choose(database: Database, pool_id: int) -> list[int]:
    """The runs that brought instances into the pool, the latest first: what a population can be narrowed to."""
    with database.read() as c:
        return audits.runs_with_tasks(c, pool_id)


def judged_items(c: sa.Connection, audit: Audit, newest: int | None = None) -> tuple[JudgedItem, ...]:
    """The items in the order of the draw, each with what its reviewers said and the word that settled it, if any.

    `newest`: as of that rating event.
    """

    def standing(round: str) -> list[Rating]:
        if newest is None:
            return audit_answers.standing_ratings(c, audit, round)
        return audit_answers.stood_then(c, audit, round, newest)

    said: dict[int, list[int]] = {}
    ratings = standing(audit.round)
    for at, rating in enumerate(ratings):
        said.setdefault(rating.instance_id, []).append(at)
    verbs = audits.verbs(c, audit)
    settled = {rating.instance_id: rating for rating in standing(audit.final_round)}
    unfinished = _unfinished(Counter(rating.reviewer for rating in ratings), audit)
    return tuple(
        JudgedItem(
            item.position,
            item.task_id,
            item.instance_id,
            item.text_hash,
            item.instruction,
            item.input,
            item.output,
            item.stratum,
            {**item.attributes, **({"verb": verbs[item.position]} if item.position in verbs else {})},
            tuple(ratings[at] for at in said.get(item.instance_id, ())),
            settled.get(item.instance_id),
            item.of_task,
            unfinished,
        )
        for item in audits.every_item(c, audit)
    )


def found(c: sa.Connection, audit: Audit) -> Findings:
    """What the audit has found so far, whoever asks: who may see it is decided in `results`."""
    return of_items(judged_items(c, audit), audit, audit_answers.late_ratings(c, audit))


def of_items(items: tuple[JudgedItem, ...], audit: Audit, late: Collection[int] = ()) -> Findings:
    """What these items of the audit say; `late`: ratings given after looking, by id."""
    return findings(items, audit.instances, audit.tasks, late)


def is_finished(c: sa.Connection, audit: Audit) -> bool:
    """Whether every item has a rating."""
    judged, of = audit_answers.judged(c, audit)
    return judged == of


def sample(c: sa.Connection, audit: Audit) -> TaskSample:
    """The sample as it was drawn."""
    items = tuple(
        Drawn(item.position, item.task_id, item.instance_id, item.text_hash, item.stratum)
        for item in audits.every_item(c, audit)
    )
    allocation = Allocation(audit.allocation) if audit.allocation else None
    return TaskSample(audit.seed, audit.size, allocation, audit.tasks, audit.instances, audit.population_hash, items)


def rules(c: sa.Connection, audit: Audit) -> Guidelines:
    """The guidelines that the audit is judged by: those of its pool at the draw."""
    if audit.guidelines is not None:
        return guidelines(audit.guidelines)
    return guidelines(own_rules(pools.by_id(c, audit.pool_id)))


def _unfinished(by: Mapping[str, int], audit: Audit) -> frozenset[str]:
    """Who still judges while two others are done, or nobody: the list of what those differ on is at work already."""
    begun = frozenset(name for name, judged in by.items() if judged < audit.drawn)
    return begun if len(by) - len(begun) > 1 else frozenset()


def _members(found: list[audits.InPopulation]) -> list[Member]:
    by_task: dict[int, list[audits.InPopulation]] = {}
    for member in found:
        by_task.setdefault(member.task_id, []).append(member)
    return [
        Member(task_id, tuple((its.instance_id, its.text_hash) for its in group), group[0].stratum)
        for task_id, group in by_task.items()
    ]


def _chosen(sample: TaskSample, found: list[audits.InPopulation]) -> list[audits.Chosen]:
    drawn = {item.task_id for item in sample.items}
    of_task = Counter(member.task_id for member in found if member.task_id in drawn)
    return [
        audits.Chosen(item.instance_id, item.position, item.stratum, item.text_hash, of_task[item.task_id])
        for item in sample.items
    ]


def _name(asked: str, number: int) -> str:
    name = " ".join(asked.split()) or f"Audit {number}"
    if len(name) > 80:
        raise Refused("An audit's name has at most 80 characters; choose a shorter one.")
    return name
