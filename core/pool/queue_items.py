"""What waits in which queue: kept up with every rating, edit and rejection, so that the next item is one look-up."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from core.database.parts import in_parts
from core.database.schema import instances, queue_items, queues, standings
from core.records import Grade, State

FRONT = 1 << 60  # more than any place: what is less than none of them comes first
_STEP = 1 << 48  # what a reviewer should see first outranks the order of arrival


class ItemState(IntEnum):
    """Where an item stands in a queue."""

    WAITS = 0
    DONE = 1
    GONE = 2


class QueueOrder(StrEnum):
    """The order in which a queue hands out its items; `place` says where each comes."""

    OLDEST = "oldest"
    RANDOM = "random"
    LEAST_REVIEWED = "least-reviewed"
    MOST_UNCERTAIN = "most-uncertain"

    @property
    def label(self) -> str:
        """The order as a person chooses it."""
        return f"{self.value.replace('-', ' ')}{', by seed' if self is QueueOrder.RANDOM else ' first'}"

    @property
    def moves(self) -> bool:
        """Whether an item's place changes as it is rated."""
        return self in (QueueOrder.LEAST_REVIEWED, QueueOrder.MOST_UNCERTAIN)


IN_PLACE = (QueueOrder.OLDEST, QueueOrder.LEAST_REVIEWED)


def uncertainty(grades: Sequence[Grade | None], valids: Sequence[bool | None]) -> int:
    """How doubtful an item is from its ratings: 0 the most, 4 settled.

    0: reviewers differ on valid or not; 1: they differ on the grade; 2: one rating, B or C, next to the line between
    valid and invalid; 3: not rated; 4: agreed, or one plain A or D.
    """
    if len({valid for valid in valids if valid is not None}) > 1:
        return 0
    known = {grade for grade in grades if grade is not None}
    if len(known) > 1:
        return 1
    if not valids:
        return 3
    return 2 if len(valids) == 1 and known & {Grade.B, Grade.C} else 4


def place(order: str, seed: int, instance_id: int, task_id: int, position: int, rated: int, doubt: int) -> int:
    """Where an item comes in a queue of that order; the lowest first. The same on any machine."""
    arrival = task_id * 4096 + min(position, 4095)
    if order == QueueOrder.RANDOM:
        return int.from_bytes(blake2b(f"{seed}:{instance_id}".encode(), digest_size=6).digest())
    if order == QueueOrder.LEAST_REVIEWED:
        return rated * _STEP + arrival
    return doubt * _STEP + arrival if order == QueueOrder.MOST_UNCERTAIN else arrival


def settle(c: sa.Connection, instance_id: int, accepted: bool, rated: int, doubt: int) -> None:
    """Bring an item up to date in every queue that holds it, and those queues' counts with it.

    An item that lost ratings, because its text was edited, goes before all others until it has what its queue wants:
    reviewers are past its place.
    """
    for row in c.execute(_holding, {"its_id": instance_id}).all():
        state = _state(accepted, rated, row.wanted)
        now_at = place(row.ordering, row.seed, instance_id, row.task_id, row.position, rated, doubt)
        if state == ItemState.WAITS and (rated < row.rated or row.place < 0):
            now_at -= FRONT
        if (state, now_at, rated) == (row.state, row.place, row.rated):
            continue
        here = {"its_queue": row.queue_id, "its_id": instance_id}
        c.execute(_move, {**here, "new_state": int(state), "new_place": now_at, "new_rated": rated})
        if state != row.state:
            waiting = (state == ItemState.WAITS) - (row.state == ItemState.WAITS)
            done = (state == ItemState.DONE) - (row.state == ItemState.DONE)
            c.execute(_count, {"its_queue": row.queue_id, "more_waiting": waiting, "more_done": done})


def insert(c: sa.Connection, queue: sa.Row[Any], found: Sequence[sa.Row[Any]]) -> int:
    """Put instances that a queue does not hold into it, and count them; return how many."""
    rated = [one.id for one in found if one.rated] if queue.ordering == QueueOrder.MOST_UNCERTAIN else []
    doubts = uncertainties(c, rated)
    rows = []
    for one in found:
        doubt = doubts.get(one.id, 3)
        at = place(queue.ordering, queue.seed, one.id, one.task_id, one.position, one.rated, doubt)
        state = int(_state(True, one.rated, queue.wanted))
        rows.append({"queue_id": queue.id, "instance_id": one.id, "state": state, "place": at, "rated": one.rated})
    if rows:
        c.execute(queue_items.insert(), rows)
        waiting = sum(row["state"] == ItemState.WAITS for row in rows)
        c.execute(_count, {"its_queue": queue.id, "more_waiting": waiting, "more_done": len(rows) - waiting})
    return len(rows)


