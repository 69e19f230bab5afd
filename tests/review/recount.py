"""Everything that is derived of a pool, counted again from its history in the plainest way, and compared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from core.database import Database
from core.database.schema import (
    decisions,
    discard_counts,
    edits,
    flagged,
    instance_counts,
    instances,
    queue_items,
    queues,
    ratings,
    standings,
    task_counts,
    tasks,
)
from core.pool import filters, judging, pools, tallies
from core.pool.filters import Filter
from core.pool.judgement import AGAIN, DESK_ROUNDS, GOLD
from core.pool.queue_items import FRONT, place, uncertainty
from core.pools.funnel import funnel
from core.records import Grade, text_hash
from core.release.selection import select
from core.review import differences
from core.review import queues as queue_acts
from core.review.rows import rating_history
from tests.release.release_pools import plainly_admitted, random_rule
from tests.review import recount_charts

Row = Any


class Recount:
    """One pool at one moment, read whole."""

    def __init__(self, c: sa.Connection, pool_id: int) -> None:
        self.pool_id = pool_id
        self.tasks = {row.id: row for row in c.execute(_of(tasks, pool_id))}
        self.instances = {row.id: row for row in c.execute(_of(instances, pool_id)) if not row.is_seed}
        self.ratings = list(c.execute(_of(ratings, pool_id)))
        self.decisions = list(c.execute(_of(decisions, pool_id)))
        self.edits = list(c.execute(_of(edits, pool_id)))
        self.undone = {row.undoes for row in self.decisions if row.undoes is not None}

    def stands(self) -> dict[tuple[int, str, str], Row]:
        """What stands of each reviewer in each round of each instance."""
        taken_back = {row.undoes for row in self.ratings if row.kind == "undo"}
        found: dict[tuple[int, str, str], Row] = {}
        for row in self.ratings:
            if row.kind == "undo" or row.id in taken_back:
                continue
            key = (row.instance_id, row.reviewer, row.round)
            if key not in found or not row.from_file or row.at > found[key].at:
                found[key] = row
        return found

    def heard(self) -> dict[int, tuple[list[Row], list[Row]]]:
        """The current ratings of each instance at the open desk, and its last words, each in order."""
        found: dict[int, tuple[list[Row], list[Row]]] = {one: ([], []) for one in self.instances}
        for (instance_id, _, round), row in sorted(self.stands().items(), key=lambda pair: pair[1].id):
            now = instance_id in found and row.text_hash == self.instances[instance_id].text_hash
            if now and row.kind == "rate" and round in ("", "final"):
                found[instance_id][round == "final"].append(row)
        return found

    def accepted(self) -> set[int]:
        """Which instances are in the pool, by the decisions alone."""
        out_tasks, out = set[int](), set[int]()
        for row in self.decisions:
            if row.kind in ("discard", "rescue"):
                its = out_tasks if row.instance_id is None else out
                key = row.task_id if row.instance_id is None else row.instance_id
                (its.add if row.kind == "discard" else its.discard)(key)
        events = {row.id: row for row in self.decisions if row.task_id is None and row.instance_id is None}
        for row in self.decisions:
            event = events.get(row.event_id)
            if event is None or event.kind != "reject" or event.id in self.undone:
                continue
            (out_tasks if row.instance_id is None else out).add(
                row.task_id if row.instance_id is None else row.instance_id
            )
        for event in events.values():
            if event.id in self.undone:
                out |= set(event.evidence.get("made", ()))
        return {one for one, row in self.instances.items() if one not in out and row.task_id not in out_tasks}

    def families(self) -> Iterable[tuple[int, list[int]]]:
        """Each instance that was split, with its parts."""
        for row in self.decisions:
            if row.kind == "reject" and row.task_id is None and row.evidence.get("made"):
                yield row.evidence["instance"], row.evidence["made"]

    def flags(self) -> set[tuple[int, str, str]]:
        """(instance, flag, reviewer or "") as they are up."""
        up = {
            (one, flag, row.reviewer)
            for one, (open_desk, _) in self.heard().items()
            for row in open_desk
            for flag in row.flags
        }
        last: dict[tuple[int, str], str] = {}
        for row in self.decisions:
            if row.kind in ("flag", "unflag") and row.instance_id and row.undoes is None and row.id not in self.undone:
                last[row.instance_id, row.rule] = row.kind
        return up | {(one, name, "") for (one, name), kind in last.items() if kind == "flag"}


def check(database: Database, pool_id: int, draw: Any, whole: bool = False) -> list[str]:
    """What differs between the store and its history; empty where nothing does. `whole`: the slow ones too."""
    found: list[str] = []

    def same(what: str, stored: object, counted: object) -> None:
        if stored != counted:
            found.append(f"{what}: stored {stored!r}, counted {counted!r}")

    report = queue_acts.report(database, pool_id)
    with database.read() as c:
        its = Recount(c, pool_id)
        accepted, heard = its.accepted(), its.heard()
        same("accepted", {one for one, row in its.instances.items() if row.state == "accepted"}, accepted)
        for one, row in its.instances.items():
            open_desk, words = heard[one]
            last = (words or open_desk)[-1] if open_desk else None
            derived = (len(open_desk), last.grade if last else None, last.valid if last else None)
            same(f"rated, grade, valid of {one}", (row.rated, row.grade, row.valid), derived)
            same(f"hash of {one}", row.text_hash, text_hash(its.tasks[row.task_id].instruction, row.input, row.output))
        _texts(its, same)
        stored = {(s.instance_id, s.reviewer, s.round): s.rating_id for s in c.execute(_of(standings, pool_id))}
        same("standings", stored, {key: row.id for key, row in its.stands().items()})
        raised = {(f.instance_id, f.flag, f.reviewer) for f in c.execute(_of(flagged, pool_id))}
        same("flags", raised, its.flags())
        for whole_one, parts in its.families():
            same(f"{whole_one} beside its parts", whole_one in accepted and bool(accepted & set(parts)), False)
        _last_words(c, its, same)
        _queues(c, its, accepted, heard, same)
        for queue in report.queues:
            fits = {row.id for row in filters.matching(c, pool_id, queue.filter)}
            held = set(
                c.execute(sa.select(queue_items.c.instance_id).where(queue_items.c.queue_id == queue.id)).scalars()
            )
            same(f"missing from queue {queue.id}", fits - held, set())
        _differences(c, its, accepted, heard, same)
        _compared(c, pool_id, same)
        _counts(c, database, its, accepted, heard, same)
        if whole:
            pool = pools.by_id(c, pool_id)
            for _ in range(3):
                rule = random_rule(draw)
                same(f"release by {rule}", select(c, pool_id, rule).admitted.tolist(), plainly_admitted(c, pool, rule))
    if whole:
        recount_charts.check(database, its, accepted, heard, same)
    return found


def _texts(its: Recount, same: Any) -> None:
    """Each change begins where the one before it ended, and the last one ends in what is there."""
    now: dict[tuple[int, int | None, str], Any] = {}
    for row in its.edits:
        key = (row.task_id, row.instance_id, row.field)
        if key in now:
            same(f"edit {row.id} begins", row.before, now[key])
        now[key] = row.after
    for (task_id, instance_id, field), after in now.items():
        there = its.tasks[task_id] if instance_id is None else its.instances.get(instance_id)
        if there is not None:
            same(f"{field} of {task_id}/{instance_id}", getattr(there, field), after)


def _last_words(c: sa.Connection, its: Recount, same: Any) -> None:
    """What undo would take back and redo give again, read from each reviewer's history in order."""
    taken_back = {row.undoes for row in its.ratings if row.kind == "undo"}
    for reviewer in {row.reviewer for row in its.ratings}:
        mine = [row for row in its.ratings if row.reviewer == reviewer and row.round in DESK_ROUNDS]
        mine = [row for row in mine if not row.from_file]
        stand = [row.id for row in mine if row.kind != "undo" and row.id not in taken_back]
        undone = (mine[-1].id, mine[-1].undoes) if mine and mine[-1].kind == "undo" else None
        latest, redo = judging.last_words(c, its.pool_id, reviewer, DESK_ROUNDS)
        told = (latest.id if latest else None, (redo[0], redo[1].id) if redo else None)
        same(f"the last words of {reviewer}", told, (stand[-1] if stand else None, undone))


