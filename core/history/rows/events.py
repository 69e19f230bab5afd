"""The newest acts of a pool from each table that knows of some, read by key; each table's own index serves it.

Every source gives rows (key, at, who, kind, detail, task_id, instance_id, n, undone) with `at` falling; what filters
did by themselves is the ledger's to tell and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.database.schema import (
    audits,
    decisions,
    edits,
    imports,
    instances,
    journal,
    queues,
    ratings,
    releases,
    runs,
    tasks,
)
from core.history.happened import Happened, Kind, Place, Wanted
from core.history.rows.paging import about, is_about_one, key, page
from core.pool import long_acts, members
from core.pool.journal import OF_A_ROW, Noted
from core.pool.judgement import FINAL, GOLD, OPEN_DESK
from core.pool.open_answers import may_be_seen
from core.records import Decided, Origin
from core.words import number_of

_DECIDED: Mapping[str, Kind] = {
    Decided.DISCARD.value: Kind.PUT_BACK,  # a person's: the filters' own are left out
    Decided.RESCUE.value: Kind.RESCUED,
    Decided.REJECT.value: Kind.REJECTED,
    Decided.RESTORE.value: Kind.RESTORED,
    Decided.SWITCH_OFF.value: Kind.SWITCHED,
    Decided.SWITCH_ON.value: Kind.SWITCHED,
    Decided.PROMOTE.value: Kind.PROMOTED,
    Decided.FLAG.value: Kind.FLAGGED,
    Decided.UNFLAG.value: Kind.FLAGGED,
    Decided.EDIT.value: Kind.EDITED,
    Decided.REVERT.value: Kind.UNDID,
}
_JOURNAL: Mapping[Noted, Kind] = {
    Noted.STARTED: Kind.RAN,
    Noted.RESUMED: Kind.RAN,
    Noted.PAUSED: Kind.RAN,
    Noted.STOPPED: Kind.RAN,
    Noted.IMPORTED: Kind.IMPORTED,
    Noted.TOOK_RATINGS: Kind.IMPORTED,
    Noted.MADE: Kind.POOL,
    Noted.RENAMED: Kind.POOL,
    Noted.ARCHIVED: Kind.POOL,
    Noted.BROUGHT_BACK: Kind.POOL,
    Noted.SET: Kind.SET,
    Noted.CHOSE_MODEL: Kind.SET,
    Noted.SET_PRICES: Kind.SET,
    Noted.SEEDED: Kind.SEEDED,
    Noted.CLOSED: Kind.CLOSED,
    Noted.LEFT_OUT: Kind.CORPUS,
    Noted.LET_WAIT: Kind.CORPUS,
    Noted.TUNED: Kind.TUNED,
    Noted.STOPPED_TUNING: Kind.TUNED,
    Noted.BACKED_UP: Kind.BACKUP,
    Noted.RESTORED: Kind.BACKUP,
}
_ABOUT = {
    **dict.fromkeys((Noted.RESUMED, Noted.PAUSED, Noted.STOPPED), "run"),
    **dict.fromkeys((Noted.TUNED, Noted.STOPPED_TUNING), "job"),
    Noted.CLOSED: "queue",
}
_CAN_UNDO = {Decided.REJECT, Decided.FLAG, Decided.UNFLAG, Decided.EDIT, Decided.RESCUE}
_NOBODY: sa.ColumnElement[str] = sa.literal_column("''")  # written out, so that the partial index below it can be used


def newest(
    c: sa.Connection, pool_id: int, wanted: Wanted, before: Place | None, limit: int, viewer: str
) -> list[Happened]:
    """The first acts before a place, newest first, as the viewer may see them; `text` is still empty."""
    found = list(_rated(c, pool_id, wanted, before, limit, viewer))
    for source in _SOURCES:
        found += source(c, pool_id, wanted, before, limit)
    found.sort(key=lambda one: (one.at, one.key), reverse=True)
    return found[:limit]


def texts(c: sa.Connection, task_ids: Sequence[int]) -> dict[int, str]:
    """The beginnings of these tasks' instructions."""
    query = sa.select(tasks.c.id, sa.func.substr(tasks.c.instruction, 1, 160)).where(tasks.c.id.in_(set(task_ids)))
    return {number: str(text) for number, text in c.execute(query).tuples()}


