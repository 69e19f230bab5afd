"""Taking out, flagging, editing, and undoing it: one act is one event, however many instances it touches.

An event is a decision that names no task and no instance; the decisions on each task and instance point to it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.engine import upsert
from core.database.parts import by_no_index, in_parts
from core.database.schema import decisions, flagged, instances, ratings, tasks
from core.pool import edits, long_acts, queue_items
from core.pool import tasks as tasks_of
from core.pool.judgement import Act
from core.pool.tasks import WITH_TASK
from core.records import Decided, Refused, State

UNDONE_BY = {
    Decided.REJECT: Decided.RESTORE,
    Decided.FLAG: Decided.UNFLAG,
    Decided.UNFLAG: Decided.FLAG,
    Decided.EDIT: Decided.REVERT,
}
UNDONE_BEFORE = "That was undone before; nothing was changed."
BULK = (Decided.REJECT, Decided.FLAG, Decided.UNFLAG)


@dataclass(frozen=True, slots=True)
class Event:
    """One act that can be undone: what, why, who, how many instances so far. `told` says more, as the act wrote it."""

    id: int
    kind: Decided
    reason: str
    actor: str
    n: int
    told: Mapping[str, Any]
    at: float
    undone: bool = False
    after_rating: int | None = None  # the newest when it happened; None in acts of early versions
    ended: bool = True  # False while it, or the taking back of it, goes on part by part, or where that was cut off

    def is_after(self, rating: Act) -> bool:
        """Whether it happened after a rating or skip: told by what was stored when, not by the time of day."""
        return self.at > rating.at if self.after_rating is None else rating.id <= self.after_rating


def reject(
    c: sa.Connection,
    pool_id: int,
    instance_ids: Sequence[int],
    reason: str,
    actor: str,
    told: Mapping[str, Any] | None = None,
    task_ids: Sequence[int] = (),
) -> int:
    """Take instances out, or whole tasks with theirs, as one event; return its id. Those out already stay so."""
    state = State.REJECTED.value
    of_tasks = standing(c, tasks, tasks.c.id, task_ids)
    with_tasks = standing(c, instances, instances.c.task_id, of_tasks)
    alone = [one for one in standing(c, instances, instances.c.id, instance_ids) if one not in set(with_tasks)]
    event = begin(c, pool_id, Decided.REJECT, reason, actor, {**(told or {}), "n": len(alone) + len(with_tasks)})
    for some in in_parts(of_tasks):
        c.execute(tasks.update().where(tasks.c.id.in_(some)).values(state=state, rule=reason))
    for some in in_parts(with_tasks):
        c.execute(instances.update().where(instances.c.id.in_(some)).values(state=state, rule=WITH_TASK))
    for some in in_parts(alone):
        c.execute(instances.update().where(instances.c.id.in_(some)).values(state=state, rule=reason))
    decide(c, event, "task_id", of_tasks)
    decide(c, event, "instance_id", alone)
    queue_items.resettle_many(c, [*alone, *with_tasks])
    return event.id


def flag(
    c: sa.Connection, pool_id: int, instance_ids: Sequence[int], name: str, actor: str, raised: bool = True
) -> int:
    """Raise a flag on instances, or lower what a decision raised, as one event; return its id."""
    there = flagged_here(c, name, instance_ids)
    touched = sorted(set(instance_ids) - there if raised else there)
    event = begin(c, pool_id, Decided.FLAG if raised else Decided.UNFLAG, name, actor, {"n": len(touched)})
    set_flag(c, pool_id, touched, name, raised)
    decide(c, event, "instance_id", touched)
    return event.id


def edited(c: sa.Connection, pool_id: int, n: int, reason: str, actor: str, told: Mapping[str, Any]) -> int:
    """Note that somebody changed the texts of `n` instances, as one event; return its id."""
    return begin(c, pool_id, Decided.EDIT, reason, actor, {**told, "n": n}).id


def get(c: sa.Connection, event_id: int) -> Event:
    row = c.execute(_events().where(decisions.c.id == event_id)).first()
    if row is None:
        raise Refused(f"There is no act {event_id} that could be undone.")
    return as_event(c, row)


def of_pool(c: sa.Connection, pool_id: int, limit: int = 50) -> list[Event]:
    """The latest rejections and flags of a pool, newest first."""
    query = _events().where(decisions.c.pool_id == pool_id, decisions.c.kind.in_([kind.value for kind in BULK]))
    return [as_event(c, row) for row in c.execute(query.order_by(decisions.c.id.desc()).limit(limit))]


def latest(c: sa.Connection, pool_id: int, actor: str) -> Event | None:
    """Somebody's latest act that can be undone and has not been: nothing done since stands in its way."""
    before = 2**31 - 1
    while row := _newest_event(c, pool_id, actor, before):
        event = as_event(c, row)
        if obstacle(c, event) is None:
            return event
        before = event.id
    return None


