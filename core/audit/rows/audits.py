"""Audits: how a sample was drawn, and its items with the texts as they were."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.audit.frozen import STRATA, Audit, FrozenItem
from core.database.bulk import Row, insert_rows
from core.database.parts import by_no_index, in_parts, one_of
from core.database.schema import audit_items as items
from core.database.schema import audits, imports, instances, parses, runs, tasks
from core.database.wholes import Overtaken, Whole, settled
from core.pool import filters, missing, pools
from core.pool.filters import Filter
from core.pool.tasks import instruction_hash
from core.records import NotFound, Refused, State

_ITEM = (  # of `audit_items`, behind the audit that it is of
    *("position", "task_id", "instance_id", "text_hash", "instruction", "input", "output", "stratum", "attributes"),
    "of_task",
)


class InPopulation(NamedTuple):
    """An instance of a population with the stratum of its task."""

    task_id: int
    instance_id: int
    text_hash: str
    stratum: str


def population(c: sa.Connection, pool_id: int, wanted: Filter, stratify_by: str = "") -> list[InPopulation]:
    """The accepted instances that a filter means, in order of arrival; no text is read unless the filter asks for it.

    Raises Refused for an attribute that a sample cannot be stratified by.
    """
    if stratify_by and stratify_by not in STRATA:
        raise Refused(f'A sample cannot be stratified by "{stratify_by}"; choose {", ".join(STRATA)}.')
    query: sa.Select[Any] = (
        sa.select(tasks.c.id.label("task_id"), instances.c.id, instances.c.text_hash, *_ATTRIBUTES)
        .select_from(_JOINED)
        .where(*filters.where(c, pool_id, wanted))
        .order_by(tasks.c.id, instances.c.position)
    )
    return [
        InPopulation(row.task_id, row.id, row.text_hash, _attributes(row)[stratify_by] if stratify_by else "")
        for part in filters.by_ids(query, wanted)
        for row in c.execute(part)
    ]


class Chosen(NamedTuple):
    """An instance that was drawn: its place in the draw, from 1, its text then, and how many its task had."""

    instance_id: int
    position: int
    stratum: str
    text_hash: str
    of_task: int


def frozen(c: sa.Connection, drawn: Sequence[Chosen]) -> list[Row]:
    """The drawn items as an audit keeps them, with their texts as they are now. Raises Overtaken where one has changed.

    They are read outside the write lock, which `freeze` takes.
    """
    places = {item.instance_id: item for item in drawn}
    query: sa.Select[Any] = sa.select(
        instances.c.id,
        instances.c.task_id,
        instances.c.state,
        instances.c.text_hash,
        tasks.c.instruction,
        instances.c.input,
        instances.c.output,
        *_ATTRIBUTES,
    ).select_from(_JOINED)
    rows: list[Row] = []
    for ids in in_parts(list(places)):
        for found in c.execute(query.where(instances.c.id.in_(ids))):
            item = places[found.id]
            if (found.text_hash, found.state) != (item.text_hash, State.ACCEPTED.value):
                raise Overtaken
            texts = (found.instruction, found.input, found.output)
            its = {**_attributes(found), "output length": _length(found.output)}
            rows.append(
                (item.position, found.task_id, found.id, found.text_hash, *texts, item.stratum, its, item.of_task)
            )
    return rows


def freezing(pool_id: int, **how: Any) -> Whole[Audit]:
    """An audit about to be stored with its items as they were `frozen`; `how`: the other columns of an audit (name,
    filter as saved, size, seed, ...). Raises Overtaken where a text has changed since: it is looked at as it is stored.

    Reviewers judge in the order of the draw, so that nobody sees a part.
    """

    def begin(c: sa.Connection) -> int:
        new = audits.insert().values(pool_id=pool_id, created_at=time.time(), whole=False, **how)
        return int(c.execute(new.returning(audits.c.id)).scalar_one())

    def end(c: sa.Connection, audit_id: int) -> Audit:
        its = audits.update().where(audits.c.id == audit_id).values(settled())
        return _audit(c.execute(its.returning(audits)).one())

    return Whole(audits, items, begin, _add, end)


def _add(c: sa.Connection, audit_id: int, rows: Sequence[Row]) -> None:
    hashes = {row[_ITEM.index("instance_id")]: row[_ITEM.index("text_hash")] for row in rows}
    query = sa.select(instances.c.id, instances.c.text_hash).where(instances.c.state == State.ACCEPTED.value)
    now = dict(c.execute(query.where(one_of(c, instances.c.id, list(hashes)))).tuples().all())
    if now != hashes:
        raise Overtaken
    insert_rows(c, items, ("audit_id", *_ITEM), [(audit_id, *row) for row in rows])


def get(c: sa.Connection, audit_id: int) -> Audit:
    """The audit of that number; NotFound where there is none."""
    row = c.execute(sa.select(audits).where(audits.c.id == audit_id, audits.c.whole)).first()
    if row is None:
        raise missing.no_such(c, missing.AUDIT, audit_id)
    return _audit(row)


def of_pool(c: sa.Connection, pool_id: int) -> list[Audit]:
    """A pool's audits, the latest first."""
    query = sa.select(audits).where(audits.c.pool_id == pool_id, audits.c.whole).order_by(audits.c.id.desc())
    return [_audit(row) for row in c.execute(query)]