def people(c: sa.Connection, pool_id: int) -> list[str]:
    """Everybody who did something in a pool, in order of name."""
    found: set[str] = set()
    for table, name in (
        (ratings, ratings.c.reviewer),
        (decisions, decisions.c.actor),
        (journal, journal.c.actor),
        *((table, table.c.actor) for table in (edits, releases, audits, queues)),
    ):
        last = ""
        # From one name to the next by the index: as many steps as there are people, whatever they did.
        while (following := _next_name(c, table, name, pool_id, last)) is not None:
            found.add(following)
            last = following
    return sorted(found)


def one_decision(c: sa.Connection, decision_id: int) -> sa.Row[Any] | None:
    """A decision by its id."""
    return c.execute(sa.select(decisions).where(decisions.c.id == decision_id)).first()


def ratings_of(c: sa.Connection, instance_ids: Sequence[int]) -> int:
    """How many ratings were given to these instances, of whatever text."""
    query = sa.select(sa.func.count()).select_from(ratings)
    return int(c.execute(query.where(ratings.c.instance_id.in_(instance_ids), ratings.c.kind == "rate")).scalar_one())


def _next_name(c: sa.Connection, table: sa.Table, name: sa.ColumnElement[str], pool_id: int, last: str) -> str | None:
    query = sa.select(sa.func.min(name)).where(table.c.pool_id == pool_id, name > last)
    return c.execute(query).scalar()


def _rated(
    c: sa.Connection, pool_id: int, wanted: Wanted, before: Place | None, limit: int, viewer: str
) -> Iterator[Happened]:
    kinds = {Kind.RATED: "rate", Kind.SKIPPED: "skip", Kind.UNDID: "undo", Kind.SETTLED: "rate", Kind.KNOWN: "rate"}
    if wanted.kind is not None and wanted.kind not in kinds:
        return
    taken_back = ratings.alias("taken_back")
    undone = sa.exists().where(taken_back.c.undoes == ratings.c.id).label("undone")
    may_see = (ratings.c.reviewer == viewer) | (ratings.c.round.in_([OPEN_DESK, FINAL]) & may_be_seen(viewer))
    query = (
        sa.select(ratings.c.id, ratings.c.at, ratings.c.reviewer, ratings.c.kind, ratings.c.round,
                  ratings.c.instance_id, instances.c.task_id, undone, may_see.label("may_see"), ratings.c.grade,
                  ratings.c.valid)
        .join(instances, instances.c.id == ratings.c.instance_id)
        .where(ratings.c.pool_id == pool_id)
    )  # fmt: skip
    if wanted.kind is not None:
        query = query.where(ratings.c.kind == kinds[wanted.kind])
        words = {Kind.SETTLED: FINAL, Kind.KNOWN: GOLD}
        if wanted.kind in words:
            query = query.where(ratings.c.round == words[wanted.kind])
        elif wanted.kind is Kind.RATED:
            query = query.where(ratings.c.round.not_in([FINAL, GOLD]))
    query = about(query, wanted, instances.c.task_id, ratings.c.instance_id)
    if wanted.task_id is not None:  # by the instances' index, not through all of the pool's ratings
        query = query.where(
            ratings.c.instance_id.in_(sa.select(instances.c.id).where(instances.c.task_id == wanted.task_id))
        )
    for row in page(c, query, "r", ratings.c.at, ratings.c.id, ratings.c.reviewer, wanted, before, limit):
        kind = {"skip": Kind.SKIPPED, "undo": Kind.UNDID}.get(row.kind, Kind.RATED)
        if kind is Kind.RATED:
            kind = {FINAL: Kind.SETTLED, GOLD: Kind.KNOWN}.get(row.round, kind)
        detail = f"in {row.round.replace(':', ' ')}" if row.round not in ("", FINAL, GOLD) else ""  # "in audit 2"
        yield Happened(
            key("r", row.id), row.at, row.reviewer, kind, detail, row.task_id, row.instance_id, 1, "",
            bool(row.undone), False, _said(row) if row.may_see else "",
        )  # fmt: skip


