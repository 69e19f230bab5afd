"""What an audit found: Table 2 and agreement as by hand, weak spots, and what it says of the pool and of a part."""

from __future__ import annotations

import json

import pytest

from core.__main__ import main
from core.audit import audit as audits_of
from core.audit import results
from core.audit.audit_estimate import estimate_for, estimate_of_pool
from core.audit.comparison import changes
from core.audit.report_html import html
from core.audit.report_markdown import markdown
from core.audit.rows import audits
from core.database import Database
from core.diversity.rows import parses
from core.pool import arrivals, edits, tasks
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Grade
from core.statistics.sampling import Allocation
from tests.audit.audits import BAD, GOOD, draw, ids_at, judge, pool_of

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
        task_id, instance_id = ids_at(c, made, 1)
        edits.change_instance(c, task_id, instance_id, "new", "text")
        [late] = arrivals.add(
            c, pool, [arrivals.NewTask(tasks.Origin.IMPORT, "Late.", False, (arrivals.NewInstance("", "x"),))]
        )
        after = tasks.get(c, late).instances[0].id
        everything = [item.instance_id for item in audits.every_item(c, made)]
        found = estimate_for(c, pool, [*everything, after])
    assert (found.share.n, found.share.population, found.changed, found.outside) == (9, 10, 1, 1)
    assert "Of 11 instances here audit 1 judged 9; a percentage needs 11." in found.sentence
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
