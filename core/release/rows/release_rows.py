"""What a release asks of the pool: facts without text for the rule, texts and lineage for what goes out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from sys import intern
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.database.parts import in_parts
from core.database.schema import (
    batches,
    decisions,
    edits,
    evaluation_tasks,
    flagged,
    imports,
    instances,
    parses,
    ratings,
    releases,
    requests,
    runs,
    standings,
    tasks,
)
from core.pool import measured
from core.pool.judgement import FINAL, OPEN_DESK
from core.records import Decided, State

# What Python's str.strip takes for white space: an output of nothing else is empty.
WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())


class Fact(NamedTuple):
    """What the rule may ask of an instance, without its text."""

    instance_id: int
    task_id: int
    is_seed: bool
    demo: bool
    origin: str
    run_id: int | None
    is_classification: bool | None
    is_empty: bool


class StandingRating(NamedTuple):
    """One reviewer's standing rating; `is_current`: it judged the text as it is now, `is_final`: an adjudicator's."""

    instance_id: int
    reviewer: str
    is_final: bool
    is_current: bool
    grade: str | None
    valid: bool | None


class InstanceRow(NamedTuple):
    """An instance that goes out, with its task."""

    instance_id: int
    task_id: int
    position: int
    instruction: str
    input: str
    output: str
    text_hash: str
    is_classification: bool | None
    origin: str
    demo: bool
    run_id: int | None
    batch: int | None
    task_request: int | None
    instance_request: int | None
    import_id: int | None
    nearest_id: int | None
    nearest_score: float | None
    seed_id: int | None
    seed_score: float | None


def facts(c: sa.Connection, pool_id: int, with_seeds: bool) -> Iterator[Fact]:
    """Every accepted instance of a pool in order of task and position, streamed; seeds come first where asked for."""
    empty = sa.func.trim(instances.c.output, WHITE_SPACE) == ""
    query = (
        sa.select(
            instances.c.id,
            instances.c.task_id,
            instances.c.is_seed,
            tasks.c.demo,
            tasks.c.origin,
            tasks.c.run_id,
            tasks.c.is_classification,
            empty,
        )
        .join(tasks, tasks.c.id == instances.c.task_id)
        .where(instances.c.pool_id == pool_id, instances.c.state == State.ACCEPTED.value)
        .where(tasks.c.state == State.ACCEPTED.value)
        .order_by(instances.c.is_seed.desc(), instances.c.task_id, instances.c.position)
    )
    if not with_seeds:
        query = query.where(instances.c.is_seed.is_(False))
    for row in c.execute(query, execution_options={"yield_per": 2000}):
        yield Fact._make((*row[:4], intern(row[4]), *row[5:]))


def standing_ratings(c: sa.Connection, pool_id: int) -> Iterator[StandingRating]:
    """The ratings that stand at the open desk, and the adjudicators'; streamed, an instance's together."""
    query = (
        sa.select(
            standings.c.instance_id,
            standings.c.reviewer,
            standings.c.round == FINAL,
            standings.c.text_hash == instances.c.text_hash,
            standings.c.grade,
            standings.c.valid,
        )
        .join(instances, instances.c.id == standings.c.instance_id)
        .where(standings.c.pool_id == pool_id, standings.c.kind == "rate", standings.c.round.in_((OPEN_DESK, FINAL)))
        .order_by(standings.c.instance_id, standings.c.rating_id)
    )
    yield from map(StandingRating._make, c.execute(query, execution_options={"yield_per": 2000}))


def flagged_instances(c: sa.Connection, pool_id: int) -> set[int]:
    """The instances of a pool on which a flag is open."""
    return set(c.execute(sa.select(flagged.c.instance_id).where(flagged.c.pool_id == pool_id).distinct()).scalars())


def instructions(c: sa.Connection, task_ids: Sequence[int]) -> Iterator[str]:
    """The instructions of these tasks, in their order."""
    for some in in_parts(task_ids):
        found = dict(c.execute(sa.select(tasks.c.id, tasks.c.instruction).where(tasks.c.id.in_(some))).tuples().all())
        yield from (found[task_id] for task_id in some)


def verbs(c: sa.Connection, pool_id: int) -> dict[int, str | None]:
    """The root verb of each accepted task that was parsed, None where it has none; by the parser that read the most."""
    parser = best_parser(c, pool_id)
    return dict(c.execute(verbs_by(pool_id, parser)).tuples().all()) if parser else {}


def verbs_of(c: sa.Connection, pool_id: int, parser: str, task_ids: Collection[int]) -> dict[int, str | None]:
    """As `verbs` by a parser, of some tasks alone."""
    found: dict[int, str | None] = {}
    for some in in_parts(list(task_ids) if parser else []):
        found.update(c.execute(verbs_by(pool_id, parser).where(tasks.c.id.in_(some))).tuples().all())
    return found


def best_parser(c: sa.Connection, pool_id: int) -> str:
    """The parser that has read the most of a pool's accepted tasks, the first of equals; "" where none has."""
    counts = {
        parser: int(
            c.execute(sa.select(sa.func.count()).select_from(verbs_by(pool_id, parser).subquery())).scalar_one()
        )
        for parser in _parsers(c)
    }
    most = max(counts.values(), default=0)
    return next((parser for parser, n in counts.items() if n == most), "") if most else ""


