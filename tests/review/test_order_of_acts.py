"""What comes after what: told by what was stored, never by the time of day; and undoing one act of several."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from core.database import Database
from core.gate import rescue
from core.importing.files import rows_of_file
from core.pool import arrivals, claims, filters, items, standing, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Discard, Grade, Origin, Refused
from core.review import bulk, desk, differences, editing, queues, ratings
from core.review.desk import Shown
from core.review.editing import Text
from tests.review.pool_of_texts import open_at, pool_of

A, B, C, D = (Judgement(grade) for grade in Grade)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_at(tmp_path)


def _opened(database: Database, queue: int, reviewer: str = "ann") -> Shown:
    shown = desk.open_queue(database, queue, reviewer)
    assert shown is not None
    return shown


def _accepted(database: Database, pool_id: int) -> list[str]:
    with database.read() as c:
        return [items.get(c, row.id).output for row in filters.matching(c, pool_id, Filter())]


def _put_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + seconds)


def test_undo_takes_back_the_latest_act_although_the_clock_was_set_back(database, monkeypatch):
    queue = queues.make(database, pool_of(database, 3), "work").id
    shown = _opened(database, queue)
    editing.edit(database, shown.instance_id, shown.text_hash, Text("New.", "", "new"), "ann")
    _put_clock(monkeypatch, -3600)
    desk.judge(database, desk.look_at(database, queue, shown.instance_id, "ann"), "ann", A)
    last = desk.screen(database, queue, None, "ann").last
    assert last is not None and last.rating is not None and last.event is None
    second = _opened(database, queue)
    desk.judge(database, second, "ann", A)
    again = desk.look_at(database, queue, second.instance_id, "ann")
    desk.judge(database, again, "ann", B)
    _put_clock(monkeypatch, -3600)
    desk.judge(database, desk.look_at(database, queue, second.instance_id, "ann"), "ann", D)
    desk.undo(database, queue, "ann")
    with database.read() as c:
        assert [one.grade for one in standing.current(c, second.instance_id)] == [Grade.B]


def test_a_clock_put_forward_hands_no_item_to_two(database, monkeypatch):
    queue = queues.make(database, pool_of(database, 1), "work").id
    _opened(database, queue)
    _put_clock(monkeypatch, 3600)
    assert desk.open_queue(database, queue, "bob") is None


def test_a_claim_of_a_program_whose_clock_was_ahead_ends_in_time(database, monkeypatch):
    queue = queues.make(database, pool_of(database, 1), "work").id
    with monkeypatch.context() as ahead:
        ahead.setattr(claims, "_STARTED", claims._STARTED + 100_000)
        _opened(database, queue)
    assert desk.open_queue(database, queue, "bob") is None
    with monkeypatch.context() as later:
        later.setattr(claims, "_STARTED", claims._STARTED + claims.CLAIM_S + 1)
        assert desk.open_queue(database, queue, "bob") is not None


def test_undo_leaves_what_came_by_file_and_a_later_one_of_a_file_stands(database, tmp_path):
    pool_id = pool_of(database, 2)
    queue = queues.make(database, pool_id, "work").id
    shown = _opened(database, queue)
    desk.judge(database, shown, "ann", A)
    file = tmp_path / "r.jsonl"
    older = {"instance": shown.instance_id, "reviewer": "ann", "grade": "D", "at": 1_000.0}
    file.write_text(json.dumps(older) + "\n")
    assert ratings.read(database, pool_id, rows_of_file(file)).added == 1
    with database.read() as c:
        assert [one.grade for one in standing.current(c, shown.instance_id)] == [Grade.A]
    last = desk.screen(database, queue, None, "ann").last
    assert last is not None and last.rating is not None and last.rating.said.grade is Grade.A
    desk.undo(database, queue, "ann")
    with database.read() as c:
        assert [one.grade for one in standing.current(c, shown.instance_id)] == [Grade.D]
    assert desk.screen(database, queue, None, "ann").last is None


def test_a_split_whose_part_was_split_again_is_undone_from_the_end(database):
    pool_id = pool_of(database, 1)
    queue = queues.make(database, pool_id, "work").id
    shown = _opened(database, queue)
    first = editing.split(database, shown.instance_id, shown.text_hash, [("", "one"), ("", "two")], "ann")
    part = desk.look_at(database, queue, shown.instance_id + 1, "bob")
    second = editing.split(database, part.instance_id, part.text_hash, [("", "on"), ("", "e")], "bob")
    with pytest.raises(Refused, match="split, merged or taken out since"):
        editing.undo(database, first, "ann")
    assert desk.screen(database, queue, None, "ann").last is None
    assert sorted(_accepted(database, pool_id)) == ["e", "on", "two"]
    editing.undo(database, second, "bob")
    editing.undo(database, first, "ann")
    assert _accepted(database, pool_id) == ["output 0.0"]


def test_a_part_that_was_rejected_does_not_come_back_beside_the_whole(database):
    pool_id = pool_of(database, 1)
    queue = queues.make(database, pool_id, "work").id
    shown = _opened(database, queue)
    split = editing.split(database, shown.instance_id, shown.text_hash, [("", "one"), ("", "two")], "ann")
    part = desk.look_at(database, queue, shown.instance_id + 1, "bob")
    rejected = editing.reject(database, part.instance_id, part.text_hash, "no", "bob")
    with pytest.raises(Refused, match="undo that first"):
        editing.undo(database, split, "ann")
    editing.undo(database, rejected, "bob")
    editing.undo(database, split, "ann")
    assert _accepted(database, pool_id) == ["output 0.0"]


def test_flags_undone_out_of_order_are_as_the_history_says(database):
    pool_id = pool_of(database, 3)
    up = bulk.flag(database, bulk.fitting(database, pool_id, Filter()), "look", "ann")
    down = bulk.flag(database, bulk.fitting(database, pool_id, Filter()), "look", "bob", raised=False)
    editing.undo(database, up.id, "ann")
    editing.undo(database, down.id, "bob")
    assert queues.open_flags(database, pool_id) == []


def _waiting(database: Database, pool_id: int, queue: int) -> int:
    return next(one.waiting for one in queues.report(database, pool_id).queues if one.id == queue)


def test_what_is_restored_or_rescued_reaches_queues_that_had_looked_past_it(database):
    pool_id = pool_of(database, 3)
    event = bulk.reject(database, bulk.fitting(database, pool_id, Filter(contains="number 1")), "no", "ann")
    with database.write() as c:
        dropped = NewTask(
            Origin.IMPORT, "Too close.", instances=(NewInstance("", "x"),), discard=Discard("novelty", {})
        )
        (task_id,) = arrivals.add(c, pool_id, [dropped])
    queue = queues.make(database, pool_id, "work").id
    assert _waiting(database, pool_id, queue) == 2
    editing.undo(database, event.id, "ann")
    assert _waiting(database, pool_id, queue) == 3
    rescue.rescue(database, [(task_id, None)], "ann")
    assert _waiting(database, pool_id, queue) == 4
    rescue.put_back(database, [(task_id, None)], "ann")
    assert _waiting(database, pool_id, queue) == 3


def test_an_edit_into_what_a_queue_asks_for_puts_the_item_there(database):
    pool_id = pool_of(database, 2)
    queue = queues.make(database, pool_id, "birds", Filter(contains="heron")).id
    work = queues.make(database, pool_id, "work").id
    shown = _opened(database, work)
    editing.edit(database, shown.instance_id, shown.text_hash, Text("Draw a heron.", "", "x"), "ann")
    assert _waiting(database, pool_id, queue) == 1


def test_a_flag_of_a_text_that_was_edited_since_is_down_and_up_again_with_the_text(database):
    pool_id = pool_of(database, 1)
    queue = queues.make(database, pool_id, "work").id
    shown = _opened(database, queue)
    desk.judge(database, shown, "ann", Judgement(Grade.B, flags=("check facts",)))
    event = editing.edit(database, shown.instance_id, shown.text_hash, Text("New.", "", "new"), "bob")
    assert queues.open_flags(database, pool_id) == []
    assert event is not None
    editing.undo(database, event, "bob")
    assert queues.open_flags(database, pool_id) == ["check facts"]


def test_a_grade_goes_with_the_last_rating_even_where_it_was_settled(database):
    pool_id = pool_of(database, 1)
    queue = queues.make(database, pool_id, "work").id
    shown = _opened(database, queue)
    desk.judge(database, shown, "ann", D)
    differences.last_word(database, shown.instance_id, shown.text_hash, B, "lead")
    with database.read() as c:
        assert standing.grade_of(c, shown.instance_id) is Grade.B
    desk.undo(database, queue, "ann")
    with database.read() as c:
        assert standing.grade_of(c, shown.instance_id) is None
        assert tasks.machine_made(c, pool_id, approved_only=True) == []
    desk.judge(database, desk.look_at(database, queue, shown.instance_id, "ann"), "ann", C)
    with database.read() as c:
        assert standing.grade_of(c, shown.instance_id) is Grade.B


def test_redo_gives_a_rating_again_as_it_was_and_nothing_after_anything_else(database):
    pool_id = pool_of(database, 3)
    queue = queues.make(database, pool_id, "work").id
    shown = _opened(database, queue)
    said = Judgement(Grade.B, output_correct=True, flags=("odd",), note="so")
    following = desk.judge(database, shown, "ann", said)
    desk.undo(database, queue, "ann")
    undone = desk.screen(database, queue, shown, "ann").undone
    assert undone is not None
    assert desk.redo(database, queue, "ann", undone) == following
    with database.read() as c:
        (one,) = standing.current(c, shown.instance_id)
    assert (one.grade, one.output_correct, one.flags, one.note) == (Grade.B, True, ("odd",), "so")
    with pytest.raises(Refused, match="Something else"):
        desk.redo(database, queue, "ann", undone)
    desk.undo(database, queue, "ann")
    again = desk.screen(database, queue, shown, "ann").undone
    assert again is not None
    editing.edit(database, shown.instance_id, shown.text_hash, Text("New.", "", "x"), "bob")
    with pytest.raises(Refused, match="edited"):
        desk.redo(database, queue, "ann", again)
    now = desk.look_at(database, queue, shown.instance_id, "ann")
    editing.edit(database, now.instance_id, now.text_hash, Text("Newer.", "", "x"), "ann")
    assert desk.screen(database, queue, now, "ann").undone is None