def _said(row: sa.Row[Any]) -> str:
    if row.grade or row.valid is None:
        return str(row.grade or "")
    return "valid" if row.valid else "not valid"


def _decided(c: sa.Connection, pool_id: int, wanted: Wanted, before: Place | None, limit: int) -> Iterator[Happened]:
    kinds = [name for name, kind in _DECIDED.items() if wanted.kind in (None, kind)]
    if not kinds:
        return
    taken_back = decisions.alias("taken_back")
    undone = sa.exists().where(taken_back.c.undoes == decisions.c.id).label("undone")
    query = sa.select(decisions, undone).where(decisions.c.pool_id == pool_id, decisions.c.actor != _NOBODY)
    # Of an act on many its event alone, except where one item's own history is asked for.
    query = query if is_about_one(wanted) else query.where(decisions.c.event_id.is_(None))
    if wanted.kind is not None:
        query = query.where(decisions.c.kind.in_(kinds))
    if wanted.task_id is not None:
        own = sa.select(instances.c.id).where(instances.c.task_id == wanted.task_id)
        query = query.where(sa.or_(decisions.c.task_id == wanted.task_id, decisions.c.instance_id.in_(own)))
    if wanted.instance_id is not None:
        query = query.where(decisions.c.instance_id == wanted.instance_id)
    for row in page(c, query, "d", decisions.c.at, decisions.c.id, decisions.c.actor, wanted, before, limit):
        told = dict(row.evidence or {})
        its_instance = row.instance_id if row.instance_id is not None else told.get("instance")
        kind = _DECIDED[row.kind]
        is_event = row.task_id is None and row.instance_id is None and row.event_id is None
        rule = f"{row.kind}: {row.rule}" if row.rule else row.kind
        can = Decided(row.kind) in _CAN_UNDO and row.undoes is None and not row.undone
        can = can and (is_event or row.kind == Decided.RESCUE.value)
        n = long_acts.came_to(c, row.id, told).n or 1
        yield Happened(
            key("d", row.id), row.at, row.actor, kind, rule, row.task_id, its_instance, n, "",
            bool(row.undone), can,
        )  # fmt: skip


def _edited(c: sa.Connection, pool_id: int, wanted: Wanted, before: Place | None, limit: int) -> Iterator[Happened]:
    """Changes of seeds; those of other tasks are events among the decisions."""
    if wanted.kind not in (None, Kind.EDITED):
        return
    query: sa.Select[Any] = sa.select(
        edits.c.id, edits.c.at, edits.c.actor, edits.c.field, edits.c.task_id, edits.c.instance_id
    )
    query = query.join(tasks, tasks.c.id == edits.c.task_id)
    query = query.where(edits.c.pool_id == pool_id, tasks.c.pool_id == pool_id, tasks.c.origin == Origin.SEED.value)
    query = about(query, wanted, edits.c.task_id, edits.c.instance_id)
    for row in page(c, query, "e", edits.c.at, edits.c.id, edits.c.actor, wanted, before, limit):
        yield Happened(
            key("e", row.id), row.at, row.actor, Kind.EDITED, f"the {row.field} of a seed", row.task_id,
            row.instance_id, 1, "", False, False,
        )  # fmt: skip


