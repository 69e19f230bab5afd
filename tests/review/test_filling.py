"""A queue over a large pool: its first items are there at once, the rest comes beside the reviewer's work."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.pool.queue_items import QueueOrder
from core.review import desk, filling
from core.review.rows import queues
from tests.review.pool_of_texts import open_at, pool_of


@pytest.mark.parametrize("order", [QueueOrder.OLDEST, QueueOrder.RANDOM])
def test_who_opens_a_queue_waits_for_its_first_items_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: QueueOrder
) -> None:
    monkeypatch.setattr(queues, "PART", 3)
    monkeypatch.setattr(filling, "FIRST_PARTS", 1)
    go, fill = threading.Event(), filling.fill
    if order is QueueOrder.OLDEST:
        monkeypatch.setattr(filling, "fill", lambda *its, **how: go.wait(60) and fill(*its, **how))
    database = open_at(tmp_path)
    pool = pool_of(database, 20)
    with database.write() as c:
        queue = queues.create(c, pool, "work", order=order, seed=3, fill=False)
    first = desk.open_queue(database, queue, "ann")
    with database.read() as c:
        waiting = queues.get(c, queue).waiting
    # A random order has to see everything before it says who comes first.
    assert waiting < 20 if order is QueueOrder.OLDEST else waiting == 20
    go.set()
    for thread in [one for one in threading.enumerate() if one.name == f"queue {queue}"]:
        thread.join()
    with database.read() as c:
        assert queues.get(c, queue).waiting == 20
    with database.write() as c:
        whole = queues.create(c, pool, "whole", order=order, seed=3)
    assert first is not None
    again = desk.open_queue(database, whole, "bob")  # ann has the first before her
    assert again is not None and again.instance_id != first.instance_id
