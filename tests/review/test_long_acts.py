"""Acts on more than one transaction should touch: others write between, and what is cut off is told and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from core.database import Database
from core.history import history
from core.history.happened import Kind, Wanted
from core.pool import filters
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Grade, Refused
from core.review import bulk, desk, editing
from core.review import queues as review_queues
from core.review.rows import acts, parts, queues
from tests.review.pool_of_texts import pool_of


@pytest.fixture(autouse=True)
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART", 3)


def before_write(monkeypatch: pytest.MonkeyPatch, nth: int, happens: Callable[[], Any]) -> None:
    """Let something happen before the nth transaction from now, as if others had come between."""
    plain, begun = Database.write, []

    def write(database: Database) -> Any:
        begun.append(1)
        if len(begun) == nth:
            monkeypatch.setattr(Database, "write", plain)
            happens()
        return plain(database)

    monkeypatch.setattr(Database, "write", write)


def dies() -> None:
    raise KeyboardInterrupt


def accepted(database: Database, pool_id: int) -> int:
    with database.read() as c:
        return filters.count(c, pool_id, Filter())


def shown(database: Database, pool_id: int) -> bulk.Event:
    return bulk.table(database, pool_id, Filter(), "ann").events[0]


@pytest.mark.parametrize("take_back", ["in the table", "in the history", "at the desk"])
def test_an_act_in_parts_is_one_event_and_undone_as_one(database: Database, take_back: str) -> None:
    pool_id = pool_of(database, 10)
    queue = review_queues.make(database, pool_id, "all").id
    event = bulk.reject(database, bulk.fitting(database, pool_id, Filter()), "no", "ann")
    assert (event.n, event.ended, accepted(database, pool_id)) == (10, True, 0)
    (told,) = history.page(database, pool_id, Wanted(kind=Kind.REJECTED)).acts
    assert told.n == 10 and told.can_undo
    if take_back == "in the table":
        assert editing.undo(database, event.id, "bob") == 10
    elif take_back == "in the history":
        assert history.way_back(database, pool_id, told.key).n == 10
        assert history.undo(database, pool_id, told.key, "bob") == 10
    else:
        assert desk.undo(database, queue, "ann") is not None
    assert accepted(database, pool_id) == 10
    assert (shown(database, pool_id).undone, shown(database, pool_id).ended) == (True, True)
    with database.read() as c:
        assert queues.get(c, queue).waiting == 10
        assert acts.latest(c, pool_id, "ann") is None
    with pytest.raises(Refused, match="undone before"):
        editing.undo(database, event.id, "ann")


def test_flags_in_parts_come_and_go_as_one(database: Database) -> None:
    pool_id = pool_of(database, 8)
    up = bulk.flag(database, bulk.fitting(database, pool_id, Filter()), "look", "ann")
    down = bulk.flag(database, bulk.fitting(database, pool_id, Filter()), "look", "bob", raised=False)
    assert (up.n, down.n) == (8, 8)
    assert editing.undo(database, down.id, "bob") == 8
    with database.read() as c:
        assert filters.flags(c, pool_id) == {"look": 8}
    assert editing.undo(database, up.id, "ann") == 8
    with database.read() as c:
        assert filters.flags(c, pool_id) == {}


def test_an_act_that_was_cut_off_says_so_and_what_it_did_is_taken_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool_id = pool_of(database, 10)
    before_write(monkeypatch, 4, dies)  # the first begins it, two more are parts
    with pytest.raises(KeyboardInterrupt):
        bulk.reject(database, bulk.fitting(database, pool_id, Filter()), "no", "ann")
    half = shown(database, pool_id)
    assert (half.n, half.told["meant"], half.ended, accepted(database, pool_id)) == (6, 10, False, 4)
    rest = bulk.reject(database, bulk.fitting(database, pool_id, Filter()), "no", "ann")
    assert (rest.n, accepted(database, pool_id)) == (4, 0)
    assert editing.undo(database, half.id, "ann") == 6 == accepted(database, pool_id)


def test_an_undo_that_was_cut_off_is_taken_up_where_it_was(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    pool_id = pool_of(database, 10)
    event = bulk.reject(database, bulk.fitting(database, pool_id, Filter()), "no", "ann")
    before_write(monkeypatch, 4, dies)
    with pytest.raises(KeyboardInterrupt):
        editing.undo(database, event.id, "ann")
    assert (shown(database, pool_id).ended, accepted(database, pool_id)) == (False, 6)
    assert editing.undo(database, event.id, "bob") == 10 == accepted(database, pool_id)
    with database.read() as c:
        n = c.execute(sa.text("SELECT count(*) FROM decisions WHERE kind = 'restore' AND event_id IS NULL"))
        assert n.scalar_one() == 1


def test_what_fits_no_longer_between_two_parts_is_left_alone_and_not_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool_id = pool_of(database, 10)
    queue = review_queues.make(database, pool_id, "all").id

    def somebody_rates() -> None:
        now = desk.open_queue(database, queue, "bob")
        assert now is not None
        desk.judge(database, now, "bob", Judgement(grade=Grade.A))

    before_write(monkeypatch, 2, somebody_rates)
    event = bulk.reject(database, bulk.fitting(database, pool_id, Filter(rated="unrated")), "no", "ann")
    assert (event.n, event.ended, accepted(database, pool_id)) == (9, True, 1)


def test_taking_an_act_back_while_it_goes_on_stops_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    pool_id = pool_of(database, 10)
    before_write(monkeypatch, 4, lambda: editing.undo(database, shown(database, pool_id).id, "bob"))
    with pytest.raises(Refused, match="taken back while"):
        bulk.reject(database, bulk.fitting(database, pool_id, Filter()), "no", "ann")
    assert accepted(database, pool_id) == 10 and shown(database, pool_id).undone


@pytest.mark.sqlite("counts its steps")
def test_what_undo_says_takes_no_longer_after_an_act_on_more(another: Callable[[], Database]) -> None:
    steps = []
    for n in (30, 300):
        database = another()
        pool_id = pool_of(database, n)
        flag = bulk.flag(database, bulk.fitting(database, pool_id, Filter()), "look", "ann")
        event = bulk.reject(database, bulk.fitting(database, pool_id, Filter()), "no", "ann")
        for expected in (event, flag):
            with database.read() as c:
                raw: Any = c.connection.driver_connection
                raw.set_progress_handler(lambda n=n: steps.append(n) or 0, 1)
                found = acts.latest(c, pool_id, "ann")
                raw.set_progress_handler(None, 1)
            assert found is not None and found.id == expected.id
            editing.undo(database, expected.id, "ann")
    assert steps.count(300) <= 1.2 * steps.count(30) + 50
