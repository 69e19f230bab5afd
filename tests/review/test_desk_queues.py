"""Queues: who gets what, in which order, how often, and when a queue is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.database import Database
from core.pool import arrivals, filters, standing, tasks
from core.pool.arrivals import NewTask
from core.pool.filters import Filter
from core.pool.judgement import AGAIN, Judgement
from core.pool.queue_items import QueueOrder, place, uncertainty
from core.records import Grade, Refused, text_hash
from core.review import bulk, desk, differences, editing, progress
from core.review import queues as pool_queues
from core.review.editing import Text
from core.review.rows import acts, queues, rating_history
from tests.review.pool_of_texts import open_at, pool_of


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_at(tmp_path)


def _queue(
    database: Database, pool_id: int, name: str = "work", fitting: Filter | None = None, **options: object
) -> int:
    with database.write() as c:
        return queues.create(c, pool_id, name, fitting, **options)  # type: ignore[arg-type]


def _served(database: Database, queue: int, reviewer: str, n: int, grade: Grade = Grade.A) -> list[int]:
    """The instances that a reviewer gets, rating each."""
    seen, shown = [], desk.open_queue(database, queue, reviewer)
    while shown is not None and len(seen) < n:
        seen.append(shown.instance_id)
        shown = desk.judge(database, shown, reviewer, Judgement(grade))
    return seen


def _counts(database: Database, queue: int) -> tuple[int, int]:
    with database.read() as c:
        found = queues.get(c, queue)
        return found.waiting, found.done


def test_oldest_first_is_the_order_of_arrival(database):
    queue = _queue(database, pool_of(database, 6))
    got = _served(database, queue, "ann", 6)
    assert got == sorted(got)


def test_a_random_order_is_the_same_for_the_same_seed_on_any_machine(database):
    pool_id = pool_of(database, 20)
    one = _queue(database, pool_id, "one", order=QueueOrder.RANDOM, seed=5, wanted=2)
    two = _queue(database, pool_id, "two", order=QueueOrder.RANDOM, seed=6, wanted=2)
    first = _served(database, one, "ann", 20)
    assert first != sorted(first)
    assert first != _served(database, two, "bob", 20)
    assert place(QueueOrder.RANDOM, 5, 11, 1, 0, 0, 3) == 148701768839173


def test_least_reviewed_comes_first(database):
    pool_id = pool_of(database, 6)
    queue = _queue(database, pool_id, order=QueueOrder.LEAST_REVIEWED, wanted=3)
    by_ann = _served(database, queue, "ann", 2)
    assert set(_served(database, queue, "bob", 2)).isdisjoint(by_ann)


def test_the_most_uncertain_comes_first(database):
    pool_id = pool_of(database, 4)
    everything = _queue(database, pool_id, "all", wanted=2)
    ids = _served(database, everything, "ann", 3, Grade.A)
    shown = desk.look_at(database, everything, ids[2], "bob")
    desk.judge(database, shown, "bob", Judgement(Grade.D))
    queue = _queue(database, pool_id, "doubtful", order=QueueOrder.MOST_UNCERTAIN, wanted=3)
    assert _served(database, queue, "cyd", 1) == [ids[2]]
    assert uncertainty([Grade.A, Grade.B], [True, True]) < uncertainty([Grade.B], [True]) < uncertainty([], [])


def test_an_item_comes_back_until_it_has_the_ratings_that_the_queue_wants(database):
    queue = _queue(database, pool_of(database, 2), wanted=2)
    assert len(_served(database, queue, "ann", 9)) == 2
    assert _counts(database, queue) == (2, 0)
    assert len(_served(database, queue, "bob", 9)) == 2
    assert _counts(database, queue) == (0, 2)
    assert desk.open_queue(database, queue, "cyd") is None


def test_without_overlap_two_reviewers_never_have_one_item_and_with_it_they_may(database):
    pool_id = pool_of(database, 1)
    apart = _queue(database, pool_id, "apart", wanted=2)
    assert desk.open_queue(database, apart, "ann") is not None
    assert desk.open_queue(database, apart, "bob") is None
    assert pool_queues.onward(database, apart, "bob").held == 1, "not done: ann has it before her"
    together = _queue(database, pool_id, "together", wanted=2, overlap=True)
    assert desk.open_queue(database, together, "bob") is not None
    assert desk.open_queue(database, together, "cyd") is None


def test_a_filter_finds_what_it_says_and_nothing_else(database):
    pool_id = pool_of(database, 30)
    with database.read() as c:
        assert filters.count(c, pool_id, Filter()) == 30
        assert filters.count(c, pool_id, Filter(contains="NUMBER 1")) == 11
        assert filters.count(c, pool_id, Filter(contains="output 2", within="output")) == 11
        assert filters.count(c, pool_id, Filter(contains="100%_")) == 0
        assert filters.count(c, pool_id, Filter(is_classification=True)) == 10
        assert filters.count(c, pool_id, Filter(demo=False)) == 15
        assert filters.count(c, pool_id, Filter(seed_from=0.35, seed_to=0.6)) == 9
        assert filters.count(c, pool_id, Filter(origin="import")) == 0
        assert filters.count(c, pool_id, Filter(length_to=40)) == 0
    with pytest.raises(Refused, match="criterion"):
        Filter.of({"grade; drop table": 1})
    assert Filter.of(Filter(grades=("A",), run_id=3).as_saved()) == Filter(grades=("A",), run_id=3)


def test_a_filter_can_ask_for_what_was_said(database):
    pool_id = pool_of(database, 5)
    queue = _queue(database, pool_id, wanted=2)
    a, b, *_ = _served(database, queue, "ann", 2, Grade.A)
    desk.judge(database, desk.look_at(database, queue, a, "bob"), "bob", Judgement(Grade.C, flags=("odd",)))
    with database.read() as c:
        found = lambda wanted: [row.id for row in filters.matching(c, pool_id, wanted)]  # noqa: E731
        assert found(Filter(disagreement=True)) == [a]
        assert found(Filter(grades=("A", "B"))) == [b]
        assert found(Filter(flag="odd")) == [a]
        assert found(Filter(rated="rated")) == [a, b]
        assert len(found(Filter(rated="unrated"))) == 3
        assert filters.flags(c, pool_id) == {"odd": 1}
        assert differences.waiting(c, pool_id, "lead") == [a]


def test_a_queue_over_chosen_tasks_holds_just_them_and_is_made_once(database):
    pool_id = pool_of(database, 9)
    with database.write() as c:
        some = [row.task_id for row in filters.matching(c, pool_id, Filter())][2:5]
        queue = queues.of_tasks(c, pool_id, "write › poem", some, "ann")
        assert queues.of_tasks(c, pool_id, "write › poem", some, "ann") == queue
        other = queues.of_tasks(c, pool_id, "write › poem", some[:1], "ann")
        assert other != queue
        assert queues.get(c, queue).total == 3 and queues.get(c, other).total == 1


def test_new_arrivals_join_an_open_queue(database):
    pool_id = pool_of(database, 1)
    queue = _queue(database, pool_id)
    with database.write() as c:
        one = arrivals.NewInstance("", "later")
        arrivals.add(c, pool_id, [NewTask(tasks.Origin.IMPORT, "A later task.", instances=(one,))])
    assert desk.open_queue(database, queue, "ann") is not None
    assert _counts(database, queue) == (2, 0)
    assert len(_served(database, queue, "ann", 9)) == 2


def test_an_edited_item_returns_to_the_queue(database):
    queue = _queue(database, pool_of(database, 2))
    first = _served(database, queue, "ann", 2)[0]
    assert _counts(database, queue) == (0, 2)
    with database.read() as c:
        hash_now, _ = standing.of(c, first, "ann")
    editing.edit(database, first, hash_now, Text("New.", "", "New."), "bob")
    assert _counts(database, queue) == (1, 1)
    assert _served(database, queue, "ann", 1) == [first]


@pytest.mark.parametrize("order", list(QueueOrder))
def test_an_edited_item_comes_before_what_nobody_has_seen(database, order):
    queue = _queue(database, pool_of(database, 20), order=order, seed=5, wanted=2)
    done = _served(database, queue, "ann", 8)
    for edited in (done[1], done[4]):
        with database.read() as c:
            hash_now, _ = standing.of(c, edited, "ann")
        editing.edit(database, edited, hash_now, Text(f"New {edited}.", "", "New."), "bob")
    in_hand = _served(database, queue, "ann", 1)  # what she had before her when the others were edited
    assert not {done[1], done[4]} & set(in_hand)
    assert set(_served(database, queue, "ann", 2)) == {done[1], done[4]}
    after = _served(database, queue, "ann", 20)
    assert not set(after) & {*done, *in_hand}
    assert len(after) == 20 - 8 - 1


def test_a_queue_that_asks_for_a_flag_takes_up_what_was_flagged_since(database):
    pool_id = pool_of(database, 5)
    odd = _queue(database, pool_id, name="odd ones", fitting=Filter(flag="odd"), wanted=2)
    assert desk.open_queue(database, odd, "bob") is None
    shown = desk.open_queue(database, _queue(database, pool_id), "ann")
    assert shown is not None
    desk.judge(database, shown, "ann", Judgement(Grade.B, flags=("odd",)))
    found = desk.open_queue(database, odd, "bob")
    assert found is not None and found.instance_id == shown.instance_id


def test_hidden_repeats_come_later_are_blind_and_measure_self_consistency(database):
    pool_id = pool_of(database, 60)
    queue = _queue(database, pool_id, seed=3, repeat_share=0.4)
    shown = desk.open_queue(database, queue, "ann")
    seen, repeats = [], []
    while shown is not None:
        with database.read() as c:
            view = desk.view(c, shown, "ann")
        assert view.mine is None and view.others == ()
        assert desk.open_queue(database, queue, "ann") == shown
        (repeats if shown.round == AGAIN else seen).append(shown.instance_id)
        if shown.round == AGAIN:
            assert shown.instance_id in seen[:-9]
        shown = desk.judge(database, shown, "ann", Judgement(Grade.A if shown.round != AGAIN else Grade.B))
    assert len(seen) == len(set(seen)) == 60
    assert len(repeats) == len(set(repeats)) >= 10
    with database.read() as c:
        (ann,) = progress.of_reviewers(c, pool_id, queue)
        assert (ann.rated, ann.in_queue) == (60, 60)
        assert (ann.with_self.same, ann.with_self.n) == (0, len(repeats))
        assert standing.grade_of(c, repeats[0]) is Grade.A


def test_gold_items_are_mixed_in_and_compared_with_their_known_answer(database):
    pool_id = pool_of(database, 40)
    everything = _queue(database, pool_id)
    with database.read() as c:
        golden = [row.id for row in filters.matching(c, pool_id, Filter())][-5:]
        hashes = {one: standing.of(c, one, "lead")[0] for one in golden}
    for one in golden:
        differences.known_answer(database, one, hashes[one], Grade.C, "lead")
    assert _counts(database, everything) == (40, 0)
    with database.read() as c:
        first_ten = [row.task_id for row in filters.matching(c, pool_id, Filter())][:20]
    queue = _queue(database, pool_id, "with gold", Filter(task_ids=tuple(first_ten)), seed=1, gold_share=0.5)
    got = _served(database, queue, "ann", 30, Grade.C)
    assert set(golden) <= set(got) and len(got) == len(set(got))
    with database.read() as c:
        (ann,) = progress.of_reviewers(c, pool_id)
    assert (ann.with_gold.same, ann.with_gold.n) == (5, 5)


def test_the_last_word_settles_what_counts_and_leaves_the_ratings_alone(database):
    pool_id = pool_of(database, 1)
    queue = _queue(database, pool_id, wanted=2)
    (one,) = _served(database, queue, "ann", 1, Grade.A)
    _served(database, queue, "bob", 1, Grade.D)
    with database.read() as c:
        (waiting,) = differences.waiting(c, pool_id, "lead")
        shown = differences.get(c, waiting)
    assert sorted(rating.grade for rating in shown.ratings) == [Grade.A, Grade.D]
    differences.last_word(database, one, shown.item.text_hash, Judgement(Grade.B, note="usable"), "ann")
    with database.read() as c:
        assert differences.waiting(c, pool_id, "lead") == []
        assert standing.grade_of(c, one) is Grade.B
        assert sorted(rating.grade for rating in standing.current(c, one)) == [Grade.A, Grade.D]
        assert progress.pool_agreement(c, pool_id).n == 1


def test_pace_leaves_breaks_out():
    assert progress.pace([10_000.0, 9_990.0, 9_980.0, 100.0, 90.0]) == pytest.approx(360)
    assert progress.pace([5.0]) is None


def test_pace_does_not_count_what_was_taken_back(database):
    pool_id = pool_of(database, 3)
    queue = _queue(database, pool_id)
    _served(database, queue, "ann", 3)
    with database.read() as c:
        before = rating_history.times(c, pool_id, "ann")
    desk.undo(database, queue, "ann")
    with database.read() as c:
        assert rating_history.times(c, pool_id, "ann") == before[1:]


def test_what_is_left_for_a_reviewer_is_what_waits_and_they_have_neither_rated_nor_skipped(database):
    pool_id = pool_of(database, 6)
    one, two = _queue(database, pool_id, "one"), _queue(database, pool_id, "two", wanted=2)

    def left(queue: int, reviewer: str) -> int:
        with database.read() as c:
            return progress.left_for(c, queues.get(c, queue), reviewer)

    _served(database, two, "ann", 2)
    assert [left(queue, who) for queue in (one, two) for who in ("ann", "bob")] == [4, 4, 4, 6]
    shown = desk.open_queue(database, two, "ann")
    assert shown is not None
    desk.skip(database, shown, "ann")
    assert [left(queue, who) for queue in (one, two) for who in ("ann", "bob")] == [3, 4, 3, 6]
    _served(database, two, "bob", 2)
    assert [left(queue, who) for queue in (one, two) for who in ("ann", "bob")] == [3, 4, 3, 4]
    desk.undo(database, two, "ann")
    assert left(two, "ann") == 4
    with database.read() as c:
        rated = rating_history.of_pool(c, pool_id)[0]
        hash_now = standing.of(c, rated.instance_id, "ann")[0]
    editing.edit(database, rated.instance_id, hash_now, Text("New.", "", "New."), "cyd")
    assert left(two, "ann") == 5, "an edited text waits for everybody again"
    with database.read() as c:
        assert [person.left for person in progress.of_reviewers(c, pool_id, two)] == [5, 5]
        assert progress.of_reviewers(c, pool_id)[0].left is None
    assert progress.seconds_left(5, 60.0) == 300.0 and progress.seconds_left(5, None) is None


def test_reject_all_that_contain_is_previewed_done_once_and_undone_once(database):
    pool_id = pool_of(database, 30)
    queue = _queue(database, pool_id)
    seen = bulk.fitting(database, pool_id, Filter(contains="number 2"))
    assert seen.n == 11
    event = bulk.reject(database, seen, "draws a picture", "ann")
    assert _counts(database, queue) == (19, 0)
    with database.read() as c:
        assert filters.count(c, pool_id, Filter(contains="number 2")) == 0
        last = desk.last_act(c, pool_id, "ann")
        assert last is not None and last.event is not None and last.event.n == 11
    assert editing.undo(database, event.id, "ann") == 11
    assert _counts(database, queue) == (30, 0)
    with database.read() as c:
        assert filters.count(c, pool_id, Filter()) == 30
        assert desk.last_act(c, pool_id, "ann") is None
        assert [one.undone for one in acts.of_pool(c, pool_id)] == [True]
    with pytest.raises(Refused, match="undone before"):
        editing.undo(database, event.id, "ann")


def test_a_bulk_act_on_another_number_than_previewed_is_refused(database):
    pool_id = pool_of(database, 12)
    seen = bulk.fitting(database, pool_id, Filter(contains="number 1"))
    bulk.reject(database, bulk.fitting(database, pool_id, Filter(contains="number 11")), "one of them", "bob")
    with pytest.raises(Refused, match="instead of"):
        bulk.reject(database, seen, "all of them", "ann")


def test_a_flag_on_many_is_one_event(database):
    pool_id = pool_of(database, 10)
    event = bulk.flag(database, bulk.fitting(database, pool_id, Filter(demo=True)), " look  again ", "ann")
    with database.read() as c:
        assert filters.flags(c, pool_id) == {"look again": 5}
    editing.undo(database, event.id, "ann")
    with database.read() as c:
        assert filters.flags(c, pool_id) == {}
    with pytest.raises(Refused, match="flag has"):
        bulk.flag(database, bulk.fitting(database, pool_id, Filter(demo=True)), " ", "ann")


def test_undo_at_the_desk_takes_back_a_rejection_too(database):
    pool_id = pool_of(database, 3)
    queue = _queue(database, pool_id)
    shown = desk.open_queue(database, queue, "ann")
    assert shown is not None
    editing.reject(database, shown.instance_id, shown.text_hash, "broken", "ann")
    assert _counts(database, queue) == (2, 0)
    desk.undo(database, queue, "ann")
    assert _counts(database, queue) == (3, 0)


def test_the_hash_of_a_text_is_that_of_the_records(database):
    pool_id = pool_of(database, 1)
    with database.read() as c:
        (row,) = filters.matching(c, pool_id, Filter())
        assert standing.of(c, row.id, "x")[0] == text_hash("Describe colour number 0.", "input 0.0", "output 0.0")