def _newest_event(c: sa.Connection, pool_id: int, actor: str, before: int) -> sa.Row[Any] | None:
    """Somebody's newest event before a decision that is not undone. The parts of an act on many are passed over in one
    step, for this is asked at every draw of the desk."""
    whose = {"its_pool": pool_id, "its_actor": actor}
    while newest := c.execute(_newest, {**whose, "before_id": before}).first():
        if newest.event_id is None:
            return c.execute(_latest, {**whose, "before_id": before}).first()
        within = {**whose, "before_id": newest.id, "from_id": newest.event_id}
        if row := c.execute(_latest_within, within).first():
            return row
        before = newest.event_id
    return None


def undo(c: sa.Connection, event_id: int, actor: str) -> int:
    """Take an act back as one event: everything it changed is as it was; return how many instances."""
    done = get(c, event_id)
    if done.undone:
        raise Refused(UNDONE_BEFORE)
    if why_not := obstacle(c, done):
        raise Refused(why_not)
    pool_id = int(c.execute(sa.select(decisions.c.pool_id).where(decisions.c.id == event_id)).scalar_one())
    parts = c.execute(sa.select(decisions).where(decisions.c.event_id == event_id).order_by(decisions.c.id)).all()
    kind = UNDONE_BY[done.kind]
    back = begin(c, pool_id, kind, done.reason, actor, {"n": done.n}, undoes=event_id)
    undo_parts(c, done, back, parts)
    if done.kind is Decided.REJECT:
        _withdraw(c, back, done.told.get("made", ()))
    edits.revert(c, done.told.get("edits", ()), actor, "undone")
    return done.n


def undo_parts(c: sa.Connection, done: Event, back: Event, parts: Sequence[sa.Row[Any]]) -> None:
    """Bring what these decisions of an act changed back to what it was, as a part of the event `back`."""
    pool_id = int(parts[0].pool_id) if parts else 0
    its = [row.instance_id for row in parts if row.instance_id is not None]
    of_tasks = [row.task_id for row in parts if row.instance_id is None]
    if done.kind is Decided.REJECT:
        restore(c, pool_id, its, of_tasks)
    decide(c, back, "task_id", of_tasks, {row.task_id: row.id for row in parts})
    decide(c, back, "instance_id", its, {row.instance_id: row.id for row in parts})
    if done.kind in (Decided.FLAG, Decided.UNFLAG):
        raised = raised_by_history(c, done.reason, its)
        set_flag(c, pool_id, [one for one in its if one in raised], done.reason, True)
        set_flag(c, pool_id, [one for one in its if one not in raised], done.reason, False)


def obstacle(c: sa.Connection, done: Event) -> str | None:
    """Why an act cannot be undone as things stand, or None. Undone all the same, one answer would stand there twice."""
    if done.kind is Decided.EDIT and not edits.stand(c, done.told["edits"]):
        return "The text was edited again since; its history has every version, to bring one back."
    made = list(done.told.get("made", ()))
    if len(standing(c, instances, instances.c.id, made)) < len(made):
        return "A part of this split was split, merged or taken out since; undo that first."
    if done.told.get("what") == "merged":
        kept = done.told.get("instance", done.told.get("kept"))
        its_edits = done.told.get("edits", ())
        if not standing(c, instances, instances.c.id, [kept]) or (its_edits and not edits.stand(c, its_edits)):
            return "The instance that stayed was edited, split or taken out since; undo that first."
    return None