def verbs_by(pool_id: int, parser: str) -> sa.Select[int, str | None]:
    """(task_id, verb) of a pool's accepted tasks by one parser. It is named, or no key of `parses` could be used: a
    hundred thousand tasks beside as many parses would be ten billion steps."""
    joined = tasks.join(parses, (parses.c.parser == parser) & (parses.c.text_hash == tasks.c.instruction_hash))
    its = (tasks.c.pool_id == pool_id) & (tasks.c.state == State.ACCEPTED.value)
    return sa.select(tasks.c.id, parses.c.verb).select_from(joined).where(its)


def _parsers(c: sa.Connection) -> Iterator[str]:
    """Every parser that has read something, in order; one step down the key each."""
    query = sa.select(sa.func.min(parses.c.parser))
    name = c.execute(query).scalar()
    while name is not None:
        yield name
        name = c.execute(query.where(parses.c.parser > name)).scalar()


def state_of_everything(c: sa.Connection) -> tuple[int, ...]:
    """Numbers that differ as soon as anything was said, done or made since: what a preview may be kept by."""
    counted = (ratings, decisions, edits, instances, tasks, releases, evaluation_tasks)
    newest = [sa.select(sa.func.coalesce(sa.func.max(t.c.id), 0)).scalar_subquery() for t in counted]
    read = sa.select(sa.func.count()).select_from(parses).scalar_subquery()
    return tuple(c.execute(sa.select(*newest, read)).one())


def rows(c: sa.Connection, instance_ids: Sequence[int]) -> list[InstanceRow]:
    """These instances with their texts, in their order."""
    found: dict[int, InstanceRow] = {}
    for some in in_parts(instance_ids):
        for row in c.execute(_rows.where(instances.c.id.in_(some))):
            found[row[0]] = InstanceRow._make(row)
    return [found[instance_id] for instance_id in instance_ids]


def judgements(c: sa.Connection, instance_ids: Sequence[int]) -> list[sa.Row[Any]]:
    """(instance_id, reviewer, round, grade, valid, at, the three questions) of current ratings, in order of time."""
    query = (
        sa.select(
            ratings.c.instance_id,
            ratings.c.reviewer,
            ratings.c.round,
            ratings.c.grade,
            ratings.c.valid,
            ratings.c.instruction_valid,
            ratings.c.input_appropriate,
            ratings.c.output_correct,
        )
        .join(standings, standings.c.rating_id == ratings.c.id)
        .join(instances, instances.c.id == standings.c.instance_id)
        .where(standings.c.kind == "rate", standings.c.round.in_((OPEN_DESK, FINAL)))
        .where(standings.c.text_hash == instances.c.text_hash)
        .where(standings.c.instance_id.in_(instance_ids))
    )
    return list(c.execute(query.order_by(ratings.c.id)))