def _queues(c: sa.Connection, its: Recount, accepted: set[int], heard: Any, same: Any) -> None:
    for queue in c.execute(_of(queues, its.pool_id)).all():
        counts: Counter[int] = Counter()
        for item in c.execute(sa.select(queue_items).where(queue_items.c.queue_id == queue.id)):
            one, row = item.instance_id, its.instances[item.instance_id]
            open_desk = heard[one][0]
            rated = len(open_desk)
            state = 2 if one not in accepted else 1 if rated >= queue.wanted else 0
            counts[state] += 1
            grades = [Grade(each.grade) if each.grade else None for each in open_desk]
            doubt = uncertainty(grades, [each.valid for each in open_desk])
            at = place(queue.ordering, queue.seed, one, row.task_id, row.position, rated, doubt)
            same(f"item {one} in queue {queue.id}", (item.state, item.rated), (state, rated))
            same(f"place of {one} in queue {queue.id}", item.place in (at, at - FRONT), True)
        same(f"counts of queue {queue.id}", (queue.waiting, queue.done), (counts[0], counts[1]))


def _differences(c: sa.Connection, its: Recount, accepted: set[int], heard: Any, same: Any) -> None:
    waits, done = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for row in c.execute(
        sa.select(queue_items, queues.c.wanted)
        .join(queues, queues.c.id == queue_items.c.queue_id)
        .where(queues.c.pool_id == its.pool_id, queues.c.archived_at.is_(None))
    ):
        if row.state < 2:
            (done if row.state else waits)[row.instance_id].append(row.wanted)
    for viewer in ("ann", "lead"):
        seen = []
        for one in sorted(accepted):
            said, words = heard[one]
            if waits[one]:
                said = said[: max(done[one], default=0)]
                if viewer not in {each.reviewer for each in said}:
                    continue
            if not words and (_apart(each.grade for each in said) or _apart(each.valid for each in said)):
                seen.append(one)
        same(f"differences for {viewer}", differences.waiting(c, its.pool_id, viewer, limit=10_000), seen)
    unsettled = {
        one
        for one in accepted
        if not heard[one][1] and (_apart(r.grade for r in heard[one][0]) or _apart(r.valid for r in heard[one][0]))
    }
    fits = {row.id for row in filters.matching(c, its.pool_id, Filter(disagreement=True))}
    same("reviewers differ", fits, unsettled)


