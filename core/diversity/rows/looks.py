"""What the diversity page looks at: a selection of a pool's tasks, and what is counted over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from core.database.parts import by_no_index, in_parts
from core.database.schema import decisions, edits, instances, parses, ratings, tasks
from core.diversity.selection import JUDGED, Looked, TaskSelection
from core.pool import measured, members
from core.pool.open_answers import may_be_seen
from core.records import Origin, State


def moment(c: sa.Connection, parser: str, wanted: TaskSelection) -> tuple[int, ...]:
    """Numbers of which one grows whenever a look could change, so that a page may keep what it has.

    A rating changes a look only where the selection asks for what was rated.
    """
    judged = (ratings,) if wanted.state in JUDGED else ()
    kept = (tasks, instances, decisions, edits, *judged)
    newest = [sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0)).scalar_subquery() for table in kept]
    parsed = sa.select(sa.func.count()).where(parses.c.parser == parser).scalar_subquery()
    return tuple(c.execute(sa.select(*newest, parsed)).one())


def pair_counts(
    c: sa.Connection, pool_id: int, wanted: TaskSelection, parser: str
) -> tuple[dict[tuple[str | None, str | None], int], int]:
    """How many tasks have each (verb, noun), and how many the parser has not read yet."""
    unread = parses.c.text_hash.is_(None).label("unread")
    query = (
        sa.select(unread, parses.c.verb, parses.c.noun, sa.func.count())
        .select_from(tasks.outerjoin(parses, _its_parse(parser)))
        .where(*_conditions(pool_id, wanted))
        .group_by(unread, parses.c.verb, parses.c.noun)
    )
    found, waiting = {}, 0
    for is_unread, verb, noun, n in c.execute(query):
        if is_unread:
            waiting += n
        else:
            found[(verb, noun)] = n
    return found, waiting


def judged_pairs(
    c: sa.Connection, pool_id: int, wanted: TaskSelection, parser: str, viewer: str
) -> dict[tuple[str, str], tuple[int, int]]:
    """By (verb, noun) (rated instances, those of them that are valid), as far as the viewer may see what was said."""
    query = (
        sa.select(parses.c.verb, parses.c.noun, sa.func.count(), sa.func.sum(sa.case((instances.c.valid, 1), else_=0)))
        .select_from(tasks.join(parses, _its_parse(parser)).join(instances, instances.c.task_id == tasks.c.id))
        .where(*_conditions(pool_id, wanted), instances.c.state == State.ACCEPTED.value, *_held(wanted))
        .where(instances.c.rated > 0, instances.c.valid.is_not(None), parses.c.noun.is_not(None), may_be_seen(viewer))
        .group_by(parses.c.verb, parses.c.noun)
    )
    return {(verb, noun): (int(n), int(valid)) for verb, noun, n, valid in c.execute(query)}


def seed_scores(c: sa.Connection, pool_id: int, wanted: TaskSelection) -> list[tuple[int, float | None]]:
    """(task, ROUGE-L F1 with its nearest seed), None where it is not measured."""
    query = sa.select(tasks.c.id, measured.seed_score(pool_id)).where(*_conditions(pool_id, wanted))
    return list(c.execute(query).tuples())


def seed_score_counts(c: sa.Connection, pool_id: int, wanted: TaskSelection) -> list[tuple[float | None, int]]:
    """(ROUGE-L F1 with the nearest seed, how many tasks have it): there are far fewer scores than tasks."""
    score = measured.seed_score(pool_id).label("score")
    each = sa.select(score).where(*_conditions(pool_id, wanted)).subquery()
    return list(c.execute(sa.select(each.c.score, sa.func.count()).group_by(each.c.score)).tuples())


def pairs_of(c: sa.Connection, parser: str, hashes: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
    """(verb, noun) by instruction hash, of those that this parser has read."""
    found: dict[str, tuple[str | None, str | None]] = {}
    query = sa.select(parses.c.text_hash, parses.c.verb, parses.c.noun).where(parses.c.parser == parser)
    for some in in_parts(sorted(set(hashes))):
        found.update({key: (verb, noun) for key, verb, noun in c.execute(query.where(parses.c.text_hash.in_(some)))})
    return found


def read_among(c: sa.Connection, parser: str, task_ids: Sequence[int]) -> frozenset[int]:
    """Those of these tasks whose present instruction this parser has read."""
    found: set[int] = set()
    query = sa.select(tasks.c.id).select_from(tasks.join(parses, _its_parse(parser)))
    for some in in_parts(sorted(set(task_ids))):
        found.update(c.execute(query.where(tasks.c.id.in_(some))).scalars())
    return frozenset(found)


def seeds_among(c: sa.Connection, task_ids: Sequence[int]) -> set[int]:
    """Those of these tasks that are seeds."""
    found: set[int] = set()
    query = sa.select(tasks.c.id).where(tasks.c.origin == Origin.SEED.value)
    for some in in_parts(sorted(set(task_ids))):
        found.update(c.execute(query.where(tasks.c.id.in_(some))).scalars())
    return found


def instructions(c: sa.Connection, pool_id: int, wanted: TaskSelection) -> Iterator[tuple[int, str, bool | None]]:
    """(task, instruction, is classification) of the tasks, streamed."""
    query = sa.select(tasks.c.id, tasks.c.instruction, tasks.c.is_classification).where(*_conditions(pool_id, wanted))
    yield from c.execute(query, execution_options={"yield_per": 2000}).tuples()


def instance_texts(c: sa.Connection, pool_id: int, wanted: TaskSelection) -> Iterator[tuple[int, str, str]]:
    """(instance, input, output) of the tasks' instances that stand, streamed; of approved tasks the approved alone."""
    query = sa.select(instances.c.id, instances.c.input, instances.c.output).join(
        tasks, tasks.c.id == instances.c.task_id
    )
    query = query.where(*_conditions(pool_id, wanted), *_standing(wanted))
    yield from c.execute(query, execution_options={"yield_per": 2000}).tuples()


