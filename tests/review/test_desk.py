"""The desk: what a reviewer does is kept, once, of the text that they saw."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.database import Database
from core.database.schema import claims as claims_table
from core.database.schema import instances, ratings
from core.pool import claims, drafts, standing, tallies
from core.pool.judgement import Judgement
from core.records import Grade, NotFound, Refused
from core.review import desk, editing
from core.review.desk import Shown
from core.review.dwell import DWELL_S, Dwell
from core.review.editing import Text
from core.review.rows import queues, rating_history
from tests import databases
from tests.review.pool_of_texts import open_at, pool_of

A, B, D = Judgement(Grade.A), Judgement(Grade.B), Judgement(Grade.D)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_at(tmp_path)


def _queue(database: Database, pool_id: int, **options: object) -> int:
    with database.write() as c:
        return queues.create(c, pool_id, "work", **options)  # type: ignore[arg-type]


def _history(database: Database) -> list[sa.Row]:
    with database.read() as c:
        return list(c.execute(sa.select(ratings).order_by(ratings.c.id)))


def _next(shown: Shown | None) -> Shown:
    assert shown is not None
    return shown


def test_a_rating_is_on_disk_before_the_next_item_appears(database):
    queue = _queue(database, pool_of(database, 3))
    first = _next(desk.open_queue(database, queue, "ann"))
    second = desk.judge(database, first, "ann", replace(B, note="nice", flags=("short",), output_correct=True))
    assert _next(second).instance_id != first.instance_id
    (row,) = _history(database)
    assert (row.instance_id, row.reviewer, row.grade, row.valid) == (first.instance_id, "ann", "B", True)
    assert (row.note, row.flags, row.output_correct, row.text_hash) == ("nice", ["short"], True, first.text_hash)


def test_a_reload_shows_the_same_item_again(database):
    queue = _queue(database, pool_of(database, 3))
    shown = desk.judge(database, _next(desk.open_queue(database, queue, "ann")), "ann", A)
    assert desk.open_queue(database, queue, "ann") == shown


def test_history_is_only_ever_added_to(database):
    pool_id = pool_of(database, 4)
    queue = _queue(database, pool_id)
    shown = desk.open_queue(database, queue, "ann")
    seen: list[tuple] = []
    for said in (A, B, None, D):
        shown = desk.undo(database, queue, "ann") if said is None else desk.judge(database, _next(shown), "ann", said)
        now = [tuple(row) for row in _history(database)]
        assert now[: len(seen)] == seen
        assert len(now) == len(seen) + 1
        seen = now


def test_undo_goes_back_any_number_of_steps_also_after_a_reload(database, tmp_path):
    pool_id = pool_of(database, 5)
    queue = _queue(database, pool_id)
    shown, order = desk.open_queue(database, queue, "ann"), []
    for said in (A, B, D):
        order.append(_next(shown).instance_id)
        shown = desk.judge(database, _next(shown), "ann", said)
    database.close()
    database = open_at(tmp_path)
    for expected in reversed(order):
        with database.read() as c:
            last = desk.last_act(c, pool_id, "ann")
            assert last is not None and last.rating is not None and last.rating.instance_id == expected
            assert last.instruction.startswith("Describe colour")
        assert _next(desk.undo(database, queue, "ann", last)).instance_id == expected
    with database.read() as c:
        assert desk.last_act(c, pool_id, "ann") is None
        assert rating_history.of_pool(c, pool_id) == []
        assert queues.get(c, queue).waiting == 5


def test_undo_gives_back_what_was_written(database):
    pool_id = pool_of(database, 2)
    queue = _queue(database, pool_id)
    shown = _next(desk.open_queue(database, queue, "ann"))
    desk.judge(database, shown, "ann", replace(A, note="long thought", input_appropriate=False))
    back = _next(desk.undo(database, queue, "ann"))
    with database.read() as c:
        begun = desk.view(c, back, "ann").begun
    assert (begun.note, begun.input_appropriate) == ("long thought", False)


def test_an_old_tab_cannot_undo_something_else_than_it_names(database):
    pool_id = pool_of(database, 3)
    queue = _queue(database, pool_id)
    shown = desk.judge(database, _next(desk.open_queue(database, queue, "ann")), "ann", A)
    with database.read() as c:
        named = desk.last_act(c, pool_id, "ann")
    desk.judge(database, _next(shown), "ann", B)
    with pytest.raises(Refused, match="another window"):
        desk.undo(database, queue, "ann", named)
    with database.read() as c:
        assert len(rating_history.of_pool(c, pool_id)) == 2


def test_a_stale_tab_cannot_rate_twice(database):
    queue = _queue(database, pool_of(database, 3))
    one_tab = _next(desk.open_queue(database, queue, "ann"))
    other_tab = _next(desk.open_queue(database, queue, "ann"))
    assert one_tab == other_tab
    desk.judge(database, one_tab, "ann", A)
    with pytest.raises(Refused, match="another window"):
        desk.judge(database, other_tab, "ann", D)
    assert [row.grade for row in _history(database)] == ["A"]


def test_no_rating_is_given_to_a_text_that_was_not_seen(database):
    queue = _queue(database, pool_of(database, 3))
    shown = _next(desk.open_queue(database, queue, "ann"))
    new = Text("Another instruction.", "in", "out")
    editing.edit(database, shown.instance_id, shown.text_hash, new, "bob")
    with pytest.raises(Refused, match="edited since"):
        desk.judge(database, shown, "ann", A)
    assert _history(database) == []
    again = _next(desk.open_queue(database, queue, "ann"))
    assert again.instance_id == shown.instance_id and again.text_hash != shown.text_hash


def test_a_rating_of_what_was_taken_out_meanwhile_is_refused(database):
    queue = _queue(database, pool_of(database, 3))
    shown = _next(desk.open_queue(database, queue, "ann"))
    editing.reject(database, shown.instance_id, shown.text_hash, "nonsense", "bob")
    with pytest.raises(Refused, match="taken out"):
        desk.judge(database, shown, "ann", A)
    assert _next(desk.open_queue(database, queue, "ann")).instance_id != shown.instance_id


def test_ten_reviewers_at_once_rate_every_item_exactly_once(database):
    pool_id = pool_of(database, 120)
    queue = _queue(database, pool_id)

    def work(reviewer: str) -> None:
        shown = desk.open_queue(database, queue, reviewer)
        while shown is not None:
            shown = desk.judge(database, shown, reviewer, A)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(work, [f"r{k}" for k in range(10)]))
    rated = [row.instance_id for row in _history(database)]
    assert len(rated) == len(set(rated)) == 120
    with database.read() as c:
        assert (queues.get(c, queue).waiting, queues.get(c, queue).done) == (0, 120)


def test_ten_reviewers_hold_ten_different_items(database):
    queue = _queue(database, pool_of(database, 30))
    shown = [_next(desk.open_queue(database, queue, f"r{k}")).instance_id for k in range(10)]
    assert len(set(shown)) == 10


def test_a_claim_that_ran_out_goes_to_somebody_else(database):
    queue = _queue(database, pool_of(database, 2))
    left_behind = _next(desk.open_queue(database, queue, "ann"))
    assert _next(desk.open_queue(database, queue, "bob")).instance_id != left_behind.instance_id
    with database.write() as c:
        c.execute(claims_table.update().where(claims_table.c.reviewer == "ann").values(expires_at=0))
    bob = desk.judge(database, _next(desk.open_queue(database, queue, "bob")), "bob", A)
    assert _next(bob).instance_id == left_behind.instance_id


def test_a_skipped_item_goes_to_others_and_does_not_come_back(database):
    queue = _queue(database, pool_of(database, 1))
    shown = _next(desk.open_queue(database, queue, "ann"))
    assert desk.skip(database, shown, "ann") is None
    assert desk.open_queue(database, queue, "ann") is None
    assert _next(desk.open_queue(database, queue, "bob")).instance_id == shown.instance_id


def test_begun_answers_survive_a_reload_and_end_with_the_rating(database):
    queue = _queue(database, pool_of(database, 2))
    shown = _next(desk.open_queue(database, queue, "ann"))
    begun = Judgement(instruction_valid=True, note="half a th", flags=("odd",))
    desk.begin(database, shown, "ann", begun)
    with database.read() as c:
        assert desk.view(c, _next(desk.open_queue(database, queue, "ann")), "ann").begun == begun
        assert desk.view(c, shown, "bob").begun == Judgement()
    desk.judge(database, shown, "ann", replace(begun, grade=Grade.C))
    with database.read() as c:
        assert drafts.get(c, shown.instance_id, "ann", shown.text_hash) is None


def test_others_answers_stay_hidden_until_the_item_has_the_ratings_it_needs(database):
    queue = _queue(database, pool_of(database, 1), wanted=2)
    ann = _next(desk.open_queue(database, queue, "ann"))
    desk.judge(database, ann, "ann", A)
    bob = _next(desk.open_queue(database, queue, "bob"))
    with database.read() as c:
        assert desk.view(c, bob, "bob").others == ()
    desk.judge(database, bob, "bob", D)
    back = desk.look_at(database, queue, bob.instance_id, "bob")
    with database.read() as c:
        view = desk.view(c, back, "bob")
    assert view.mine is not None and view.mine.grade is Grade.D
    assert [(one.reviewer, one.grade) for one in view.others] == [("ann", Grade.A)]


def test_who_has_rated_sees_the_others_only_once_the_item_has_all_the_ratings_it_wants(database):
    queue = _queue(database, pool_of(database, 1), wanted=3)
    for reviewer in ("ann", "bob"):
        shown = _next(desk.open_queue(database, queue, reviewer))
        desk.judge(database, shown, reviewer, A)
    back = desk.look_at(database, queue, shown.instance_id, "ann")
    with database.read() as c:
        view = desk.view(c, back, "ann")
    assert view.mine is not None and view.others == (), "a third rating is owed, and ann may still change hers"
    desk.judge(database, _next(desk.open_queue(database, queue, "cyd")), "cyd", D)
    with database.read() as c:
        assert {one.reviewer for one in desk.view(c, back, "ann").others} == {"bob", "cyd"}


def test_back_to_a_rated_item_replaces_the_grade_and_keeps_both_on_record(database):
    pool_id = pool_of(database, 3)
    queue = _queue(database, pool_id)
    first = _next(desk.open_queue(database, queue, "ann"))
    waiting = _next(desk.judge(database, first, "ann", A))
    with database.read() as c:
        assert desk.before(c, pool_id, "ann", waiting) == first.instance_id
    back = desk.look_at(database, queue, first.instance_id, "ann")
    assert desk.judge(database, back, "ann", D) == waiting
    with database.read() as c:
        assert [one.grade for one in standing.current(c, first.instance_id)] == [Grade.D]
    assert [row.grade for row in _history(database)] == ["A", "D"]


def test_a_killed_server_loses_no_rating_and_gives_none_twice(database, tmp_path):
    pool_id = pool_of(database, 5)
    queue = _queue(database, pool_id)
    database.close()
    script = (
        "import os, signal, sys\n"
        "from core.database import open_database\n"
        "from core.records import Grade\n"
        "from core.review import desk\n"
        "from core.pool.judgement import Judgement\n"
        "db = open_database(sys.argv[1])\n"
        "shown = desk.open_queue(db, int(sys.argv[2]), 'ann')\n"
        "after = desk.judge(db, shown, 'ann', Judgement(Grade.B))\n"
        "print(shown.instance_id, after.instance_id, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"  # the key was pressed, nothing was painted
    )
    url = databases.address(tmp_path)
    project = Path(__file__).resolve().parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", script, url, str(queue)], capture_output=True, text=True, cwd=project
    )
    assert killed.returncode == -9, killed.stderr
    rated, claimed = map(int, killed.stdout.split())
    database = open_at(tmp_path)
    assert [row.instance_id for row in _history(database)] == [rated]
    assert _next(desk.open_queue(database, queue, "ann")).instance_id == claimed


def test_a_rating_stands_or_falls_with_the_claim_of_the_next_item(database, monkeypatch):
    queue = _queue(database, pool_of(database, 3))
    shown = _next(desk.open_queue(database, queue, "ann"))

    def fails(*_: object) -> None:
        raise NotFound("the disk was pulled out")

    monkeypatch.setattr(queues, "next_item", fails)
    with pytest.raises(NotFound):
        desk.judge(database, shown, "ann", A)
    assert _history(database) == []


def test_a_key_before_the_text_was_on_screen_does_nothing_and_a_held_key_never_counts():
    dwell = Dwell(since=100.0)
    assert not dwell.allows(100.0 + DWELL_S - 0.01)
    assert not dwell.allows(100.0 + DWELL_S + 0.1)  # the early press has started the time again
    held = [dwell.allows(100.36 + k * 0.03) for k in range(200)]
    assert not any(held)
    assert dwell.allows(dwell.since + DWELL_S + 0.01)


def test_the_derived_columns_are_what_the_history_says(database):
    pool_id = pool_of(database, 2)
    queue = _queue(database, pool_id, wanted=3)
    shown = {who: _next(desk.open_queue(database, queue, who)) for who in ("ann", "bob")}
    both = shown["ann"].instance_id
    desk.judge(database, shown["ann"], "ann", A)
    desk.judge(database, desk.look_at(database, queue, both, "bob"), "bob", D)
    with database.read() as c:
        row = c.execute(sa.select(instances).where(instances.c.id == both)).one()
        assert (row.rated, row.grade, row.valid) == (2, "D", False)
    desk.undo(database, queue, "bob")
    with database.read() as c:
        row = c.execute(sa.select(instances).where(instances.c.id == both)).one()
        assert (row.rated, row.grade, row.valid) == (1, "A", True)
        counts = tallies.review_counts(c, pool_id)
        assert (counts.instances, counts.reviewed, counts.approved, counts.grades) == (2, 1, 1, {"A": 1})


def test_a_claim_is_refused_while_another_reviewer_has_the_item(database):
    queue = _queue(database, pool_of(database, 2))
    shown = _next(desk.open_queue(database, queue, "ann"))
    with pytest.raises(Refused, match="before them"):
        desk.look_at(database, queue, shown.instance_id, "bob")
    with database.write() as c:
        assert not claims.take(c, shown.instance_id, "bob")


def test_a_key_asks_the_database_no_more_than_it_must(database):
    """Reviewers wait for each other's statements: fifty at once felt each one of these."""
    queue = _queue(database, pool_of(database, 5))
    shown = _next(desk.open_queue(database, queue, "ann"))
    shown = _next(desk.judge(database, shown, "ann", A))
    asked: list[str] = []

    def hear(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        shown = _next(desk.judge(database, shown, "ann", B))
        judged = len(asked)
        desk.screen(database, queue, shown, "ann")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)
    assert judged <= 15, asked
    assert len(asked) - judged <= 14, asked[judged:]