def taken_back_by(c: sa.Connection, event_id: int) -> sa.Row[Any] | None:
    """The event that takes an act back, or began to; None where nobody did."""
    query = sa.select(decisions).where(decisions.c.undoes == event_id).order_by(decisions.c.id).limit(1)
    return c.execute(query).first()


def _events(undoes: sa.ColumnElement[Any] = decisions.c.undoes) -> sa.Select[Any]:
    undone = decisions.alias("undone")
    is_undone = sa.exists().where(undone.c.undoes == decisions.c.id).label("is_undone")
    return sa.select(decisions, is_undone).where(
        by_no_index(decisions.c.event_id).is_(None),  # as nearly every decision is: no part of another, undoing none
        decisions.c.task_id.is_(None),
        decisions.c.instance_id.is_(None),
        undoes.is_(None),
        decisions.c.kind.in_([kind.value for kind in UNDONE_BY]),
    )


_later = decisions.alias("later")
_newest = (
    sa.select(decisions.c.id, decisions.c.event_id)
    .where(decisions.c.pool_id == sa.bindparam("its_pool"), decisions.c.actor == sa.bindparam("its_actor"))
    .where(decisions.c.id < sa.bindparam("before_id"))
    .order_by(decisions.c.id.desc())
    .limit(1)
)
_standing_event = (
    _events(by_no_index(decisions.c.undoes))
    .where(decisions.c.actor == sa.bindparam("its_actor"), decisions.c.id < sa.bindparam("before_id"))
    .where(~sa.exists().where(_later.c.undoes == decisions.c.id))
    .order_by(decisions.c.id.desc())
    .limit(1)
)
_latest = _standing_event.where(decisions.c.pool_id == sa.bindparam("its_pool"))
_latest_within = _standing_event.where(  # by the index of parts: of these numbers, what is no part of anything
    decisions.c.event_id.is_(None),
    decisions.c.id >= sa.bindparam("from_id"),
    by_no_index(decisions.c.pool_id) == sa.bindparam("its_pool"),
)


def standing(c: sa.Connection, table: sa.Table, column: sa.ColumnElement[Any], ids: Sequence[int]) -> list[int]:
    found: list[int] = []
    for some in in_parts(sorted(set(ids))):
        query = sa.select(table.c.id).where(column.in_(some), table.c.state == State.ACCEPTED.value)
        found += c.execute(query.order_by(table.c.id)).scalars()
    return found


def begin(
    c: sa.Connection,
    pool_id: int,
    kind: Decided,
    reason: str,
    actor: str,
    told: Mapping[str, Any],
    undoes: int | None = None,
) -> Event:
    newest = c.execute(sa.select(sa.func.max(ratings.c.id))).scalar() or 0
    evidence = {**told, "after_rating": newest}
    row = {"pool_id": pool_id, "kind": kind.value, "rule": reason, "evidence": evidence, "actor": actor}
    stored = decisions.insert().values(**row, undoes=undoes, at=time.time()).returning(decisions)
    return as_event(c, c.execute(stored).one())


def decide(
    c: sa.Connection, event: Event, column: str, ids: Sequence[int], undoes: Mapping[int, int] | None = None
) -> None:
    if not ids:
        return
    pool_id = sa.select(decisions.c.pool_id).where(decisions.c.id == event.id)
    shared = {
        "pool_id": c.execute(pool_id).scalar_one(),
        "kind": event.kind.value,
        "rule": event.reason,
        "evidence": {},
        "actor": event.actor,
        "event_id": event.id,
        "at": event.at,
    }
    known = undoes or {}
    its_task = _task_of(c, ids) if column == "instance_id" else {}
    c.execute(
        decisions.insert(),
        [
            {**shared, "task_id": its_task.get(one), "instance_id": None, column: one, "undoes": known.get(one)}
            for one in ids
        ],
    )


