"""Judging an audit: blind, in one order for all, whole or not at all, and settled by a last word."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.audit import audit as audits_of
from core.audit import judging, results
from core.audit.report_html import html
from core.audit.report_markdown import markdown
from core.audit.rows import audit_answers
from core.database import Database
from core.database.schema import ratings
from core.pool import edits
from core.pool.judgement import Judgement
from core.records import Grade, Refused
from tests.audit.audits import BAD, GOOD, draw, ids_at, judge, judge_next, pool_of

# Judging


def test_everybody_judges_every_item_in_the_same_order(database: Database):
    pool = pool_of(database, 12)
    made = draw(database, pool, size=4)
    both = [[judge_next(database, made, who) for _ in range(4)] for who in ("ines", "jonas")]
    assert both == [[1, 2, 3, 4], [1, 2, 3, 4]]
    assert judging.turn(database, made, "ines") is None
    with database.read() as c:
        assert audit_answers.progress(c, made) == {"ines": 4, "jonas": 4}
        assert len(audit_answers.standing_ratings(c, made, made.round)) == 8


def test_two_reviewers_on_one_item_at_once_both_count(database: Database):
    pool = pool_of(database, 3)
    made = draw(database, pool, size=3)
    hers, his = judging.turn(database, made, "ines"), judging.turn(database, made, "jonas")
    assert hers.item == his.item
    judging.hand_in(database, made, hers, "ines", GOOD)
    judging.hand_in(database, made, his, "jonas", BAD)
    with database.read() as c:
        [first, *_] = audits_of.judged_items(c, made)
    assert {rating.reviewer: rating.grade for rating in first.ratings} == {"ines": Grade.A, "jonas": Grade.D}
    assert first.is_disputed


def test_a_turn_shows_nothing_of_what_others_said(database: Database):
    pool = pool_of(database, 3)
    made = draw(database, pool, size=3)
    judge(database, made, "ines", lambda item: Judgement(Grade.C, None, True, True, False, note="secret of Ines"))
    assert "secret" not in repr(judging.turn(database, made, "jonas"))
    assert judging.turn(database, made, "jonas").said == Judgement()


def test_an_item_is_handed_in_whole_or_not_at_all(database: Database):
    pool = pool_of(database, 3)
    made = draw(database, pool, size=3)
    turn = judging.turn(database, made, "ines")
    for short in (Judgement(Grade.A, None, True, True, None), Judgement(None, True, True, True, True)):
        with pytest.raises(Refused, match="three questions and give a grade"):
            judging.hand_in(database, made, turn, "ines", short)
    with database.read() as c:
        assert audit_answers.progress(c, made) == {}


def test_a_second_window_cannot_overwrite_what_the_first_said(database: Database):
    pool = pool_of(database, 3)
    made = draw(database, pool, size=3)
    with database.write() as c:
        edits.change_instance(c, *ids_at(c, made, 1), "edited", "since")  # the guard holds for edited texts too
    stale = judging.turn(database, made, "ines", 1)
    judging.hand_in(database, made, judging.turn(database, made, "ines", 1), "ines", GOOD)
    with pytest.raises(Refused, match="another window"):
        judging.hand_in(database, made, stale, "ines", BAD)
    with database.read() as c:
        assert audit_answers.answer(c, made, stale.item.instance_id, "ines").said.grade is Grade.A


def test_what_was_begun_outlives_a_reload(database: Database):
    pool = pool_of(database, 3)
    made = draw(database, pool, size=3)
    begun = Judgement(instruction_valid=True, output_correct=False, note="half way")
    judging.begin(database, made, judging.turn(database, made, "ines"), "ines", begun)
    assert judging.turn(database, made, "ines").said == begun
    assert judging.turn(database, made, "jonas").said == Judgement()


def test_undo_goes_back_step_by_step_and_only_ever_adds_to_the_history(database: Database):
    pool = pool_of(database, 9)
    made = draw(database, pool, size=3)
    for said in (GOOD, BAD, GOOD):
        judge_next(database, made, "ines", said)
    judge_next(database, made, "jonas")
    with database.read() as c:
        before = c.execute(sa.select(ratings).order_by(ratings.c.id)).all()
    assert [judging.take_back(database, made, "ines") for _ in range(4)] == [3, 2, 1, None]
    with database.read() as c:
        after = c.execute(sa.select(ratings).order_by(ratings.c.id)).all()
        assert after[: len(before)] == before and len(after) == len(before) + 3
        assert audit_answers.progress(c, made) == {"jonas": 1}
    again = judging.turn(database, made, "ines", 2)
    assert again.said.output_correct is False and again.said.grade is None


def test_undoing_a_second_thought_brings_the_first_one_back(database: Database):
    pool = pool_of(database, 3)
    made = draw(database, pool, size=3)
    judge_next(database, made, "ines", GOOD)
    judging.hand_in(database, made, judging.turn(database, made, "ines", 1), "ines", BAD)
    assert judging.turn(database, made, "ines", 1).said.grade is Grade.D
    judging.take_back(database, made, "ines")
    assert judging.turn(database, made, "ines", 1).said.grade is Grade.A


def test_what_is_left_for_later_comes_after_all_others(database: Database):
    pool = pool_of(database, 3)
    made = draw(database, pool, size=3)
    judging.pass_on(database, made, judging.turn(database, made, "ines"), "ines")
    assert [judge_next(database, made, "ines") for _ in range(3)] == [2, 3, 1]


def test_the_last_word_settles_what_reviewers_differ_on(database: Database):
    pool = pool_of(database, 2)
    made = draw(database, pool, size=2)
    judge(database, made, "ines", lambda item: GOOD)
    judge(database, made, "jonas", lambda item: BAD if item.position == 1 else GOOD)
    with database.read() as c:
        assert audits_of.found(c, made).valid.yes == 1
    judging.settle(database, made, 1, "kim", Judgement(Grade.B))
    with database.read() as c:
        found = audits_of.found(c, made)
        assert found.valid.yes == 2 and found.disputed == (1,)
        assert found.agreement.reviewers == ("ines", "jonas"), "the last word is no third opinion"
        assert found.open == () and found.by_party == ()
        assert found.differences == "Reviewers differ on 1 item; 1 is settled by a last word."


def test_who_is_party_to_a_difference_may_settle_it_and_that_is_told_everywhere(database: Database):
    pool = pool_of(database, 3)
    made = draw(database, pool, size=3)
    judge(database, made, "ines", lambda item: GOOD)
    judge(database, made, "jonas", lambda item: BAD if item.position < 3 else GOOD)
    judging.settle(database, made, 1, "ines", Judgement(Grade.A))
    shown = results.result(database, made.id, "jonas")
    assert (shown.found.disputed, shown.found.open, shown.found.by_party) == ((1, 2), (2,), (1,))
    said = "Reviewers differ on 2 items; 1 is settled by a last word, 1 of them by one of those who differ."
    assert shown.found.differences == said
    for told in (markdown(shown.report), html(shown.report)):
        assert said in told and told.count("adjudication, by one of those who differ") == 1


def test_a_reviewer_who_still_judges_does_not_change_the_list_of_those_who_are_done(database: Database):
    pool = pool_of(database, 3)
    made = draw(database, pool, size=3)
    judge(database, made, "ines", lambda item: GOOD)
    judge(database, made, "jonas", lambda item: BAD if item.position == 2 else GOOD)
    judge_next(database, made, "kim", BAD)
    with database.read() as c:
        assert audits_of.found(c, made).disputed == (2,)
    judge_next(database, made, "kim", BAD)
    judge_next(database, made, "kim", BAD)
    with database.read() as c:
        assert audits_of.found(c, made).disputed == (1, 2, 3), "done, they are a reviewer like the others"


def test_while_one_alone_is_done_all_that_differs_is_listed(database: Database):
    pool = pool_of(database, 3)
    made = draw(database, pool, size=3)
    judge(database, made, "ines", lambda item: GOOD)
    judge(database, made, "jonas", lambda item: BAD if item.position == 2 else None)
    with database.read() as c:
        assert audits_of.found(c, made).disputed == (2,), "such as an imported file with answers to a part"


def test_an_adjudicator_who_has_judged_nothing_is_no_reviewer_and_judges_late_from_then_on(database: Database):
    pool = pool_of(database, 3)
    made = draw(database, pool, size=3)
    judge(database, made, "ines", lambda item: GOOD)
    judge(database, made, "jonas", lambda item: BAD)
    judging.settle(database, made, 1, "kim", Judgement(Grade.B))
    with database.read() as c:
        assert audits_of.found(c, made).agreement.reviewers == ("ines", "jonas")
        assert "kim" in audit_answers.looks(c, made), "they have seen what others said"
    judge(database, made, "kim", lambda item: GOOD)
    shown = results.result(database, made.id, "kim")
    assert shown.report.after_looking == {"kim": 3}