def texts_of(c: sa.Connection, pool_id: int, wanted: TaskSelection, text: str) -> Iterator[tuple[int, int, str]]:
    """(task, instance, text) of the same: each instruction (with instance 0), input or output, streamed."""
    query: sa.Select[int, int, str]
    if text == "instruction":
        query = sa.select(tasks.c.id, sa.literal(0), tasks.c.instruction).where(*_conditions(pool_id, wanted))
    else:
        query = sa.select(instances.c.task_id, instances.c.id, instances.c[text]).join(
            tasks, tasks.c.id == instances.c.task_id
        )
        query = query.where(*_conditions(pool_id, wanted), *_standing(wanted))
    yield from c.execute(query, execution_options={"yield_per": 2000}).tuples()


def arrivals(c: sa.Connection, pool_id: int, wanted: TaskSelection, parser: str) -> Iterator[sa.Row[Any]]:
    """(run_id, batch, is_in, verb, noun) of every candidate in order of arrival; `is_in`: the filters let it in.

    Of the selection only run and origin count: what was dropped has neither kind nor ratings.
    """
    is_in = (tasks.c.state != State.DISCARDED.value).label("is_in")
    query = (
        sa.select(tasks.c.run_id, tasks.c.batch, is_in, parses.c.verb, parses.c.noun)
        .select_from(tasks.outerjoin(parses, _its_parse(parser)))
        .where(*_origin_and_run(pool_id, wanted))
        .order_by(tasks.c.id)
    )
    yield from c.execute(query, execution_options={"yield_per": 5000})


def with_pair(
    c: sa.Connection, pool_id: int, wanted: TaskSelection, parser: str, verb: str, nouns: Sequence[str] = ()
) -> list[Looked]:
    """The tasks whose verb is this one and whose noun one of these (any at all where none is named)."""
    named = parses.c.noun.in_(nouns) if nouns else parses.c.noun.is_not(None)
    return _listed(c, pool_id, wanted, parser, parses.c.verb == verb, named)


def with_seed_score(
    c: sa.Connection, pool_id: int, wanted: TaskSelection, parser: str, low: float, high: float, closed: bool
) -> list[Looked]:
    """The tasks whose ROUGE-L to the nearest seed is from `low` up to `high`, this included where `closed`."""
    score, slack = measured.seed_score(pool_id), 1e-9  # as statistics.rouge_histogram draws its bars
    below = score <= high if closed else score < high - slack
    return _listed(c, pool_id, wanted, parser, score >= low - slack, below)


def listed(c: sa.Connection, pool_id: int, wanted: TaskSelection, parser: str) -> list[Looked]:
    """All tasks of a selection, in order of arrival."""
    return _listed(c, pool_id, wanted, parser)


def listed_of(
    c: sa.Connection, pool_id: int, wanted: TaskSelection, parser: str, task_ids: Sequence[int]
) -> list[Looked]:
    """Of a selection's tasks those of these ids, in order of arrival."""
    found: list[Looked] = []
    for some in in_parts(sorted(set(task_ids))):
        found += _listed(c, pool_id, wanted, parser, tasks.c.id.in_(some))
    return found


