"""A pool's queues: made, filled, put away; what is in them, and how far everybody is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.database import Database
from core.pool import filters
from core.pool.filters import Filter
from core.pool.queue_items import Order as Order
from core.records import Refused
from core.review import progress
from core.review.progress import ReviewerProgress
from core.review.rows import queues as rows
from core.review.rows import rating_history
from core.review.rows.queues import Queue as Queue


@dataclass(frozen=True, slots=True)
class QueueReport:
    """All queues of a pool with counts of this moment, its reviewers in one of them, and how many answers are known."""

    queues: tuple[Queue, ...]
    reviewers: tuple[ReviewerProgress, ...]
    known_answers: int


def make(
    database: Database,
    pool_id: int,
    name: str,
    wanted_items: Filter | None = None,
    *,
    order: Order = Order.OLDEST,
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
        options = {"order": order, "seed": seed, "wanted": wanted, "overlap": overlap}
        shares = {"repeat_share": repeat_share, "gold_share": gold_share}
        return rows.get(c, rows.create(c, pool_id, name, wanted_items, **options, **shares, actor=actor))  # type: ignore[arg-type]


def over_tasks(database: Database, pool_id: int, name: str, task_ids: Iterable[int], actor: str = "") -> int:
    """A queue over exactly these tasks, for "review these 23"; the same name and tasks give the same queue."""
    with database.write() as c:
        return rows.of_tasks(c, pool_id, name, task_ids, actor)


def over_filter(database: Database, pool_id: int, name: str, wanted_items: Filter, actor: str = "") -> int:
    """The queue of that name, made over a filter where there is none yet."""
    with database.write() as c:
        there = next((queue.id for queue in rows.of_pool(c, pool_id) if queue.name == name), None)
        return there if there is not None else rows.create(c, pool_id, name, wanted_items, actor=actor)


def names(database: Database, pool_id: int, actor: str = "") -> dict[int, str]:
    """A pool's queues by id, oldest first; the first one, everything unrated, is made where there is none."""
    with database.read() as c:
        there = rows.of_pool(c, pool_id)
    if not there:
        with database.write() as c:
            rows.default(c, pool_id, actor)
            there = rows.of_pool(c, pool_id)
    return {queue.id: queue.name for queue in there}


def report(database: Database, pool_id: int, queue_id: int | None = None) -> QueueReport:
    """How far a pool's queues and reviewers are; what arrived or came back since is taken in first."""
    with database.write() as c:
        for queue in rows.of_pool(c, pool_id):
            rows.take_in_new(c, queue.id)
    with database.read() as c:
        people = progress.of_reviewers(c, pool_id, queue_id)
        return QueueReport(tuple(rows.of_pool(c, pool_id)), tuple(people), rating_history.answers_known(c, pool_id))


def fitting(database: Database, pool_id: int, wanted_items: Filter) -> int:
    """How many instances a filter means now."""
    with database.read() as c:
        return filters.count(c, pool_id, wanted_items)


def refresh(database: Database, queue_id: int) -> int:
    """Take in what fits by now; return how many items are new to the queue."""
    with database.write() as c:
        return rows.refresh(c, queue_id)


def archive(database: Database, queue_id: int) -> None:
    """Put a queue away; the ratings given in it stay."""
    with database.write() as c:
        rows.archive(c, queue_id)


def open_flags(database: Database, pool_id: int) -> Sequence[str]:
    """The flags that are raised somewhere in a pool, the most frequent first."""
    with database.read() as c:
        return list(filters.flags(c, pool_id))