def _released(c: sa.Connection, pool_id: int, wanted: Wanted, before: Place | None, limit: int) -> Iterator[Happened]:
    """A pool's releases; of one item those that held it, and whether with the text that it has now."""
    if not is_about_one(wanted):
        yield from _every_release(c, pool_id, wanted, before, limit)
        return
    if wanted.kind not in (None, Kind.RELEASED):
        return
    query = sa.select(releases).where(
        releases.c.pool_id == pool_id, members.held_one(wanted.instance_id, wanted.task_id)
    )
    told = {one.release_id: one for one in members.of_instance(c, wanted.instance_id or 0)}
    for row in page(c, query, "l", releases.c.created_at, releases.c.id, releases.c.actor, wanted, before, limit):
        its = told.get(row.id)
        detail = f"in {members.called(row.id, row.name)}" + (
            ", with another text than now" if its and not its.as_it_is else ""
        )
        yield Happened(
            key("l", row.id), row.created_at, row.actor, Kind.RELEASED, detail, wanted.task_id, wanted.instance_id, 1,
            "", False, False,
        )  # fmt: skip


def _of(
    table: sa.Table, letter: str, kind: Kind, told: Callable[[sa.Row[Any]], tuple[str, int]], actor: str | Noted
) -> Callable[[sa.Connection, int, Wanted, Place | None, int], Iterator[Happened]]:
    """A source of acts on the pool as a whole: a row is one act. `actor`: its column, or what the journal calls it."""

    def source(c: sa.Connection, pool_id: int, wanted: Wanted, before: Place | None, limit: int) -> Iterator[Happened]:
        if wanted.kind not in (None, kind) or is_about_one(wanted):
            return
        query = sa.select(table)
        who: sa.ColumnElement[str] = table.c.actor if isinstance(actor, str) and actor in table.c else _NOBODY
        if isinstance(actor, Noted):
            noted = journal.alias("noted")
            same = (noted.c.kind == actor.value) & (noted.c.about == table.c.id)
            query, who = query.join(noted, same, isouter=True), sa.func.coalesce(noted.c.actor, _NOBODY)
        query = query.add_columns(who.label("by_whom")).where(table.c.pool_id == pool_id)
        if "whole" in table.c:
            query = query.where(table.c.whole)
        for row in page(c, query, letter, table.c.created_at, table.c.id, who, wanted, before, limit):
            detail, n = told(row)
            yield Happened(
                key(letter, row.id), row.created_at, row.by_whom, kind, detail, None, None, n, "", False, False
            )

    return source


_imported = _of(
    imports, "i", Kind.IMPORTED, lambda row: (row.file_name, int(row.counts.get("tasks") or 0)), Noted.IMPORTED
)
_ran = _of(runs, "n", Kind.RAN, lambda row: (f"run {row.id}, {row.method}: {row.state}", 0), Noted.STARTED)
_every_release = _of(
    releases,
    "l",
    Kind.RELEASED,
    lambda row: (f"{members.called(row.id, row.name)}, {number_of(row.rows, 'row')}", row.rows),
    "actor",
)
_audited = _of(audits, "a", Kind.AUDITED, lambda row: (f"audit {row.id}, {row.name}", 0), "actor")
_queued = _of(queues, "q", Kind.QUEUED, lambda row: (row.name, row.waiting + row.done), "actor")


def _noted(c: sa.Connection, pool_id: int, wanted: Wanted, before: Place | None, limit: int) -> Iterator[Happened]:
    """What the journal alone knows of; what has a row of its own stands there."""
    kinds = [one for one in Noted if one not in OF_A_ROW and wanted.kind in (None, _JOURNAL[one])]
    if not kinds or is_about_one(wanted):
        return
    query = sa.select(journal).where(
        sa.or_(journal.c.pool_id == pool_id, journal.c.pool_id.is_(None)),
        journal.c.kind.in_([one.value for one in kinds]),
    )
    for row in page(c, query, "j", journal.c.at, journal.c.id, journal.c.actor, wanted, before, limit):
        what = Noted(row.kind)
        number = f"{_ABOUT[what]} {row.about}" if row.about is not None and what in _ABOUT else ""
        detail = ": ".join(filter(None, (what.value, ", ".join(filter(None, (number, row.detail))))))
        yield Happened(key("j", row.id), row.at, row.actor, _JOURNAL[what], detail, None, None, 0, "", False, False)


_SOURCES = (_decided, _edited, _ran, _imported, _released, _audited, _queued, _noted)