def with_ids(c: sa.Connection, pool_id: int, parser: str, task_ids: Sequence[int]) -> list[Looked]:
    """These accepted tasks of a pool, whatever their origin, in order of arrival."""
    here = (tasks.c.pool_id == pool_id, tasks.c.state == State.ACCEPTED.value)
    found: list[Looked] = []
    for some in in_parts(sorted(set(task_ids))):
        found += [Looked(*row) for row in c.execute(_look(pool_id, parser).where(*here, tasks.c.id.in_(some)))]
    return found


def unmeasured(c: sa.Connection, pool_id: int, after: int, n: int) -> list[tuple[int, str]]:
    """(id, instruction) of the tasks whose nearest seed is not known: the first `n` after a task."""
    query = sa.select(tasks.c.id, tasks.c.instruction).where(
        tasks.c.pool_id == pool_id,
        tasks.c.state.in_((State.ACCEPTED.value, State.REJECTED.value)),
        tasks.c.origin != Origin.SEED.value,
        measured.lacks_seed(pool_id),
        tasks.c.id > after,
    )
    return list(c.execute(query.order_by(tasks.c.id).limit(n)).tuples())


def _standing(wanted: TaskSelection) -> list[sa.ColumnElement[bool]]:
    """Which instances of a selection's tasks stand in it; of approved tasks the approved ones alone."""
    if wanted.release_id is not None:
        return [members.in_release(wanted.release_id)]
    state = State.REJECTED if wanted.state == "rejected" else State.ACCEPTED
    judged = _judged(instances, wanted.state)
    return [instances.c.state == state.value, *([judged] if judged is not None else [])]


def _held(wanted: TaskSelection) -> list[sa.ColumnElement[bool]]:
    return [] if wanted.release_id is None else [members.in_release(wanted.release_id)]


def _judged(its: sa.FromClause, state: str) -> sa.ColumnElement[bool] | None:
    """What an instance of a task in this state of review has been given; None where that does not matter."""
    conditions = {
        "rated": its.c.rated > 0,
        "approved": (its.c.rated > 0) & its.c.valid.is_(True),
        "refused": (its.c.rated > 0) & its.c.valid.is_(False),
    }
    return conditions.get(state)


def _conditions(pool_id: int, wanted: TaskSelection) -> list[sa.ColumnElement[bool]]:
    found = _origin_and_run(pool_id, wanted)
    if wanted.is_classification is not None:
        found.append(tasks.c.is_classification.is_(wanted.is_classification))
    if wanted.release_id is not None:
        return [*found, members.task_in_release(wanted.release_id, tasks.c.id)]
    state = State.REJECTED if wanted.state == "rejected" else State.ACCEPTED
    found.append(tasks.c.state == state.value)
    its = instances.alias("its")
    judged = _judged(its, wanted.state)
    one = sa.exists().where(its.c.task_id == tasks.c.id, its.c.state == State.ACCEPTED.value)
    if judged is not None:
        found.append(one.where(judged))
    elif wanted.state == "unrated":
        found.append(~one.where(its.c.rated > 0))
    return found


def _origin_and_run(pool_id: int, wanted: TaskSelection) -> list[sa.ColumnElement[bool]]:
    found = [(tasks.c.pool_id if wanted.run_id is None else by_no_index(tasks.c.pool_id)) == pool_id]
    if wanted.origin:
        found.append(tasks.c.origin == Origin(wanted.origin).value)
    elif wanted.release_id is None:
        found.append(tasks.c.origin != Origin.SEED.value)
    if wanted.run_id is not None:
        found.append(tasks.c.run_id == wanted.run_id)
    return found


def _its_parse(parser: str) -> sa.ColumnElement[bool]:
    return (parses.c.parser == parser) & (parses.c.text_hash == tasks.c.instruction_hash)


def _listed(
    c: sa.Connection, pool_id: int, wanted: TaskSelection, parser: str, *more: sa.ColumnElement[bool]
) -> list[Looked]:
    wanted_tasks = _look(pool_id, parser).where(*_conditions(pool_id, wanted), *more)
    return [Looked(*row) for row in c.execute(wanted_tasks)]


def _look(pool_id: int, parser: str) -> sa.Select[Any]:
    """The columns of a Looked, in order of arrival."""
    seed, near = tasks.alias("seed"), measured.seed_id(pool_id)
    return (
        sa.select(
            tasks.c.id,
            tasks.c.instruction,
            parses.c.verb,
            parses.c.noun,
            near.label("seed_id"),
            seed.c.instruction.label("seed"),
            measured.seed_score(pool_id),
        )
        .select_from(tasks.outerjoin(parses, _its_parse(parser)).outerjoin(seed, seed.c.id == near))
        .order_by(tasks.c.id)
    )
