"""Queues: saved filters with an order and a number of ratings that each item needs, and the item that comes next.

What comes next is decided by the queue alone and is the same after a reload: an item in hand, else now and then a gold
item or a hidden repeat, else the first that waits and that nobody else has before them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.schema import claims as held
from core.database.schema import instances, queues, ratings, standings
from core.database.schema import queue_items as items
from core.pool import claims, filters, fitting, missing, queue_items
from core.pool.filters import Filter
from core.pool.judgement import AGAIN, DESK_ROUNDS, GOLD, OPEN_DESK
from core.pool.queue_items import FRONT, ItemState, QueueOrder
from core.records import Refused, State
from core.words import name_of

DEFAULT_NAME = "Everything unrated"
TABLE = items.name
PART = 3_000  # instances that are considered in one transaction
_NOT_SO_SOON = 10  # a repeat comes at the earliest after so many others
_RECENT = 200


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of a pool. `waiting` items still need ratings, `done` have the `wanted` number of them."""

    id: int
    pool_id: int
    name: str
    filter: Filter
    order: QueueOrder
    seed: int
    wanted: int
    overlap: bool
    repeat_share: float
    gold_share: float
    waiting: int
    done: int

    @property
    def total(self) -> int:
        return self.waiting + self.done


@dataclass(frozen=True, slots=True)
class Served:
    """An instance that is up for a reviewer, and the round that its rating belongs to.

    `text_hash`: of its text, where it is known with it that the reviewer has said nothing of that text yet.
    """

    instance_id: int
    round: str = OPEN_DESK
    text_hash: str | None = None


def create(
    c: sa.Connection,
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
    fill: bool = True,
) -> int:
    """Save a queue and fill it with what fits now, unless the caller does, part by part; return its id."""
    name = name_of(name, 80)
    if not name:
        raise Refused("A queue's name has 1 to 80 characters that can be seen; choose another.")
    if not 1 <= wanted <= 20:
        raise Refused("A queue wants 1 to 20 ratings an item; choose a number between.")
    if not (0 <= repeat_share <= 0.5 and 0 <= gold_share <= 0.5):
        raise Refused("Shares of hidden repeats and of gold items are at most one half each; choose less.")
    taken = sa.select(queues.c.id).where(queues.c.pool_id == pool_id, queues.c.name == name)
    if c.execute(taken.where(queues.c.archived_at.is_(None))).first():
        raise Refused(f'There is a queue "{name}" already; choose another name.')
    filters.try_out(c, pool_id, wanted_items or Filter())  # what fails would fail at every look at the pool's queues
    row = {
        "pool_id": pool_id,
        "name": name,
        "filter": (wanted_items or Filter()).as_saved(),
        "ordering": order.value,
        "seed": seed,
        "wanted": wanted,
        "overlap": overlap,
        "repeat_share": repeat_share,
        "gold_share": gold_share,
        "actor": actor,
        "created_at": time.time(),
    }
    queue_id = int(c.execute(queues.insert().values(**row).returning(queues.c.id)).scalar_one())
    if fill:
        refresh(c, queue_id)
    return queue_id


def of_tasks(c: sa.Connection, pool_id: int, name: str, task_ids: Iterable[int], actor: str = "") -> int:
    """A queue over exactly these tasks, for "review these 23"; the same name and tasks give the same queue."""
    wanted = Filter(task_ids=tuple(dict.fromkeys(int(task_id) for task_id in task_ids)))
    given = " ".join(name.split())[:72] or "Chosen tasks"
    for number in range(1, 1000):
        unique = given if number == 1 else f"{given} ({number})"
        there = c.execute(
            sa.select(queues).where(
                queues.c.pool_id == pool_id, queues.c.name == unique, queues.c.archived_at.is_(None)
            )
        ).first()
        if there is None:
            return create(c, pool_id, unique, wanted, actor=actor)
        if Filter.of(there.filter) == wanted:
            return int(there.id)
    raise Refused("There are a thousand queues of that name; archive some or choose another name.")