def insert_part(c: sa.Connection, queue: sa.Row[Any], found: sa.Select[Any], part: range) -> int:
    """Put what a query finds, (id, task_id, position, rated) among the ids of a part, into a queue in one statement.

    Only for an order whose places the database can tell by itself (`IN_PLACE`).
    """
    its = found.order_by(None).subquery()
    late = sa.case((its.c.position < 4095, its.c.position), else_=4095)
    at = sa.cast(its.c.task_id, sa.BigInteger) * 4096 + late
    if queue.ordering == QueueOrder.LEAST_REVIEWED:
        at = at + sa.cast(its.c.rated, sa.BigInteger) * _STEP
    state = sa.case((its.c.rated >= queue.wanted, int(ItemState.DONE)), else_=int(ItemState.WAITS))
    columns = {
        "queue_id": sa.literal(queue.id),
        "instance_id": its.c.id,
        "state": state,
        "place": at,
        "rated": its.c.rated,
    }
    here = (queue_items.c.queue_id == queue.id) & (queue_items.c.instance_id >= part.start)
    counted = sa.select(queue_items.c.state, sa.func.count()).where(here, queue_items.c.instance_id < part.stop)
    counted = counted.group_by(queue_items.c.state)
    before: dict[int, int] = dict(c.execute(counted).tuples().all())
    c.execute(queue_items.insert().from_select(list(columns), sa.select(*columns.values())))
    after: dict[int, int] = dict(c.execute(counted).tuples().all())
    waiting, done = (after.get(int(kind), 0) - before.get(int(kind), 0) for kind in (ItemState.WAITS, ItemState.DONE))
    c.execute(_count, {"its_queue": queue.id, "more_waiting": waiting, "more_done": done})
    return waiting + done


def uncertainties(c: sa.Connection, instance_ids: Sequence[int]) -> dict[int, int]:
    """How doubtful each of these instances is from its current ratings; those without any are left out."""
    said: dict[int, tuple[list[Grade | None], list[bool | None]]] = {}
    query = (
        sa.select(standings.c.instance_id, standings.c.grade, standings.c.valid)
        .join(instances, instances.c.id == standings.c.instance_id)
        .where(standings.c.round == "", standings.c.kind == "rate", standings.c.text_hash == instances.c.text_hash)
    )
    for some in in_parts(instance_ids):
        for row in c.execute(query.where(standings.c.instance_id.in_(some))):
            grades, valids = said.setdefault(row.instance_id, ([], []))
            grades.append(Grade(row.grade) if row.grade else None)
            valids.append(row.valid)
    return {instance_id: uncertainty(*both) for instance_id, both in said.items()}


def resettle_many(c: sa.Connection, instance_ids: Sequence[int]) -> None:
    """Bring instances that were taken out or put back up to date in the queues that hold them, and their counts."""
    for some in in_parts(instance_ids):
        moved: dict[tuple[int, int], list[int]] = {}
        counts: dict[int, list[int]] = {}
        for row in c.execute(_held, {"its_ids": some}).all():
            state = int(_state(row.its_state == State.ACCEPTED.value, row.rated, row.wanted))
            if state == row.state:
                continue
            moved.setdefault((row.queue_id, state), []).append(row.instance_id)
            more = counts.setdefault(row.queue_id, [0, 0])
            for at, kind in enumerate((ItemState.WAITS, ItemState.DONE)):
                more[at] += (state == kind) - (row.state == kind)
        for (queue_id, state), ids in moved.items():
            here = (queue_items.c.queue_id == queue_id) & queue_items.c.instance_id.in_(ids)
            c.execute(queue_items.update().where(here).values(state=state))
        for queue_id, (waiting, done) in counts.items():
            c.execute(_count, {"its_queue": queue_id, "more_waiting": waiting, "more_done": done})


_holding = (
    sa.select(
        queue_items.c.queue_id,
        queue_items.c.state,
        queue_items.c.place,
        queue_items.c.rated,
        queues.c.wanted,
        queues.c.ordering,
        queues.c.seed,
        instances.c.task_id,
        instances.c.position,
    )
    .join(queues, queues.c.id == queue_items.c.queue_id)
    .join(instances, instances.c.id == queue_items.c.instance_id)
    .where(queue_items.c.instance_id == sa.bindparam("its_id"))
)
_held = (
    sa.select(
        queue_items.c.queue_id,
        queue_items.c.instance_id,
        queue_items.c.state,
        queue_items.c.rated,
        queues.c.wanted,
        instances.c.state.label("its_state"),
    )
    .join(queues, queues.c.id == queue_items.c.queue_id)
    .join(instances, instances.c.id == queue_items.c.instance_id)
    .where(queue_items.c.instance_id.in_(sa.bindparam("its_ids", expanding=True)))
)
_move = (
    queue_items.update()
    .where(queue_items.c.queue_id == sa.bindparam("its_queue"), queue_items.c.instance_id == sa.bindparam("its_id"))
    .values(state=sa.bindparam("new_state"), place=sa.bindparam("new_place"), rated=sa.bindparam("new_rated"))
)
_count = (
    queues.update()
    .where(queues.c.id == sa.bindparam("its_queue"))
    .values(waiting=queues.c.waiting + sa.bindparam("more_waiting"), done=queues.c.done + sa.bindparam("more_done"))
)


def _state(accepted: bool, rated: int, wanted: int) -> ItemState:
    if not accepted:
        return ItemState.GONE
    return ItemState.DONE if rated >= wanted else ItemState.WAITS