def people(c: sa.Connection, pool_id: int) -> list[str]:
    """Everybody who rated or edited in a pool, in the order of their first rating, then of their first edit."""
    first = sa.func.min(ratings.c.id)
    raters = sa.select(ratings.c.reviewer, first).where(ratings.c.pool_id == pool_id).group_by(ratings.c.reviewer)
    early = sa.func.min(edits.c.id)
    editors = sa.select(edits.c.actor, early).where(edits.c.pool_id == pool_id).group_by(edits.c.actor)
    named = [*c.execute(raters.order_by(first)).tuples(), *c.execute(editors.order_by(early)).tuples()]
    return list(dict.fromkeys(name for name, _ in named if name))


def edits_of(c: sa.Connection, task_ids: Collection[int]) -> list[sa.Row[Any]]:
    """(task_id, instance_id, field, actor, at) of the changes to these tasks and their instances, oldest first."""
    query = sa.select(edits.c.task_id, edits.c.instance_id, edits.c.field, edits.c.actor, edits.c.at)
    return list(c.execute(query.where(edits.c.task_id.in_(task_ids)).order_by(edits.c.id)))


def rescues_of(c: sa.Connection, task_ids: Collection[int]) -> list[sa.Row[Any]]:
    """(task_id, instance_id, rule) of what a filter had dropped and a person took back."""
    query = sa.select(decisions.c.task_id, decisions.c.instance_id, decisions.c.rule)
    rescued = query.where(decisions.c.task_id.in_(task_ids), decisions.c.kind == Decided.RESCUE.value)
    return list(c.execute(rescued.order_by(decisions.c.id)))


def requests_by_id(c: sa.Connection, request_ids: Collection[int]) -> dict[int, Any]:
    """(id, run_id, key, step, provider, model) of these requests."""
    query = sa.select(
        requests.c.id, requests.c.run_id, requests.c.key, requests.c.step, requests.c.provider, requests.c.model
    )
    return {row.id: row for row in c.execute(query.where(requests.c.id.in_(request_ids)))}


def run_ids(c: sa.Connection, pool_id: int) -> list[int]:
    """The ids of a pool's runs, in their order."""
    return list(c.execute(sa.select(runs.c.id).where(runs.c.pool_id == pool_id).order_by(runs.c.id)).scalars())


def batch_plan(c: sa.Connection, run_id: int, number: int) -> Mapping[str, Any]:
    """What was drawn for a batch of a run; empty where nothing was."""
    query = sa.select(batches.c.plan).where(batches.c.run_id == run_id, batches.c.number == number)
    return c.execute(query).scalar() or {}


def hashes(c: sa.Connection, instance_ids: Sequence[int]) -> dict[int, str]:
    """The hash of each of these instances' texts, in their order."""
    found: dict[int, str] = {}
    query = sa.select(instances.c.id, instances.c.text_hash)
    for some in in_parts(instance_ids):
        its = dict(c.execute(query.where(instances.c.id.in_(list(some)))).tuples().all())
        found |= {one: its[one] for one in some if one in its}
    return found


def imports_of(c: sa.Connection, pool_id: int) -> dict[int, Any]:
    """(id, file_name, sha256, format) of a pool's imports."""
    query = sa.select(imports.c.id, imports.c.file_name, imports.c.sha256, imports.c.format)
    return {row.id: row for row in c.execute(query.where(imports.c.pool_id == pool_id))}


def runs_of(c: sa.Connection, run_ids: Collection[int]) -> list[sa.Row[Any]]:
    """(id, method, settings, counts) of these runs, in their order."""
    query = sa.select(runs.c.id, runs.c.method, runs.c.settings, runs.c.counts).where(runs.c.id.in_(list(run_ids)))
    return list(c.execute(query.order_by(runs.c.id)))


_rows = sa.select(
    instances.c.id,
    instances.c.task_id,
    instances.c.position,
    tasks.c.instruction,
    instances.c.input,
    instances.c.output,
    instances.c.text_hash,
    tasks.c.is_classification,
    tasks.c.origin,
    tasks.c.demo,
    tasks.c.run_id,
    tasks.c.batch,
    tasks.c.request_id,
    instances.c.request_id,
    tasks.c.import_id,
    tasks.c.nearest_id,
    tasks.c.nearest_score,
    measured.seed_id(),
    measured.seed_score(),
).join(tasks, tasks.c.id == instances.c.task_id)
