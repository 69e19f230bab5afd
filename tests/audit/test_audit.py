"""An audit: drawn at random and reproducible to the item, frozen, judged blind by everybody, honest about the pool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.__main__ import main
from core.audit import audit as audits_of
from core.audit import judging, results
from core.audit.audit_estimate import estimate_for, estimate_of_pool
from core.audit.comparison import changes
from core.audit.frozen import Audit
from core.audit.report_html import html
from core.audit.report_markdown import markdown
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.database.schema import instances, ratings
from core.diversity.rows import parses
from core.pool import arrivals, edits, standing, tallies, tasks
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Grade, Refused, State, text_hash
from core.statistics.sampling import Allocation
from tests.audit.audits import BAD, GOOD, judge, pool_of

ROOT = Path(__file__).parents[2]


def draw(database: Database, pool_id: int, **how: object) -> Audit:
    return audits_of.new(database, pool_id, **how)


def test_a_text_that_is_edited_while_the_sample_is_drawn_is_drawn_as_it_is_then(database, monkeypatch):
    pool = pool_of(database, 12)
    calm, tries = audits_of.draw, []

    def overtaken(*how):
        tries.append(calm(*how))
        if len(tries) == 1:  # another program edits a drawn text between the draw and the write
            its = tries[0].items[0]
            with database.write() as c:
                edits.change_instance(c, its.task_id, its.instance_id, "edited", "in between")
        return tries[-1]

    monkeypatch.setattr(audits_of, "draw", overtaken)
    made = draw(database, pool, size=5, seed=3)
    assert len(tries) == 2
    with database.read() as c:
        first = audits.item(c, made, 1)
        assert (first.input, first.output, first.changed) == ("edited", "in between", False)
        assert [one.id for one in audits.of_pool(c, pool)] == [made.id], "the attempt that was overtaken left nothing"


def drawn(database: Database, audit: Audit) -> list[tuple[int, int, str]]:
    with database.read() as c:
        return [(item.task_id, item.instance_id, item.text_hash) for item in audits.every_item(c, audit)]


def judge_next(database: Database, audit: Audit, reviewer: str, said: Judgement = GOOD) -> int:
    """Judge whatever is next for a reviewer; return its place."""
    turn = judging.turn(database, audit, reviewer)
    judging.hand_in(database, audit, turn, reviewer, said)
    return turn.item.position


# The draw


@pytest.mark.slow
def test_a_seed_draws_the_same_items_in_the_same_order_in_any_process(database: Database):
    pool_of(database, 60, instances=3)
    asked = [sys.executable, "-m", "core", "audit", "things", "--size", "20", "--seed", "7", "--json"]
    answers = []
    for hash_seed in ("1", "2"):
        around = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(asked, cwd=ROOT, env=around, capture_output=True, text=True, check=True)
        answers.append(json.loads(done.stdout))
    first, second = answers
    assert first["id"] != second["id"]
    assert first["items"] == second["items"]
    assert first["fingerprint"] == second["fingerprint"]
    assert len({item["task"] for item in first["items"]}) == 20
    with database.read() as c:
        for item in first["items"]:
            stored = tasks.instance(c, item["instance"])
            assert (item["input"], item["output"]) == (stored.input, stored.output)
            assert item["text_hash"] == text_hash(item["instruction"], item["input"], item["output"])


def test_another_seed_draws_other_items(database: Database):
    pool = pool_of(database, 60)
    assert drawn(database, draw(database, pool, size=20, seed=1)) != drawn(
        database, draw(database, pool, size=20, seed=2)
    )


def test_each_drawn_task_gives_one_instance_and_no_task_comes_twice(database: Database):
    pool = pool_of(database, 30, instances=4)
    items = drawn(database, draw(database, pool, size=30))
    assert len({task for task, _, _ in items}) == 30
    with database.read() as c:
        places = [tasks.instance(c, instance).position for _, instance, _ in items]
    assert len(set(places)) > 1, "the instance is random, not always the first"


def test_seeds_and_what_was_rejected_are_never_drawn(database: Database):
    pool = pool_of(database, 10)
    with database.write() as c:
        gone = tasks.page(c, pool)[3].id
        tasks.set_state(c, gone, State.REJECTED, "unwanted")
        seeds = {task.id for task in tasks.seeds(c, pool)}
    found = {task for task, _, _ in drawn(database, draw(database, pool, size=100))}
    assert len(found) == 9 and gone not in found and not found & seeds


def test_the_population_is_what_the_filter_says(database: Database):
    pool = pool_of(database, 30)
    made = draw(database, pool, wanted=Filter(is_classification=True, contains="thing 1"))
    with database.read() as c:
        texts = {item.instruction for item in audits.every_item(c, made)}
    assert texts == {f"Do thing {k}." for k in (12, 15, 18)}
    assert made.tasks == {"": 3}
    assert audits_of.in_words(made.filter) == "“thing 1” in any field; classification tasks"


def test_an_empty_population_and_a_senseless_size_are_refused_in_words(database: Database):
    pool = pool_of(database, 3)
    with pytest.raises(Refused, match="widen the filter"):
        draw(database, pool, wanted=Filter(contains="no such text"))
    with pytest.raises(Refused, match="at least 1"):
        draw(database, pool, size=0)
    with pytest.raises(Refused, match="classification, source, run"):
        draw(database, pool, stratify_by="mood")
    with pytest.raises(Refused, match="18 digits"):
        draw(database, pool, seed=2**63)
    with database.read() as c:
        assert audits.of_pool(c, pool) == []


def test_a_stratified_sample_is_shared_out_as_asked(database: Database):
    pool = pool_of(database, 30)
    made = draw(database, pool, size=10, stratify_by="classification", allocation=Allocation.EQUAL)
    assert made.tasks == {"no": 20, "yes": 10}
    with database.read() as c:
        strata = [item.stratum for item in audits.every_item(c, made)]
    assert strata.count("yes") == strata.count("no") == 5


def test_the_stored_sample_has_the_fingerprint_of_the_draw(database: Database):
    pool = pool_of(database, 20, instances=2)
    made = draw(database, pool, size=8, seed=3, stratify_by="source")
    with database.read() as c:
        again = audits_of.sample(c, made)
    assert again.fingerprint == made.fingerprint


# Frozen texts


def test_a_text_edited_after_the_draw_is_judged_as_it_was_and_the_rating_is_not_one_of_the_new_text(database: Database):
    pool = pool_of(database, 5)
    made = draw(database, pool, size=5)
    with database.write() as c:
        item = audits.item(c, made, 2)
        edits.change_instance(c, item.task_id, item.instance_id, "another input", "another output")
        frozen = audits.item(c, made, 2)
        assert frozen.changed and not audits.item(c, made, 1).changed
        assert (frozen.input, frozen.output, frozen.text_hash) == (item.input, item.output, item.text_hash)
        audit_answers.rate(c, made, 2, "ines", GOOD)
        assert standing.current(c, item.instance_id, made.round) == []
        assert standing.current(c, item.instance_id) == []
        assert c.execute(sa.select(instances.c.rated).where(instances.c.id == item.instance_id)).scalar_one() == 0
        [rating] = audit_answers.standing_ratings(c, made, made.round)
        assert (rating.instance_id, rating.text_hash) == (item.instance_id, item.text_hash)
        assert audits_of.found(c, made).valid.yes == 1


def test_an_audits_ratings_leave_the_open_desk_alone(database: Database):
    pool = pool_of(database, 5)
    made = draw(database, pool, size=5)
    judge(database, made, "ines", lambda item: GOOD)
    with database.read() as c:
        assert tallies.review_counts(c, pool).reviewed == 0


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
        edits.change_instance(c, *_item(c, made, 1), "edited", "since")  # the guard holds for edited texts too
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


# What it found


def test_a_small_audit_agrees_with_a_calculation_by_hand(database: Database):
    """Ten items. Ines: 4 A, 2 B, 2 C, 2 D. Jonas the same, but a B becomes an A and a C a D: eight of ten agree.

    Chance: (4*5 + 2*1 + 2*1 + 2*3) / 100 = 0.3, kappa = (0.8 - 0.3) / 0.7 = 5/7; on valid or not both always agree.
    """
    pool = pool_of(database, 40)
    made = draw(database, pool, size=10)
    ines, jonas = "AAAABBCCDD", "AAAAABCDDD"
    output_right = {1, 2, 3, 4, 5}

    def says(grades: str):
        return lambda item: Judgement(
            Grade(grades[item.position - 1]),
            None,
            item.position != 10,
            item.position < 9,
            item.position in output_right,
        )

    judge(database, made, "ines", says(ines))
    judge(database, made, "jonas", says(jonas))
    with database.read() as c:
        shown = audits_of.found(c, made).as_json()
    counted = {key: (row["yes"], row["n"], row["percent"]) for key, row in shown["questions"].items()}
    assert counted == {
        "instruction_valid": (9, 10, 90.0),
        "input_appropriate": (8, 10, 80.0),
        "output_correct": (5, 10, 50.0),
        "all_valid": (5, 10, 50.0),
    }
    # Wilson for 5 of 10: (5 + z²/2 ± z·sqrt(2.5 + z²/4)) / (10 + z²)
    assert shown["questions"]["all_valid"]["low"] == pytest.approx(23.66, abs=0.01)
    assert shown["questions"]["all_valid"]["high"] == pytest.approx(76.34, abs=0.01)
    assert shown["grades"] == {"A": 4, "B": 2, "C": 1, "D": 3}, "of two grades the worse one counts"
    assert (shown["valid"]["yes"], shown["pool"]["population"], shown["pool"]["percent"]) == (6, 40, 60.0)
    agreement = shown["agreement"]
    assert agreement["n"] == 10 and agreement["raw"] == pytest.approx(0.8)
    assert agreement["cohen_kappa"] == pytest.approx(5 / 7)
    assert agreement["cohen_kappa_valid"] == pytest.approx(1.0)


def test_where_all_say_the_same_agreement_says_undefined_and_never_nan(database: Database):
    pool = pool_of(database, 12)
    made = draw(database, pool, size=12)
    for who in ("ines", "jonas"):
        judge(database, made, who, lambda item: GOOD)
    with database.read() as c:
        found = audits_of.found(c, made)
    assert found.agreement.cohen_kappa.value is None
    assert "everybody answered A" in found.agreement.cohen_kappa.meaning
    assert "NaN" not in json.dumps(found.as_json())


def test_weak_spots_and_breakdowns_know_source_run_classification_and_input(database: Database):
    pool = pool_of(database, 60)
    made = draw(database, pool, size=60)
    judge(database, made, "ines", lambda item: BAD if item.attributes["source"] == "import" else GOOD)
    with database.read() as c:
        found = audits_of.found(c, made)
    parts = {part.attribute: dict(part.rows) for part in found.breakdowns}
    assert {"classification", "source", "run", "input"} <= parts.keys()
    assert (parts["source"]["import"].yes, parts["source"]["self-instruct"].yes) == (0, 30)
    assert ("source", "import") in {(spot.attribute, spot.value) for spot in found.weak_spots.found}


def test_two_audits_of_one_pool_are_compared_question_by_question(database: Database):
    pool = pool_of(database, 80)
    first, second = draw(database, pool, size=40), draw(database, pool, size=40)
    judge(database, first, "ines", lambda item: BAD if item.position % 2 else GOOD)
    judge(database, second, "ines", lambda item: GOOD)
    with database.read() as c:
        rows = changes(audits_of.found(c, first), audits_of.found(c, second))
    assert [row.difference.points for row in rows] == [50.0] * 5
    assert all("more than chance explains" in row.difference.meaning for row in rows)


# What it says of the pool and of a release


def test_an_unfinished_audit_estimates_nothing(database: Database):
    pool = pool_of(database, 10)
    made = draw(database, pool, size=5)
    judge(database, made, "ines", lambda item: GOOD if item.position < 5 else None)
    with database.read() as c:
        assert estimate_of_pool(c, pool) is None and estimate_for(c, pool, [1, 2, 3]) is None


def test_a_part_of_the_pool_is_estimated_from_the_items_that_fall_into_it(database: Database):
    pool = pool_of(database, 40)
    made = draw(database, pool, size=40)
    judge(database, made, "ines", lambda item: BAD if item.attributes["source"] == "import" else GOOD)
    with database.read() as c:
        imported = [i.instance_id for i in audits.every_item(c, made) if i.attributes["source"] == "import"]
        others = [i.instance_id for i in audits.every_item(c, made) if i.attributes["source"] != "import"]
        assert estimate_for(c, pool, imported).share.percent == 0.0
        mixed = estimate_for(c, pool, [*others, *imported[:5]])
        assert mixed.share.percent == pytest.approx(80.0) and mixed.share.n == mixed.share.population == 25
        assert estimate_of_pool(c, pool).share.percent == 50.0


def test_what_arrived_after_the_draw_or_was_edited_since_is_said_not_guessed(database: Database):
    pool = pool_of(database, 10)
    made = draw(database, pool, size=10)
    judge(database, made, "ines", lambda item: GOOD)
    with database.write() as c:
        task_id, instance_id = _item(c, made, 1)
        edits.change_instance(c, task_id, instance_id, "new", "text")
        [late] = arrivals.add(
            c, pool, [arrivals.NewTask(tasks.Origin.IMPORT, "Late.", False, (arrivals.NewInstance("", "x"),))]
        )
        after = tasks.get(c, late).instances[0].id
        everything = [item.instance_id for item in audits.every_item(c, made)]
        found = estimate_for(c, pool, [*everything, after])
    assert (found.share.n, found.share.population, found.changed, found.outside) == (9, 10, 1, 1)
    assert "9 of the 11 that are needed (audit 1), so that 2 are missing" in found.sentence
    assert "1 audited item was edited since" in found.sentence


def test_a_stratified_sample_is_weighted_by_the_size_of_its_strata(database: Database):
    pool = pool_of(database, 30)  # 10 classification, 20 not
    made = draw(database, pool, size=10, stratify_by="classification", allocation=Allocation.EQUAL)
    judge(database, made, "ines", lambda item: GOOD if item.stratum == "yes" else BAD)
    with database.read() as c:
        assert estimate_of_pool(c, pool).share.percent == pytest.approx(100 / 3)
        everything = [row.instance_id for row in audits.population(c, pool, Filter())]
        assert estimate_for(c, pool, everything).share.percent == pytest.approx(100 / 3)


def test_with_equal_allocation_table_2_weighs_the_parts_and_everything_that_shows_it_says_so(
    database: Database, capsys
):
    pool = pool_of(database, 60)  # 20 classification, 40 not
    made = draw(database, pool, size=20, stratify_by="classification", allocation=Allocation.EQUAL)
    judge(database, made, "ines", lambda item: GOOD if item.stratum == "yes" else BAD)
    seen = results.result(database, made.id, "ines")
    row = seen.found.table2[0]
    assert (row.share.yes, row.share.n, row.share.percent) == (10, 20, pytest.approx(100 / 3))
    assert seen.found.weighted and "not sampled in proportion" in seen.found.weighting
    assert seen.found.weighting in html(seen.report) and seen.found.weighting in markdown(seen.report)
    assert main(["audit", "show", str(made.id), "--reviewer", "ines"]) == 0
    shown = capsys.readouterr().out
    assert seen.found.weighting in shown and " 33.3%" in shown
    plain = draw(database, pool, size=20, stratify_by="classification")
    judge(database, plain, "ines", lambda item: GOOD)
    assert results.result(database, plain.id, "ines").found.weighting == ""


def test_partial_answers_are_told_as_bounds_on_the_command_line_and_in_the_report(database: Database, capsys):
    made = draw(database, pool_of(database, 10), size=10)
    judge(database, made, "ines", lambda item: Judgement(None, None, item.position > 1, None, None))
    seen = results.result(database, made.id, "ines")
    bounds = "All fields valid: 0 of 10 items have all three answers. With the others it is between 0.0% and 90.0%"
    assert bounds in html(seen.report) and bounds in markdown(seen.report)
    assert main(["audit", "show", str(made.id), "--reviewer", "ines"]) == 0
    assert bounds in capsys.readouterr().out
    assert seen.found.as_json()["questions"]["all_valid"] == {
        "n": 0, "yes": 0, "percent": None, "low": None, "high": None, "of": 10, "least": 0.0, "most": 90.0,
    }  # fmt: skip


def test_three_reviewers_raw_agreement_says_that_it_is_a_mean_over_pairs_of_ratings(database: Database):
    made = draw(database, pool_of(database, 10), size=10)
    for who, few in (("ines", 10), ("jonas", 10), ("kim", 4)):
        judge(database, made, who, lambda item, few=few: GOOD if item.position <= few else None)
    raw = results.result(database, made.id, "ines").found.agreement.raw
    assert raw.compared == 4 * 3 + 6 and "of 18 pairs of ratings of one item each (10 items), 100%" in raw.meaning


def test_a_report_holds_every_item_and_every_judgement(database: Database):
    pool = pool_of(database, 6)
    made = draw(database, pool, size=6, name="<script>alert(1)</script>")
    judge(database, made, "ines", lambda item: GOOD)
    document = results.result(database, made.id, "ines").report
    page = html(document)
    assert "<script>" not in page and "&lt;script&gt;" in page
    for item in document.items:
        assert item.instruction in page and item.instruction in markdown(document)


def _item(c: sa.Connection, made: Audit, position: int) -> tuple[int, int]:
    item = audits.item(c, made, position)
    return item.task_id, item.instance_id


def test_a_root_verb_narrows_the_population_and_breaks_down_the_result_once_it_is_known(database: Database):
    pool = pool_of(database, 6)
    with database.write() as c:
        texts = {task.instruction: tasks.instruction_hash(task.instruction) for task in tasks.page(c, pool)}
        parses.keep(c, "any", [texts["Do thing 2."], texts["Do thing 3."]], [("do", "thing"), (None, None)])
    made = draw(database, pool, wanted=Filter(verb="do"))
    everything = draw(database, pool)
    judge(database, everything, "ines", lambda item: GOOD)
    with database.read() as c:
        assert [item.instruction for item in audits.every_item(c, made)] == ["Do thing 2."]
        parts = {part.attribute: part.rows for part in audits_of.found(c, everything).breakdowns}
    assert [(verb, share.n) for verb, share in parts["verb"]] == [("do", 1)]
