"""What a screen saw is named by every act: an old tab changes nothing, and nobody sees answers too early."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.database import Database
from core.pool import drafts, filters, standing
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Grade, Refused
from core.review import bulk, desk, differences, editing, queues
from core.review.desk import Shown
from core.review.editing import Text
from tests.review.pool_of_texts import open_at, pool_of

A, B, D = Judgement(Grade.A), Judgement(Grade.B), Judgement(Grade.D)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_at(tmp_path)


def _opened(database: Database, queue: int, reviewer: str) -> Shown:
    shown = desk.open_queue(database, queue, reviewer)
    assert shown is not None
    return shown


def _grades(database: Database, instance_id: int) -> list[Grade | None]:
    with database.read() as c:
        return [one.grade for one in standing.current(c, instance_id)]


def test_skip_in_an_old_tab_leaves_the_rating_that_was_given_in_another(database):
    queue = queues.make(database, pool_of(database, 2), "work").id
    old_tab = _opened(database, queue, "ann")
    desk.judge(database, old_tab, "ann", A)
    with pytest.raises(Refused, match="another window"):
        desk.skip(database, old_tab, "ann")
    assert _grades(database, old_tab.instance_id) == [Grade.A]


def test_skip_of_a_text_that_was_edited_or_taken_out_since_is_refused(database):
    queue = queues.make(database, pool_of(database, 2), "work").id
    shown = _opened(database, queue, "ann")
    editing.edit(database, shown.instance_id, shown.text_hash, Text("New.", "", "new"), "bob")
    with pytest.raises(Refused, match="edited"):
        desk.skip(database, shown, "ann")
    now = desk.look_at(database, queue, shown.instance_id, "ann")
    editing.reject(database, now.instance_id, now.text_hash, "no", "bob")
    with pytest.raises(Refused, match="taken out"):
        desk.skip(database, now, "ann")


def test_what_is_begun_in_an_old_tab_does_not_hide_the_rating_given_in_another(database):
    queue = queues.make(database, pool_of(database, 2), "work").id
    old_tab = _opened(database, queue, "ann")
    desk.judge(database, old_tab, "ann", replace(A, note="whole"))
    with pytest.raises(Refused, match="another window"):
        desk.begin(database, old_tab, "ann", Judgement(note="half"))
    with database.read() as c:
        assert drafts.get(c, old_tab.instance_id, "ann", old_tab.text_hash) is None


def test_a_last_word_is_of_the_answers_that_were_seen(database):
    pool_id = pool_of(database, 1)
    with database.read() as c:
        (row,) = filters.matching(c, pool_id, Filter())
    queue = queues.make(database, pool_id, "work", wanted=2).id
    for reviewer, said in (("ann", A), ("bob", D)):
        desk.judge(database, _opened(database, queue, reviewer), reviewer, said)
    seen = differences.walk(database, pool_id, "lead").shown
    assert seen is not None and not seen.is_party("lead") and seen.is_party("ann")
    again = desk.look_at(database, queue, row.id, "bob")
    desk.judge(database, again, "bob", B)
    with pytest.raises(Refused, match="since it was shown"):
        differences.last_word(database, row.id, again.text_hash, B, "lead", seen.seen)
    now = differences.walk(database, pool_id, "lead").shown
    assert now is not None
    differences.last_word(database, row.id, again.text_hash, B, "ann", now.seen)
    with pytest.raises(Refused, match="since it was shown"):
        differences.last_word(database, row.id, again.text_hash, D, "lead", now.seen)
    walked = differences.walk(database, pool_id, "lead")
    assert (walked.settled, walked.by_a_party, walked.waiting) == (1, 1, ())


def test_what_nobody_has_rated_is_not_settled(database):
    pool_id = pool_of(database, 1)
    queue = queues.make(database, pool_id, "work").id
    shown = _opened(database, queue, "ann")
    with pytest.raises(Refused, match="nothing to settle"):
        differences.last_word(database, shown.instance_id, shown.text_hash, A, "lead")


def test_a_bulk_act_on_as_many_others_than_were_shown_is_refused(database):
    pool_id = pool_of(database, 6)
    wanted = Filter(contains="tag")
    texts = {}
    with database.read() as c:
        ids = [row.id for row in filters.matching(c, pool_id, Filter())]
    for instance_id in ids[:2]:
        shown = desk.look_at(database, queues.make(database, pool_id, f"q{instance_id}").id, instance_id, "ann")
        editing.edit(database, instance_id, shown.text_hash, Text(f"{instance_id} tag.", "", "o"), "ann")
        texts[instance_id] = shown
    seen = bulk.fitting(database, pool_id, wanted)
    assert seen.n == 2
    queue = queues.make(database, pool_id, "more").id
    gone, come = ids[0], ids[4]
    for instance_id, text in ((gone, "plain."), (come, "another tag.")):
        shown = desk.look_at(database, queue, instance_id, "ann")
        editing.edit(database, instance_id, shown.text_hash, Text(text, "", "o"), "ann")
    with pytest.raises(Refused, match="Other instances"):
        bulk.reject(database, seen, "bad", "ann")
    assert bulk.fitting(database, pool_id, Filter()).n == 6


def test_another_reviewers_rating_is_not_shown_before_the_queue_has_all_it_wants(database):
    queue = queues.make(database, pool_of(database, 1), "work", wanted=3).id
    for reviewer, said in (("ann", A), ("bob", D)):
        desk.judge(database, _opened(database, queue, reviewer), reviewer, said)
    back = desk.look_at(database, queue, 2, "bob")
    seen = desk.screen(database, queue, back, "bob").view
    assert seen is not None and seen.mine is not None and seen.others == ()
    desk.judge(database, _opened(database, queue, "cyd"), "cyd", B)
    seen = desk.screen(database, queue, back, "bob").view
    assert seen is not None and {one.reviewer for one in seen.others} == {"ann", "cyd"}


def test_a_further_reviewer_who_has_not_finished_changes_nothing_in_the_list_of_the_others(database):
    pool_id = pool_of(database, 2)
    two = queues.make(database, pool_id, "two", wanted=2).id
    for reviewer in ("ann", "bob"):
        for _ in range(2):
            desk.judge(database, _opened(database, two, reviewer), reviewer, A)
    four = queues.make(database, pool_id, "four", wanted=4).id
    assert differences.walk(database, pool_id, "ann").waiting == ()
    shown = _opened(database, four, "cyd")
    desk.judge(database, shown, "cyd", D)
    assert differences.walk(database, pool_id, "ann").waiting == ()
    desk.judge(database, desk.look_at(database, four, shown.instance_id, "dan"), "dan", A)
    walked = differences.walk(database, pool_id, "ann")
    assert walked.waiting == (shown.instance_id,)
    assert walked.shown is not None and len(walked.shown.ratings) == 4


def test_what_is_settled_is_no_longer_what_reviewers_differ_on(database):
    pool_id = pool_of(database, 2)
    queue = queues.make(database, pool_id, "work", wanted=2).id
    for reviewer, said in (("ann", A), ("bob", D)):
        desk.judge(database, _opened(database, queue, reviewer), reviewer, said)
    differ = Filter(disagreement=True)
    assert queues.workload(database, pool_id, differ).items == 1
    shown = differences.walk(database, pool_id, "lead").shown
    assert shown is not None
    differences.last_word(database, shown.item.instance_id, shown.item.text_hash, B, "lead", shown.seen)
    assert queues.workload(database, pool_id, differ).items == 0


def test_gold_items_are_mixed_in_only_where_an_answer_is_known(database):
    pool_id = pool_of(database, 2)
    with pytest.raises(Refused, match="known answer"):
        queues.make(database, pool_id, "gold", gold_share=0.1)
    shown = _opened(database, queues.make(database, pool_id, "work").id, "ann")
    differences.known_answer(database, shown.instance_id, shown.text_hash, Grade.A, "ann")
    assert queues.make(database, pool_id, "gold", gold_share=0.1).gold_share == 0.1