def runs_with_tasks(c: sa.Connection, pool_id: int) -> list[int]:
    """The runs that brought accepted instances into a pool, the latest first."""
    its = sa.select(instances.c.id).where(instances.c.task_id == tasks.c.id, instances.c.state == State.ACCEPTED.value)
    brought = sa.select(tasks.c.id).where(
        tasks.c.run_id == runs.c.id, by_no_index(tasks.c.pool_id) == pool_id, its.exists()
    )
    query = sa.select(runs.c.id).where(brought.exists())
    if not pools.by_id(c, pool_id).settings.get("from_pool"):  # a copy's tasks name the runs of the pool they came from
        query = query.where(runs.c.pool_id == pool_id)
    return list(c.execute(query.order_by(runs.c.id.desc())).scalars())


def verbs(c: sa.Connection, audit: Audit) -> dict[int, str]:
    """Position to root verb, for the items whose frozen instruction some parser has read by now and found one in."""
    by_hash: dict[str, list[int]] = {}
    for row in c.execute(sa.select(items.c.position, items.c.instruction).where(items.c.audit_id == audit.id)):
        by_hash.setdefault(instruction_hash(row.instruction), []).append(row.position)
    found = {}
    for hashes in in_parts(sorted(by_hash)):
        query = sa.select(parses.c.text_hash, parses.c.verb).where(parses.c.text_hash.in_(hashes))
        for row in c.execute(query.where(parses.c.verb.is_not(None)).order_by(parses.c.parser)):
            found.update(dict.fromkeys(by_hash[row.text_hash], row.verb))
    return found


def every_item(c: sa.Connection, audit: Audit) -> list[FrozenItem]:
    """The sample in the order of the draw."""
    return [_item(row) for row in c.execute(_items_of(audit).order_by(items.c.position))]


def item(c: sa.Connection, audit: Audit, position: int) -> FrozenItem:
    """The item at a place of the draw, counted from 1."""
    row = c.execute(_items_of(audit).where(items.c.position == position)).first()
    if row is None:
        raise NotFound(f"Audit {audit.id} has no item {position}; its items are numbered from 1.")
    return _item(row)


def shared(c: sa.Connection, one: Audit, other: Audit) -> int:
    """How many items, with the very same text, are in both samples."""
    theirs = items.alias("theirs")
    same = (items.c.instance_id == theirs.c.instance_id) & (items.c.text_hash == theirs.c.text_hash)
    both = sa.select(sa.func.count()).select_from(items.join(theirs, same))
    return int(c.execute(both.where(items.c.audit_id == one.id, theirs.c.audit_id == other.id)).scalar_one())


_JOINED = instances.join(tasks, tasks.c.id == instances.c.task_id).outerjoin(imports, imports.c.id == tasks.c.import_id)
_ATTRIBUTES = (
    tasks.c.is_classification,
    tasks.c.origin,
    tasks.c.run_id,
    imports.c.file_name,
    instances.c.has_input,
)


def _attributes(row: sa.Row[Any]) -> dict[str, str]:
    kinds = {True: "yes", False: "no", None: "unknown"}
    return {
        "classification": kinds[row.is_classification],
        "source": row.origin if row.file_name is None else f"{row.origin}: {row.file_name}",
        "run": "none" if row.run_id is None else f"run {row.run_id}",
        "input": "given" if row.has_input else "empty",
    }


def _length(output: str) -> str:
    words = len(output.split())
    return "up to 5 words" if words <= 5 else "6 to 30 words" if words <= 30 else "more than 30 words"


def _items_of(audit: Audit) -> sa.Select[Any]:
    same = (instances.c.text_hash == items.c.text_hash) & (instances.c.state == State.ACCEPTED.value)
    query = sa.select(items, sa.not_(same).label("changed")).join(instances, instances.c.id == items.c.instance_id)
    return query.where(items.c.audit_id == audit.id)


def _item(row: sa.Row[Any]) -> FrozenItem:
    return FrozenItem(
        row.position,
        row.task_id,
        row.instance_id,
        row.text_hash,
        row.instruction,
        row.input,
        row.output,
        row.stratum,
        row.attributes,
        row.of_task,
        bool(row.changed),
    )


def _audit(row: sa.Row[Any]) -> Audit:
    return Audit(
        row.id,
        row.pool_id,
        row.name,
        Filter.of(row.filter),
        row.size,
        row.seed,
        row.stratify_by,
        row.allocation,
        row.tasks,
        row.instances,
        row.newest_task,
        row.population_hash,
        row.fingerprint,
        row.guidelines,
        row.actor,
        row.created_at,
    )
