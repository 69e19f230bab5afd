"""Shares and their intervals: against statsmodels, by hand, and by drawing samples from a pool that is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from core.audit.judged import JudgedItem, settled, settled_grade
from core.audit.table2 import breakdowns, grade_shares, is_weighted, table2, valid_share
from core.audit.weak_spots import weak_spots
from core.records import Grade, Judgement, Rating
from core.statistics.estimates import (
    SampledStratum,
    difference,
    proportion,
    samples_to_halve,
    share_in_population,
    stratified,
)
from core.statistics.holm import holm
from tests.statistics.coverage import DESIGNS, coverage

YES_OF_N = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def item(number: int, grade: Grade | None = None, stratum: str = "", **attributes: str) -> JudgedItem:
    ratings = () if grade is None else (rating(grade),)
    return JudgedItem(number, number, number, "h", "i", "", "o", stratum, attributes, ratings)


def rating(grade: Grade | None, reviewer: str = "a", **answers: bool | None) -> Rating:
    said = Judgement(grade).with_answers(answers)
    return Rating(id=0, instance_id=1, reviewer=reviewer, text_hash="h", **said.as_mapping())


def answered(*answers: tuple[bool | None, bool | None, bool | None]) -> list[JudgedItem]:
    keys = ("instruction_valid", "input_appropriate", "output_correct")
    return [
        JudgedItem(n, n, n, "h", "i", "", "o", ratings=(rating(None, **dict(zip(keys, each, strict=True))),))
        for n, each in enumerate(answers)
    ]


# One share


def test_184_of_200_is_92_percent_between_87_4_and_95_0():
    share = proportion(184, 200)
    assert (share.percent, round(share.low, 1), round(share.high, 1)) == (92.0, 87.4, 95.0)


def test_200_of_200_still_supports_only_98_1():
    share = proportion(200, 200)
    assert (round(share.low, 1), share.high) == (98.1, 100.0)


def test_wilson_by_hand():
    # n = 10, p = 0.5: centre (5 + z^2/2) / (10 + z^2) = 0.5, half width z sqrt(10/4 + z^2/4) / (10 + z^2).
    half = 1.959964 * (10 / 4 + 1.959964**2 / 4) ** 0.5 / (10 + 1.959964**2)
    share = proportion(5, 10)
    assert (share.low, share.high) == pytest.approx((50 - 100 * half, 50 + 100 * half))


@settings(max_examples=60, deadline=None)
@given(YES_OF_N)
def test_a_share_has_the_interval_of_statsmodels_and_lies_in_it(pair):
    yes, n = pair
    share = proportion(yes, n)
    low, high = proportion_confint(yes, n, method="wilson")
    assert (share.low, share.high) == pytest.approx((100 * low, 100 * high), abs=1e-9)
    assert 0 <= share.low <= share.percent <= share.high <= 100


@settings(max_examples=60, deadline=None)
@given(YES_OF_N)
def test_no_is_the_mirror_of_yes(pair):
    yes, n = pair
    one, other = proportion(yes, n), proportion(n - yes, n)
    assert (one.low, one.high) == pytest.approx((100 - other.high, 100 - other.low), abs=1e-9)


def test_nothing_judged_is_undefined_with_a_reason():
    share = proportion(0, 0)
    assert (share.percent, share.low, share.high) == (None, None, None)
    assert share.undefined_because


def test_counts_that_cannot_be_are_refused():
    for yes, n, population in ((3, 2, None), (-1, 2, None), (1, 2, 1)):
        with pytest.raises(ValueError, match="yes <= n"):
            proportion(yes, n, population)


# A finite pool


def test_a_pool_judged_to_the_last_item_is_known_exactly():
    share = proportion(30, 40, population=40)
    assert (share.low, share.percent, share.high) == (75, 75, 75)


def test_the_correction_narrows_an_interval_by_the_part_that_was_judged():
    plain, corrected = proportion(500, 1000), proportion(500, 1000, population=4000)
    ratio = (corrected.high - corrected.low) / (plain.high - plain.low)
    assert ratio == pytest.approx((3000 / 3999) ** 0.5, abs=0.002)


@settings(max_examples=40, deadline=None)
@given(YES_OF_N, st.integers(0, 2000))
def test_the_correction_never_widens_and_vanishes_in_a_large_pool(pair, rest):
    yes, n = pair
    plain, corrected, huge = proportion(yes, n), proportion(yes, n, n + rest), proportion(yes, n, 10**9)
    assert corrected.high - corrected.low <= plain.high - plain.low + 1e-9
    assert (huge.low, huge.high) == pytest.approx((plain.low, plain.high), abs=1e-3)


def test_wilsons_interval_for_a_finite_population_is_the_published_one():
    """O'Neill's finite-population form: 14 of 32 cars out of 1,000, as the R package stat.extend prints it."""
    share = proportion(14, 32, population=1000)
    assert (share.low, share.high) == pytest.approx((28.3745994666663, 60.4278989534686), abs=1e-10)


@given(YES_OF_N, st.integers(1, 2000))
def test_the_corrected_interval_is_where_the_score_test_with_the_correction_turns(pair, rest):
    """Each bound p solves |share - p| = z sqrt(p (1 - p) / n (N - n) / (N - 1))."""
    yes, n = pair
    population = n + rest
    share = proportion(yes, n, population)
    for bound in (share.low / 100, share.high / 100):
        spread = bound * (1 - bound) / n * (population - n) / (population - 1)
        assert abs(yes / n - bound) == pytest.approx(1.959963984540054 * spread**0.5, abs=1e-9)


# How many more


@settings(max_examples=40, deadline=None)
@given(YES_OF_N)
def test_the_samples_to_halve_are_the_fewest_that_do(pair):
    yes, n = pair

    def width(size: int) -> float:
        low, high = proportion_confint(yes / n * size, size, method="wilson")
        return high - low

    size = n + samples_to_halve(yes, n)
    assert width(size) <= width(n) / 2 < width(size - 1)


def test_halving_the_interval_of_200_takes_about_600_more():
    assert samples_to_halve(116, 200) == pytest.approx(600, abs=15)


def test_a_small_pool_runs_out_before_600():
    assert 0 < samples_to_halve(116, 200, population=300) <= 100
    assert samples_to_halve(116, 200, population=200) == 0
    assert samples_to_halve(0, 0) is None


# Strata and parts


def test_a_stratified_share_weighs_strata_by_their_size_not_by_their_sample():
    estimate = stratified([SampledStratum("large", 900, 50, 45), SampledStratum("small", 100, 50, 10)])
    assert estimate.percent == pytest.approx(0.9 * 90 + 0.1 * 20)
    assert (estimate.n, estimate.population, estimate.unjudged) == (100, 1000, 0)


def test_one_stratum_is_plain_wilson_with_the_correction():
    estimate, share = stratified([SampledStratum("", 812, 200, 116)]), proportion(116, 200, 812)
    assert (estimate.low, estimate.high) == pytest.approx((share.low, share.high))


def test_a_stratified_interval_by_hand():
    # Two strata of a half each: half-widths join as the root of the sum of their squares, each times a half.
    one, other = proportion(18, 20, 500), proportion(8, 20, 500)
    estimate = stratified([SampledStratum("a", 500, 20, 18), SampledStratum("b", 500, 20, 8)])
    below = ((90 - one.low) ** 2 + (40 - other.low) ** 2) ** 0.5 / 2
    above = ((one.high - 90) ** 2 + (other.high - 40) ** 2) ** 0.5 / 2
    assert (estimate.percent, estimate.low, estimate.high) == pytest.approx((65, 65 - below, 65 + above))


def test_strata_that_are_all_valid_do_not_promise_certainty():
    estimate = stratified([SampledStratum("a", 500, 10, 10), SampledStratum("b", 500, 10, 10)])
    assert estimate.percent == 100
    assert estimate.low < 90


def test_a_stratum_without_a_judgement_widens_the_interval_by_what_it_may_hide():
    known = stratified([SampledStratum("a", 900, 90, 45)])
    hidden = stratified([SampledStratum("a", 900, 90, 45), SampledStratum("unseen", 100, 0, 0)])
    assert hidden.percent == known.percent
    assert hidden.unjudged == 100
    assert hidden.low < known.low and known.high < hidden.high


def test_an_unjudged_or_empty_population_is_undefined():
    assert stratified([SampledStratum("a", 10, 0, 0)]).undefined_because == "nothing of it was judged yet."
    assert stratified([]).undefined_because == "it is empty."


STRATA = st.lists(
    st.integers(1, 30).flatmap(
        lambda n: st.builds(SampledStratum, st.just("s"), st.integers(n, 500), st.just(n), st.integers(0, n))
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(STRATA)
def test_a_stratified_interval_holds_its_share_and_stays_within_0_and_100(strata):
    estimate = stratified(strata)
    assert 0 <= estimate.low <= estimate.percent + 1e-9
    assert estimate.percent - 1e-9 <= estimate.high <= 100


def test_stratified_intervals_hold_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(5)
    pools = {"a": (600, 0.9), "b": (300, 0.5), "c": (100, 0.1)}
    truth = 100 * sum(round(size * share) for size, share in pools.values()) / 1000
    hits = 0
    for _ in range(400):
        strata = []
        for name, (size, share) in pools.items():
            good = round(size * share)
            n = size // 8
            strata.append(SampledStratum(name, size, n, int(rng.hypergeometric(good, size - good, n))))
        estimate = stratified(strata)
        hits += estimate.low <= truth <= estimate.high
    assert 0.92 <= hits / 400 <= 0.99


def test_a_subset_is_estimated_from_those_items_of_the_audit_that_fall_into_it():
    items = [item(n, Grade.A if n % 2 else Grade.D, run="1" if n < 40 else "2") for n in range(100)]
    items += [item(100 + n, Grade.A, run="2") for n in range(20)]
    whole = share_in_population(items, {"": 1200})
    part = share_in_population([each for each in items if each.attributes["run"] == "2"], {"": 700})
    assert (whole.n, part.n, part.population) == (120, 80, 700)
    assert part.percent == pytest.approx(100 * 50 / 80)
    assert (part.low, part.high) == pytest.approx((proportion(50, 80, 700).low, proportion(50, 80, 700).high))


def test_a_subset_of_a_stratified_sample_is_weighted_by_the_subsets_own_strata():
    items = [item(n, Grade.A, "x", keep="yes") for n in range(10)] + [
        item(n, Grade.D, "y", keep="yes") for n in range(10)
    ]
    part = share_in_population([each for each in items if each.attributes["keep"] == "yes"], {"x": 30, "y": 90})
    assert part.percent == pytest.approx(25)


def of_stratum(number: int, stratum: str, yes: bool) -> JudgedItem:
    said = replace(rating(Grade.A, "a"), instruction_valid=yes, input_appropriate=True, output_correct=True)
    return replace(item(number, stratum=stratum), ratings=(said,))


def of_task(number: int, grade: Grade, weight: int) -> JudgedItem:
    return replace(item(number, grade), weight=weight)


def test_an_instance_of_a_task_of_five_stands_for_five():
    items = [of_task(n, Grade.A, 1) for n in range(100)] + [of_task(100 + n, Grade.D, 5) for n in range(100)]
    estimate = share_in_population(items, {"": 600})
    assert estimate.percent == pytest.approx(100 / 6)
    assert estimate.low < 100 / 6 < estimate.high


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 9))
def test_weights_that_are_all_alike_leave_the_share_alone(valid, weight):
    items = [item(n, Grade.A if good else Grade.D) for n, good in enumerate(valid)]
    alike = share_in_population([replace(one, weight=weight) for one in items], {"": 1000 * weight}, {"": 1000})
    assert alike.percent == pytest.approx(share_in_population(items, {"": 1000}).percent)


def test_tasks_of_one_size_are_corrected_as_their_instances_would_be():
    items = [of_task(n, Grade.A if n % 2 else Grade.D, 5) for n in range(200)]
    estimate, plain = share_in_population(items, {"": 1250}, {"": 250}), proportion(100, 200, 1250)
    assert (estimate.low, estimate.high) == pytest.approx((plain.low, plain.high), abs=0.02)


def test_a_pool_of_single_instances_judged_whole_is_known_exactly_and_one_of_several_is_not():
    singles = [of_task(n, Grade.A if n % 4 else Grade.D, 1) for n in range(40)]
    known = share_in_population(singles, {"": 40}, {"": 40})
    assert (known.low, known.percent, known.high) == (75, 75, 75)
    several = [of_task(n, Grade.A if n % 4 else Grade.D, 3) for n in range(40)]
    unknown = share_in_population(several, {"": 120}, {"": 40})
    assert unknown.low < 75 < unknown.high


def test_tasks_of_several_instances_that_are_all_valid_do_not_promise_that_all_their_instances_are():
    items = [of_task(n, Grade.A if n % 2 else Grade.D, 1) for n in range(190)]
    items += [of_task(190 + n, Grade.A, 5) for n in range(10)]
    estimate = share_in_population(items, {"": 240}, {"": 200})
    assert estimate.percent == pytest.approx(100 * (95 + 50) / 240)
    assert estimate.high - estimate.low > 3


@pytest.mark.parametrize("design", [DESIGNS[n] for n in (0, 2, 5, 10, 15)], ids=lambda design: design.name)
def test_the_pools_interval_holds_the_truth_as_often_as_it_says(design):
    """Some designs, hundreds of populations each; `python -m tests.statistics.coverage` runs all, thousands each."""
    held, _ = coverage(design, 250, seed=5)
    assert 90.5 <= held <= 99.2, "three standard errors around the 95% that are promised"


def test_uneven_weights_never_promise_more_than_the_same_items_without():
    for grades in ([Grade.A] * 30, [Grade.A] * 20 + [Grade.D] * 10):
        even = share_in_population([item(n, grade) for n, grade in enumerate(grades)], {"": 10_000})
        uneven = share_in_population(
            [of_task(n, grade, 1 + 8 * (n % 2)) for n, grade in enumerate(grades)], {"": 10_000}
        )
        assert uneven.high - uneven.low > even.high - even.low


@pytest.mark.parametrize("alike", [True, False], ids=["instances of a task alike", "independent"])
def test_weighted_intervals_hold_the_truth_about_95_times_in_100(alike):
    """400 tasks of 1 to 6 instances, the larger ones worse; 80 drawn, one random instance of each."""
    rng = np.random.default_rng(11)
    sizes = rng.integers(1, 7, 400)
    valid = [
        np.repeat(rng.random() < 0.95 - 0.12 * size, size) if alike else rng.random(size) < 0.95 - 0.12 * size
        for size in sizes
    ]
    truth = 100 * sum(task.sum() for task in valid) / sizes.sum()
    hits, estimates = 0, []
    for _ in range(400):
        drawn = rng.choice(400, 80, replace=False)
        items = [
            of_task(int(task), Grade.A if valid[task][rng.integers(sizes[task])] else Grade.D, int(sizes[task]))
            for task in drawn
        ]
        estimate = share_in_population(items, {"": int(sizes.sum())})
        estimates.append(estimate.percent)
        hits += estimate.low <= truth <= estimate.high
    assert abs(np.mean(estimates) - truth) < 1.0, "biased"
    assert 0.92 <= hits / 400 <= 0.99


def test_unjudged_items_are_left_out_and_a_stratum_without_a_size_is_an_error():
    assert share_in_population([item(1, Grade.A), item(2)], {"": 10}).n == 1
    with pytest.raises(ValueError, match="'lost' has judged items but no size"):
        share_in_population([item(1, Grade.A, "lost")], {"": 10})


def test_two_audits_are_compared_by_the_difference_and_its_interval():
    up = difference(proportion(108, 200), proportion(150, 200))
    assert up.points == pytest.approx(21)
    assert 0 < up.low < up.points < up.high
    assert up.meaning.startswith("Up by 21.0 points")
    same = difference(proportion(108, 200), proportion(110, 200))
    assert same.low < 0 < same.high
    assert "chance alone" in same.meaning
    assert difference(proportion(0, 0), proportion(1, 2)).points is None


@given(st.integers(1, 80), st.integers(1, 80), st.data())
def test_the_interval_of_a_difference_is_newcombes(one, other, data):
    a, b = data.draw(st.integers(0, one)), data.draw(st.integers(0, other))
    found = difference(proportion(a, one), proportion(b, other))
    bounds = confint_proportions_2indep(b, other, a, one, compare="diff", method="newcomb")
    assert (found.low, found.high) == pytest.approx(tuple(100 * bound for bound in bounds), abs=1e-6)


def test_estimates_of_two_pools_are_compared_with_their_own_intervals():
    known, guessed = stratified([SampledStratum("", 50, 50, 25)]), stratified([SampledStratum("", 5000, 50, 40)])
    change = difference(known, guessed)
    assert change.points == pytest.approx(30)
    assert (change.low, change.high) == pytest.approx((guessed.low - 50, guessed.high - 50))


# Table 2


def test_table_2_has_the_papers_shares_beside_ours():
    rows = table2(answered((True, True, True)))
    assert [row.key for row in rows] == ["instruction_valid", "input_appropriate", "output_correct", "all_valid"]
    assert [row.paper.percent for row in rows] == [92, 79, 58, 54]
    assert {row.paper.n for row in rows} == {200}


def test_all_fields_are_valid_only_where_every_answer_is_yes():
    rows = {row.key: row for row in table2(answered((True, True, True), (True, True, False), (False, False, True)))}
    assert (rows["all_valid"].share.yes, rows["all_valid"].share.n) == (1, 3)
    assert rows["all_valid"].least is None and rows["all_valid"].bounds == ""


def test_items_with_a_blank_are_told_as_bounds_and_never_count_as_no_alone():
    """90 yes and 10 no to the first question, and nothing else answered."""
    row = table2(answered(*[(True, None, None)] * 90, *[(False, None, None)] * 10))[-1]
    assert (row.share.n, row.share.percent, row.unanswered) == (0, None, 100)
    assert (row.begun, row.least, row.most) == (100, 0, 90)
    assert row.bounds.startswith("All fields valid: 0 of 100 items have all three answers. With the others it is")


def test_complete_items_count_and_the_others_widen_what_is_possible():
    row = table2(answered((True, True, True), (True, True, False), (False, None, None), (True, None, None)))[-1]
    assert (row.share.yes, row.share.n, row.share.percent) == (1, 2, 50)
    assert (row.begun, row.least, row.most) == (4, 25, 50)


def test_strata_that_were_not_sampled_in_proportion_have_the_weight_of_their_tasks():
    """Half of the sample from a tenth of the tasks: 90% yes there, 40% elsewhere, so 45% of all."""
    few = [of_stratum(n, "few", n < 45) for n in range(50)]
    many = [of_stratum(50 + n, "many", n < 20) for n in range(50)]
    tasks = {"few": 100, "many": 900}
    row = table2([*few, *many], tasks)[0]
    assert (row.share.yes, row.share.n) == (65, 100)
    assert row.share.percent == pytest.approx(0.1 * 90 + 0.9 * 40)
    low, high = (proportion(20, 50).low, proportion(20, 50).high)
    assert low < row.share.low < row.share.percent < row.share.high < high + 5
    assert table2([*few, *many])[0].share.percent == 65, "the sample alone, where nothing is known of its strata"


def test_a_sample_in_proportion_is_shown_as_it_was_drawn():
    items = [of_stratum(n, "few" if n < 10 else "many", n % 3 > 0) for n in range(100)]
    assert not is_weighted(items, {"few": 104, "many": 900})
    assert table2(items, {"few": 104, "many": 900})[0].share == proportion(66, 100)


def test_an_unanswered_question_is_counted_as_unanswered_not_as_no():
    rows = {row.key: row for row in table2(answered((True, None, True), (True, True, True)))}
    assert (rows["input_appropriate"].share.n, rows["input_appropriate"].unanswered) == (1, 1)
    assert (rows["all_valid"].share.n, rows["all_valid"].unanswered) == (1, 1)


def test_where_reviewers_differ_the_stricter_answer_counts():
    assert settled([True, False]) is False
    assert settled([True, True, False]) is True
    assert settled([None, True]) is True
    assert settled([None]) is None
    assert settled_grade([Grade.B, Grade.A]) is Grade.B
    assert settled_grade([Grade.D, Grade.A, Grade.B]) is Grade.B
    assert settled_grade([None]) is None


def test_an_adjudication_settles_what_it_answers():
    both = (rating(Grade.A, "a", output_correct=True), rating(Grade.D, "b", output_correct=True))
    disputed = JudgedItem(1, 1, 1, "h", "i", "", "o", ratings=both)
    decided = JudgedItem(1, 1, 1, "h", "i", "", "o", ratings=both, adjudication=rating(Grade.B, "c"))
    assert (disputed.grade, disputed.is_valid, disputed.is_disputed) == (Grade.D, False, True)
    assert (decided.grade, decided.is_valid, decided.answer("output_correct")) == (Grade.B, True, True)


def test_grades_and_parts_are_counted_with_their_n():
    items = [item(1, Grade.A, run="1"), item(2, Grade.D, run="1"), item(3, Grade.B, run="2"), item(4, run="2")]
    assert [(each.grade.value, each.share.yes, each.share.n) for each in grade_shares(items)] == [
        ("A", 1, 3), ("B", 1, 3), ("C", 0, 3), ("D", 1, 3),
    ]  # fmt: skip
    assert [(value, share.yes, share.n) for value, share in breakdowns(items)[0].rows] == [("1", 1, 2), ("2", 1, 1)]
    assert (valid_share(items).yes, valid_share(items).n) == (2, 3)


# What the worst items have in common


def test_an_attribute_that_spoils_its_items_is_found_with_both_n():
    items = [item(n, Grade.D if n % 4 else Grade.A, verb="rewrite", run="1") for n in range(40)]
    items += [item(n, Grade.A if n % 4 else Grade.D, verb="write", run="1") for n in range(120)]
    spots = weak_spots(items)
    assert [(spot.attribute, spot.value) for spot in spots.found] == [("verb", "rewrite")]
    assert spots.compared == 2
    assert spots.found[0].sentence == (
        "Of the 40 items with “verb” “rewrite” 10 are valid (25%), against 90 of 120 others (75%); p < 0.001."
    )


def test_the_p_value_is_fishers_by_hand_times_holms_factor():
    # 0 of 5 against 5 of 5: one table of C(10, 5) = 252 is as extreme, so p = 1/252; two comparisons: 2/252.
    items = [item(n, Grade.D, part="x") for n in range(5)] + [item(n, Grade.A, part="y") for n in range(5)]
    assert weak_spots(items).found[0].p == pytest.approx(2 / 252)


def test_holm_steps_down_as_by_hand() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06])


def test_several_weak_spots_are_corrected_step_by_step_as_holm_says():
    valid = {"v": 30, "w": 29, "x": 16, "y": 14, "z": 6}
    items = [item(n, Grade.A if n < good else Grade.D, verb=verb) for verb, good in valid.items() for n in range(30)]
    total = sum(valid.values())
    raw = {
        verb: float(fisher_exact([[good, 30 - good], [total - good, 120 - total + good]], alternative="less").pvalue)
        for verb, good in valid.items()
    }
    expected, floor = {}, 0.0
    for rank, verb in enumerate(sorted(raw, key=raw.__getitem__)):
        floor = max(floor, raw[verb] * (5 - rank))
        expected[verb] = floor
    found = {spot.value: spot.p for spot in weak_spots(items, level=0.9).found}
    assert len(found) > 1
    assert found == pytest.approx({verb: p for verb, p in expected.items() if p < 0.9})


def test_chance_alone_rarely_finds_a_weak_spot_however_many_values_are_tried():
    rng = np.random.default_rng(8)
    alarms = 0
    for _ in range(12):
        items = [
            item(n, Grade.A if rng.random() < 0.6 else Grade.D, verb=f"v{rng.integers(12)}", run=f"r{rng.integers(4)}")
            for n in range(200)
        ]
        alarms += bool(weak_spots(items).found)
    assert alarms <= 2


def test_too_few_items_are_not_compared_and_that_is_said():
    spots = weak_spots([item(n, Grade.D, verb="x") for n in range(4)] + [item(n, Grade.A, verb="y") for n in range(4)])
    assert (spots.found, spots.compared) == ((), 0)
    assert "Nothing could be compared" in spots.sentence