def default(c: sa.Connection, pool_id: int, actor: str = "", fill: bool = True) -> int:
    """The pool's first queue: everything, one rating each, oldest first; made where there is none."""
    first = sa.select(queues.c.id).where(queues.c.pool_id == pool_id, queues.c.archived_at.is_(None))
    found = c.execute(first.order_by(queues.c.id).limit(1)).scalar()
    return int(found) if found is not None else create(c, pool_id, DEFAULT_NAME, actor=actor, fill=fill)


def get(c: sa.Connection, queue_id: int) -> Queue:
    row = c.execute(_by_id, {"its_queue": queue_id}).first()
    if row is None:
        raise missing.no_such(c, missing.QUEUE, queue_id)
    return _queue(row)


def of_pool(c: sa.Connection, pool_id: int) -> list[Queue]:
    """A pool's queues, oldest first, without those put away."""
    query = sa.select(queues).where(queues.c.pool_id == pool_id, queues.c.archived_at.is_(None))
    return [_queue(row) for row in c.execute(query.order_by(queues.c.id))]


def given(c: sa.Connection, pool_id: int, queue_id: int | None = None) -> dict[int, int]:
    """By queue (or of one alone), the ratings that its items have, up to as many an item as it wants."""
    counts = sa.case((items.c.rated < queues.c.wanted, items.c.rated), else_=queues.c.wanted)
    query = (
        sa.select(queues.c.id, sa.func.sum(counts))
        .join(items, items.c.queue_id == queues.c.id)
        .where(queues.c.pool_id == pool_id, queues.c.archived_at.is_(None), items.c.state != int(ItemState.GONE))
        .group_by(queues.c.id)
    )
    query = query if queue_id is None else query.where(queues.c.id == queue_id)
    return {its: int(n) for its, n in c.execute(query).tuples()}


def archive(c: sa.Connection, queue_id: int) -> None:
    """Put a queue away; the ratings given in it stay."""
    c.execute(queues.update().where(queues.c.id == queue_id).values(archived_at=time.time()))


def take_in_part(c: sa.Connection, queue_id: int) -> tuple[int, bool]:
    """Consider a part of the instances that the queue has not looked at yet; return how many fit, and if more wait.

    A part is some milliseconds under the write lock, however large the pool.
    """
    row = c.execute(_by_id, {"its_queue": queue_id}).one()
    newest = int(c.execute(_newest).scalar() or 0)
    if newest <= row.synced_id:
        return 0, False
    part = range(row.synced_id + 1, min(row.synced_id + PART, newest) + 1)
    added = fitting.take_in_part(c, row, part)
    c.execute(queues.update().where(queues.c.id == queue_id).values(synced_id=part.stop - 1))
    return added, part.stop <= newest


def take_in(c: sa.Connection, queue_id: int, instance_ids: Sequence[int]) -> int:
    """Add those of these instances that fit and are not in the queue; return how many."""
    row = c.execute(_by_id, {"its_queue": queue_id}).one()
    return queue_items.insert(c, row, fitting.missing(c, row, instance_ids))


def overlooked(c: sa.Connection, queue_id: int) -> list[int]:
    """What fits a queue by now and is not in it: read from the whole pool, so outside the write lock."""
    return [one.id for one in fitting.missing(c, c.execute(_by_id, {"its_queue": queue_id}).one())]


def refresh(c: sa.Connection, queue_id: int) -> int:
    """Take in whatever fits by now and is not in the queue; return how many. What was in the queue stays in it."""
    row = c.execute(_by_id, {"its_queue": queue_id}).one()
    added = queue_items.insert(c, row, fitting.missing(c, row))
    newest = c.execute(_newest).scalar() or 0
    c.execute(queues.update().where(queues.c.id == queue_id).values(synced_id=newest))
    return added


