"""A pool's queues: made, filled, put away; what is in them, and how far everybody is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.actor import acting
from core.database import Database
from core.pool import filters
from core.pool.filters import Filter
from core.pool.journal import Noted, note
from core.pool.queue_items import QueueOrder as QueueOrder
from core.records import Refused
from core.review import filling, progress
from core.review.progress import ReviewerProgress
from core.review.rows import queues as rows
from core.review.rows import rating_history
from core.review.rows.queues import Queue as Queue

AN_HOUR = 60.0  # ratings, where nobody has rated anything in a pool yet


@dataclass(frozen=True, slots=True)
class QueueReport:
    """All queues of a pool with counts of this moment, its reviewers in one of them, and how many answers are known.

    `given`: by queue id, the ratings that its items have, those beyond what it wants left out.
    """

    queues: tuple[Queue, ...]
    reviewers: tuple[ReviewerProgress, ...]
    known_answers: int
    given: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Workload:
    """What a queue would ask of its reviewers: `ratings` of `items`, about `extra` hidden repeats beside them.

    `per_hour`: the middle pace of the pool's reviewers; `is_guess` where nobody has rated in it yet.
    """

    items: int
    wanted: int
    extra: int
    per_hour: float
    is_guess: bool

    @property
    def ratings(self) -> int:
        return self.items * self.wanted

    @property
    def seconds(self) -> float:
        """What one reviewer would take alone."""
        return (self.ratings + self.extra) / self.per_hour * 3600.0


@dataclass(frozen=True, slots=True)
class Onward:
    """Where a reviewer who is through with a queue goes on.

    `skipped`: items that wait and that they passed on, `first_skipped` the first of them; `elsewhere`: items that wait
    for other people's ratings; `held`: items that others have before them now, or had in the last ten minutes;
    `differences` they may look at; `queues` with something left for them, and how much.
    """

    skipped: int
    first_skipped: int | None
    elsewhere: int
    held: int
    differences: int
    queues: tuple[tuple[Queue, int], ...]


def make(
    database: Database,
    pool_id: int,
    name: str,
    wanted_items: Filter | None = None,
    *,
    order: QueueOrder = QueueOrder.OLDEST,
    seed: int = 0,
    wanted: int = 1,
    overlap: bool = False,
    repeat_share: float = 0.0,
    gold_share: float = 0.0,
    actor: str = "",
) -> Queue:
    """Save a queue, fill it with what fits now, and return it.

    Refused where its name is taken, a number is out of bounds, or gold items are wanted and no answer is known.
    """
    with database.write() as c:
        if gold_share and not rating_history.answers_known(c, pool_id):
            raise Refused(
                "No text of this pool has a known answer yet; give some at the desk under More, or take no gold items."
            )
        queue_id = rows.create(
            c,
            pool_id,
            name,
            wanted_items,
            order=order,
            seed=seed,
            wanted=wanted,
            overlap=overlap,
            repeat_share=repeat_share,
            gold_share=gold_share,
            actor=actor or acting(),
            fill=False,
        )
    filling.fill(database, queue_id)
    with database.read() as c:
        return rows.get(c, queue_id)


def over_tasks(database: Database, pool_id: int, name: str, task_ids: Iterable[int], actor: str = "") -> int:
    """A queue over exactly these tasks, for "review these 23"; the same name and tasks give the same queue.

    The pool's first queue stays everything unrated: a reviewer who is through with these finds the rest there.
    """
    names(database, pool_id, actor)
    with database.write() as c:
        return rows.of_tasks(c, pool_id, name, task_ids, actor or acting())


def over_filter(database: Database, pool_id: int, name: str, wanted_items: Filter, actor: str = "") -> int:
    """The queue of that name, made over a filter where there is none yet; the pool's first one stays everything."""
    names(database, pool_id, actor)
    with database.write() as c:
        there = next((queue.id for queue in rows.of_pool(c, pool_id) if queue.name == name), None)
        if there is None:
            there = rows.create(c, pool_id, name, wanted_items, actor=actor or acting(), fill=False)
    filling.fill(database, there)
    return there


def names(database: Database, pool_id: int, actor: str = "") -> dict[int, str]:
    """A pool's queues by id, oldest first; the first one, everything unrated, is made where there is none."""
    with database.read() as c:
        there = rows.of_pool(c, pool_id)
    if not there:
        with database.write() as c:
            made = rows.default(c, pool_id, actor or acting(), fill=False)
        filling.begin(database, made)
        with database.read() as c:
            there = rows.of_pool(c, pool_id)
    return {queue.id: queue.name for queue in there}


def report(database: Database, pool_id: int, queue_id: int | None = None) -> QueueReport:
    """How far a pool's queues and reviewers are; what arrived or came back since is taken in first."""
    with database.read() as c:
        its = [queue.id for queue in rows.of_pool(c, pool_id)]
    for one in its:
        filling.catch_up(database, one)
    with database.read() as c:
        people = progress.of_reviewers(c, pool_id, queue_id)
        every, known = tuple(rows.of_pool(c, pool_id)), rating_history.answers_known(c, pool_id)
        return QueueReport(every, tuple(people), known, rows.given(c, pool_id))


def workload(database: Database, pool_id: int, wanted_items: Filter, wanted: int = 1, repeats: float = 0.0) -> Workload:
    """What a queue over a filter would ask, with that share of hidden repeats among all that is handed out."""
    with database.read() as c:
        n = filters.count(c, pool_id, wanted_items)
        people = rating_history.reviewers(c, pool_id)
        paces = [progress.pace(rating_history.times(c, pool_id, reviewer)) for reviewer in people]
    known = sorted(pace for pace in paces if pace)
    extra = round(n * wanted * repeats / (1 - repeats))
    return Workload(n, wanted, extra, known[len(known) // 2] if known else AN_HOUR, not known)


def onward(database: Database, queue_id: int, reviewer: str) -> Onward:
    """Where to go on from a queue in which nothing is left."""
    with database.read() as c:
        queue = rows.get(c, queue_id)
        skipped = rating_history.skipped_in_queue(c, queue_id, reviewer)
        others = [one for one in rows.of_pool(c, queue.pool_id) if one.id != queue_id and one.waiting]
        left = [(one, progress.left_for(c, one, reviewer)) for one in others]
        differ = len(rating_history.differing(c, queue.pool_id, reviewer, limit=1000))
        answered = rating_history.answered_but_waiting(c, queue_id, reviewer)
        elsewhere, held = max(0, answered - len(skipped)), progress.left(queue, answered)
        first = skipped[0] if skipped else None
        return Onward(len(skipped), first, elsewhere, held, differ, tuple((one, n) for one, n in left if n))


def refresh(database: Database, queue_id: int) -> int:
    """Take in what fits by now; return how many items are new to the queue."""
    return filling.refresh(database, queue_id)


def archive(database: Database, queue_id: int) -> None:
    """Put a queue away; the ratings given in it stay."""
    with database.write() as c:
        queue = rows.get(c, queue_id)
        rows.archive(c, queue_id)
        note(c, queue.pool_id, Noted.CLOSED, queue_id, queue.name)


def open_flags(database: Database, pool_id: int) -> Sequence[str]:
    """The flags that are raised somewhere in a pool, the most frequent first."""
    with database.read() as c:
        return list(filters.flags(c, pool_id))