def _compared(c: sa.Connection, pool_id: int, same: Any) -> None:
    """What people agree on, with others, with known answers and with themselves, from all ratings of all texts."""
    every = rating_history.of_pool(c, pool_id)
    raters = Counter((one.instance_id, one.text_hash) for one in every)
    shared = [one for one in every if raters[(one.instance_id, one.text_hash)] > 1]
    same("ratings of texts that several rated", rating_history.shared(c, pool_id), shared)
    known = {(one.instance_id, one.text_hash): one for one in rating_history.of_pool(c, pool_id, (GOLD,))}
    on_gold = [one for one in every if (one.instance_id, one.text_hash) in known]
    gold = [known[(one.instance_id, one.text_hash)] for one in on_gold]
    same("answers to known ones", rating_history.against_gold(c, pool_id), (gold, on_gold))
    first = {(one.instance_id, one.text_hash, one.reviewer): one for one in every}
    again = [
        (first[key], one)
        for one in rating_history.of_pool(c, pool_id, (AGAIN,))
        if (key := (one.instance_id, one.text_hash, one.reviewer)) in first
    ]
    same("repeats", rating_history.repeats(c, pool_id), ([one for one, _ in again], [two for _, two in again]))


def _counts(c: sa.Connection, database: Database, its: Recount, accepted: set[int], heard: Any, same: Any) -> None:
    rated = [one for one in accepted if heard[one][0]]
    counts = tallies.review_counts(c, its.pool_id)
    grades = Counter((heard[one][1] or heard[one][0])[-1].grade for one in rated)
    approved = sum((heard[one][1] or heard[one][0])[-1].valid is True for one in rated)
    same(
        "instances, reviewed, approved",
        (counts.instances, counts.reviewed, counts.approved),
        (len(accepted), len(rated), approved),
    )
    kept_counts(c, its.pool_id, same)
    recount_charts.said_by_now(c, its.pool_id, same)
    same("grades", dict(counts.grades), {grade: n for grade, n in grades.items() if grade})
    found = funnel(database, its.pool_id)
    same(
        "the overview's counts",
        (found.instances, found.reviewed, found.approved),
        (len(accepted), len(rated), approved),
    )


def kept_counts(c: sa.Connection, pool_id: int, same: Any) -> None:
    """What the database counts by itself, row by row, against the rows that it counts."""
    of_tasks = Counter((row.origin, row.state, row.rule or "") for row in c.execute(_of(tasks, pool_id)))
    of_instances = Counter(
        (
            row.is_seed,
            row.state,
            row.rule or "",
            row.rated,
            row.grade or "",
            -1 if row.valid is None else int(row.valid),
        )
        for row in c.execute(_of(instances, pool_id))
    )
    of_discards = Counter(
        (row.instance_id is not None, row.rule or "")
        for row in c.execute(_of(decisions, pool_id))
        if row.kind == "discard" and row.undoes is None
    )
    for table, counted in (
        (task_counts, of_tasks),
        (instance_counts, of_instances),
        (discard_counts, of_discards),
    ):
        kept = {tuple(row)[1:-1]: row.n for row in c.execute(_of(table, pool_id)) if row.n}
        same(table.name, kept, dict(counted))


def _apart(values: Iterable[Any]) -> bool:
    return len(set(values) - {None}) > 1


def _of(table: sa.Table, pool_id: int) -> sa.Select[Any]:
    query = sa.select(table).where(table.c.pool_id == pool_id)
    return query.order_by(table.c.id) if "id" in table.c else query