def _task_of(c: sa.Connection, ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for some in in_parts(ids):
        query = sa.select(instances.c.id, instances.c.task_id).where(instances.c.id.in_(some))
        found.update(c.execute(query).tuples().all())
    return found


def restore(c: sa.Connection, pool_id: int, instance_ids: Sequence[int], task_ids: Sequence[int]) -> None:
    accepted = State.ACCEPTED.value
    touched = list(instance_ids)
    for some in in_parts(task_ids):
        c.execute(tasks.update().where(tasks.c.id.in_(some)).values(state=accepted, rule=None))
        went_along = (instances.c.task_id.in_(some)) & (instances.c.rule == WITH_TASK)
        back = instances.update().where(went_along).values(state=accepted, rule=None)
        touched += c.execute(back.returning(instances.c.id)).scalars()
    of_task = sa.select(tasks.c.state).where(tasks.c.id == instances.c.task_id).scalar_subquery()
    for some in in_parts(instance_ids):  # a task that was taken out since keeps its instances out
        rule = sa.case((of_task == accepted, sa.null()), else_=WITH_TASK)
        c.execute(instances.update().where(instances.c.id.in_(some)).values(state=of_task, rule=rule))
    tasks_of.moved(c, pool_id, touched)


def _withdraw(c: sa.Connection, back: Event, made: Sequence[int]) -> None:
    """Take out what an act had made of the instances that it took out."""
    for some in in_parts(made):
        c.execute(instances.update().where(instances.c.id.in_(some)).values(state=State.REJECTED.value, rule="undone"))
    decide(c, back, "instance_id", made)
    queue_items.resettle_many(c, made)


def flagged_here(c: sa.Connection, name: str, ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for some in in_parts(list(ids)):
        query = sa.select(flagged.c.instance_id).where(flagged.c.flag == name, flagged.c.reviewer == "")
        found |= set(c.execute(query.where(flagged.c.instance_id.in_(some))).scalars())
    return found


def set_flag(c: sa.Connection, pool_id: int, ids: Sequence[int], name: str, raised: bool) -> None:
    if raised and ids:
        rows = [{"instance_id": one, "flag": name, "reviewer": "", "pool_id": pool_id} for one in ids]
        c.execute(upsert(c, flagged).on_conflict_do_nothing(), rows)
    elif ids:
        for some in in_parts(ids):
            here = (flagged.c.flag == name) & (flagged.c.reviewer == "") & flagged.c.instance_id.in_(some)
            c.execute(flagged.delete().where(here))


def raised_by_history(c: sa.Connection, name: str, ids: Sequence[int]) -> set[int]:
    """On which of these instances the last act that set or took off a flag, and was not undone, has set it."""
    kinds = (Decided.FLAG.value, Decided.UNFLAG.value)
    query = (
        sa.select(decisions.c.instance_id, decisions.c.kind)
        .where(decisions.c.kind.in_(kinds), decisions.c.rule == name, by_no_index(decisions.c.undoes).is_(None))
        .where(~sa.exists().where(_later.c.undoes == decisions.c.id))
        .order_by(decisions.c.id)
    )
    last: dict[int, str] = {}
    for some in in_parts(ids):
        last.update(c.execute(query.where(decisions.c.instance_id.in_(some))).tuples().all())
    return {instance_id for instance_id, kind in last.items() if kind == Decided.FLAG.value}


def as_event(c: sa.Connection, row: sa.Row[Any]) -> Event:
    told = dict(row.evidence)
    its, after_rating = long_acts.came_to(c, row.id, told), told.pop("after_rating", None)
    told.pop("n", None)
    undone, ended = bool(getattr(row, "is_undone", False)), its.ended
    if undone and (back := taken_back_by(c, row.id)) is not None:
        ended = long_acts.came_to(c, back.id, back.evidence).ended
    return Event(row.id, Decided(row.kind), row.rule or "", row.actor, its.n, told, row.at, undone, after_rating, ended)