def next_item(c: sa.Connection, queue: Queue, reviewer: str) -> Served | None:
    """What the reviewer sees next, held for ten minutes; None when nothing is left for them."""
    who = {"its_queue": queue.id, "its_reviewer": reviewer, "its_pool": queue.pool_id}
    if queue.repeat_share or queue.gold_share:
        in_hand = c.execute(_in_hand, {**who, "now": claims.now()}).scalar()
        special = _special(c, queue, reviewer) if in_hand is None else None
        if special is not None:
            return special
    slots = queue.wanted if queue.overlap else 1
    for _ in range(8):  # where another program's reviewer was faster
        row = c.execute(_up_next[queue.order.moves], {**who, "now": claims.now()}).first()
        if row is None:
            return None
        if row.is_held:
            claims.take(c, row.id, reviewer, OPEN_DESK, queue.wanted)
        elif not claims.take(c, row.id, reviewer, OPEN_DESK, slots, is_new=True):
            continue
        return Served(int(row.id), text_hash=row.text_hash)
    return None


_newest = sa.select(sa.func.max(instances.c.id))
_by_id = sa.select(queues).where(queues.c.id == sa.bindparam("its_queue"))
_mine = (
    sa.exists()
    .where(
        standings.c.instance_id == instances.c.id,
        standings.c.reviewer == sa.bindparam("its_reviewer"),
        standings.c.round == OPEN_DESK,
        standings.c.text_hash == instances.c.text_hash,
    )
    .correlate(instances)
)
_i_hold = (
    held.c.reviewer == sa.bindparam("its_reviewer"),
    held.c.round == OPEN_DESK,
    held.c.expires_at > sa.bindparam("now"),
)
_in_hand = (
    sa.select(held.c.instance_id)
    .join(instances, instances.c.id == held.c.instance_id)
    .join(items, (items.c.instance_id == instances.c.id) & (items.c.queue_id == sa.bindparam("its_queue")))
    .where(*_i_hold, instances.c.state == State.ACCEPTED.value, ~_mine)
    .order_by(held.c.expires_at.desc())
    .limit(1)
)
_last_place = (
    sa.select(items.c.place)
    .join(ratings, ratings.c.instance_id == items.c.instance_id)
    .where(items.c.queue_id == sa.bindparam("its_queue"), items.c.place >= 0)
    .where(
        ratings.c.id
        == sa.select(ratings.c.id)
        .where(
            ratings.c.pool_id == sa.bindparam("its_pool"),
            ratings.c.reviewer == sa.bindparam("its_reviewer"),
            ratings.c.round == OPEN_DESK,
            ratings.c.from_file.is_(False),
        )
        .order_by(ratings.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    .scalar_subquery()
)
_slots_left = sa.case((queues.c.overlap, queues.c.wanted - items.c.rated), else_=1)


def _first_waiting(*places: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """The first item of a queue at these places that waits, and that neither the reviewer nor too many others have."""
    taken = claims.held_by_others(items.c.instance_id, sa.bindparam("its_reviewer"), OPEN_DESK, sa.bindparam("now"))
    query = (
        sa.select(items.c.instance_id)
        .join(queues, queues.c.id == items.c.queue_id)
        .join(instances, instances.c.id == items.c.instance_id)
        .where(items.c.queue_id == sa.bindparam("its_queue"), items.c.state == int(ItemState.WAITS), *places)
        .where(instances.c.state == State.ACCEPTED.value, ~_mine, taken < _slots_left)
    )
    return query.order_by(items.c.place).limit(1).scalar_subquery()


def _next_of(*from_the_queue: sa.ScalarSelect[int]) -> sa.Select[Any]:
    """What comes next, found in one look: coalesce asks for no more than it needs. With its text, and whether it is
    the reviewer's already."""
    its = instances.alias("its")
    is_held = sa.exists().where(held.c.instance_id == its.c.id, *_i_hold).correlate(its)
    query = sa.select(its.c.id, its.c.text_hash, is_held.label("is_held"))
    return query.where(its.c.id == sa.func.coalesce(_in_hand.scalar_subquery(), *from_the_queue))


_at_front = _first_waiting(items.c.place >= -FRONT, items.c.place < 0)
_from_the_start = _first_waiting(items.c.place >= 0, items.c.place < FRONT)
_onward = _first_waiting(items.c.place > sa.func.coalesce(_last_place, -1), items.c.place < FRONT)
_up_next = {  # by whether the queue's items change their places
    True: _next_of(_at_front, _from_the_start),
    False: _next_of(_at_front, _onward, _from_the_start),
}


def _special(c: sa.Connection, queue: Queue, reviewer: str) -> Served | None:
    """A gold item or a hidden repeat, where it is time for one: told by the seed and the reviewer's last act alone."""
    last = sa.select(sa.func.max(ratings.c.id)).where(
        ratings.c.pool_id == queue.pool_id, ratings.c.reviewer == reviewer
    )
    acts = [c.execute(last.where(ratings.c.round == round)).scalar() or 0 for round in DESK_ROUNDS]
    dice = random.Random(f"{queue.seed}:{queue.id}:{reviewer}:{max(acts)}")
    draw = dice.random()
    if draw < queue.gold_share:
        known = _unseen_gold(c, queue.pool_id, reviewer)
        return Served(dice.choice(known)) if known else None
    if draw < queue.gold_share + queue.repeat_share:
        earlier = _repeatable(c, queue, reviewer)
        return Served(dice.choice(earlier), AGAIN) if earlier else None
    return None


def _unseen_gold(c: sa.Connection, pool_id: int, reviewer: str) -> list[int]:
    query = (
        sa.select(instances.c.id)
        .distinct()
        .join(standings, standings.c.instance_id == instances.c.id)
        .where(standings.c.pool_id == pool_id, standings.c.round == GOLD, standings.c.kind == "rate")
        .where(standings.c.text_hash == instances.c.text_hash, instances.c.state == State.ACCEPTED.value)
        .order_by(instances.c.id)
    )
    mine = sa.select(standings.c.instance_id).where(
        standings.c.pool_id == pool_id, standings.c.reviewer == reviewer, standings.c.round == OPEN_DESK
    )
    done = set(c.execute(mine.where(standings.c.instance_id.in_(query))).scalars())
    return [one for one in c.execute(query).scalars() if one not in done]


def _repeatable(c: sa.Connection, queue: Queue, reviewer: str) -> list[int]:
    again = standings.alias("again")
    recent = (
        sa.select(ratings.c.id, ratings.c.instance_id, ratings.c.text_hash)
        .where(ratings.c.pool_id == queue.pool_id, ratings.c.reviewer == reviewer, ratings.c.round == OPEN_DESK)
        .order_by(ratings.c.id.desc())
        .limit(_RECENT)
        .subquery()
    )
    query = (
        sa.select(recent.c.instance_id)
        .join(standings, (standings.c.rating_id == recent.c.id) & (standings.c.kind == "rate"))
        .join(instances, instances.c.id == recent.c.instance_id)
        .join(items, (items.c.instance_id == instances.c.id) & (items.c.queue_id == queue.id))
        .where(instances.c.text_hash == recent.c.text_hash, instances.c.state == State.ACCEPTED.value)
        .where(
            ~sa.exists().where(
                again.c.instance_id == instances.c.id, again.c.reviewer == reviewer, again.c.round == AGAIN
            )
        )
        .order_by(recent.c.id.desc())
    )
    return list(c.execute(query).scalars())[_NOT_SO_SOON:]


def _queue(row: sa.Row[Any]) -> Queue:
    return Queue(
        row.id,
        row.pool_id,
        row.name,
        Filter.of(row.filter),
        QueueOrder(row.ordering),
        row.seed,
        row.wanted,
        row.overlap,
        row.repeat_share,
        row.gold_share,
        row.waiting,
        row.done,
    )
