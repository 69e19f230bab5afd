"""Agreement against the libraries, against published worked examples, and where it cannot be told."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from core.records import Grade, Rating
from core.statistics.agreement import Agreement, agreement, agreement_on
from core.statistics.alpha import Scale, krippendorff_alpha
from core.statistics.panel import kappas, mean_over_pairs, quadratic_kappas, rank_correlations, resample, seat

GRADES = tuple(Grade)
COLUMNS = st.lists(st.tuples(st.sampled_from(GRADES), st.sampled_from(GRADES)), min_size=2, max_size=60)
RAGGED = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from(GRADES), max_size=4), min_size=2, max_size=40
)


def counts_of(observers: list[str], values: str) -> np.ndarray:
    """Items x values from one string per observer, a dot where nothing was given."""
    return np.array([[column.count(value) for value in values] for column in zip(*observers, strict=True)])


def two_reviewers(pairs: list[tuple[Grade, Grade]]) -> Agreement:
    return agreement_on([{"ines": mine, "jonas": theirs} for mine, theirs in pairs])


def rating(instance: int, reviewer: str, grade: Grade | None, **more: object) -> Rating:
    fields = {"id": 0, "text_hash": "h", "valid": None, "at": 0.0} | more
    return Rating(instance_id=instance, reviewer=reviewer, grade=grade, **fields)  # type: ignore[arg-type]


# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.

FOUR_OBSERVERS = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]


@pytest.mark.parametrize(
    ("scale", "published"), [(Scale.NOMINAL, 0.743), (Scale.ORDINAL, 0.815), (Scale.INTERVAL, 0.849)]
)
def test_alpha_is_krippendorffs_own_on_four_observers_with_missing_values(scale, published):
    assert krippendorff_alpha(counts_of(FOUR_OBSERVERS, "12345"), scale) == pytest.approx(published, abs=0.0005)


def test_alpha_is_krippendorffs_own_on_two_observers_and_two_values():
    assert krippendorff_alpha(counts_of(["0100000010", "1110010000"], "01"), Scale.NOMINAL) == pytest.approx(
        0.095, abs=0.0005
    )


def test_alpha_is_the_published_one_on_three_coders_who_mostly_skip():
    counts = counts_of([".....34121133.3", "1.213343.......", "..21344.21133.4"], "1234")
    assert krippendorff_alpha(counts, Scale.NOMINAL) == pytest.approx(0.691, abs=0.0005)
    assert krippendorff_alpha(counts, Scale.INTERVAL) == pytest.approx(0.811, abs=0.0005)


def test_ordinal_alpha_by_hand():
    # Two items: A with A, A with B. Values A 3, B 1; only the pair A, B has a distance: ((3 + 1) / 2) squared = 4.
    # Observed 2 coincidences x 4 = 8; expected 2 x 3 x 1 x 4 / (4 - 1) = 8; alpha = 1 - 8 / 8 = 0.
    assert krippendorff_alpha(np.array([[2, 0], [1, 1]])) == pytest.approx(0)


@settings(max_examples=60, deadline=None)
@given(RAGGED)
def test_alpha_is_one_minus_observed_over_expected_distance_of_pairs(items):
    """The definition by pairs of values, written out, gives what the coincidence matrix gives."""
    units = [[GRADES.index(grade) for grade in item.values()] for item in items if len(item) > 1]
    pool = [value for unit in units for value in unit]
    assume(len(units) > 1 and len(set(pool)) > 1)
    total = [pool.count(value) for value in range(4)]

    def squared(one: int, other: int) -> float:
        low, high = min(one, other), max(one, other)
        return (sum(total[low : high + 1]) - (total[low] + total[high]) / 2) ** 2

    observed = sum(sum(squared(a, b) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units) / len(pool)
    expected = sum(squared(a, b) for a, b in permutations(pool, 2)) / (len(pool) * (len(pool) - 1))
    assert agreement_on(items).krippendorff_alpha.value == pytest.approx(1 - observed / expected)


# Cohen (1960)-style hand example: 50 items, both yes 20, both no 15, 5 and 10 apart: kappa 0.40.


def test_kappa_of_valid_by_hand():
    pairs = [(Grade.A, Grade.B)] * 20 + [(Grade.A, Grade.C)] * 5 + [(Grade.D, Grade.B)] * 10 + [(Grade.C, Grade.D)] * 15
    assert two_reviewers(pairs).cohen_kappa_valid.value == pytest.approx(0.4)


@settings(max_examples=60, deadline=None)
@given(COLUMNS)
def test_two_reviewers_get_the_figures_of_the_libraries(pairs):
    mine = [GRADES.index(one) for one, _ in pairs]
    theirs = [GRADES.index(other) for _, other in pairs]
    found = two_reviewers(pairs)
    assert found.raw.value == pytest.approx(np.mean(np.equal(mine, theirs)))
    if len(set(mine) | set(theirs)) > 1:
        assert found.cohen_kappa.value == pytest.approx(cohen_kappa_score(mine, theirs))
        weighted = cohen_kappa_score(mine, theirs, weights="quadratic", labels=[0, 1, 2, 3])
        assert found.weighted_kappa.value == pytest.approx(weighted)
    if len(set(mine)) > 1 and len(set(theirs)) > 1:
        assert found.spearman.value == pytest.approx(spearmanr(mine, theirs).statistic)


@settings(max_examples=60, deadline=None)
@given(RAGGED)
def test_the_resampled_figures_are_those_that_the_libraries_give(items):
    """The intervals belong to the values: the fast formulas on the sample itself give the libraries' figures."""
    found = agreement_on(items)
    panel = seat([{who: GRADES.index(grade) for who, grade in item.items()} for item in items], 4)
    once = panel.counts[:, None].astype(float)
    for figure, of_tables in (
        (found.cohen_kappa, kappas),
        (found.weighted_kappa, quadratic_kappas),
        (found.spearman, rank_correlations),
    ):
        if panel.items < 2:
            continue
        fast = mean_over_pairs(panel, once, of_tables)[0]
        assert (figure.value is None) == bool(np.isnan(fast))
        if figure.value is not None:
            assert figure.value == pytest.approx(fast)


def test_resamples_draw_as_many_items_as_there_are():
    panel = seat([{"a": 0, "b": 0}] * 30 + [{"a": 1, "b": 3}] * 12, 4)
    drawn = resample(panel, seed=1, times=500)
    assert set(drawn.sum(axis=0)) == {42.0}
    assert drawn.mean(axis=1) == pytest.approx([30, 12], rel=0.05)


# Properties


@settings(max_examples=40, deadline=None)
@given(RAGGED, st.randoms(use_true_random=False))
def test_the_order_of_items_and_the_names_of_reviewers_change_no_figure(items, random):
    shuffled = list(items)
    random.shuffle(shuffled)
    names = dict(zip("abcd", random.sample(["w", "x", "y", "z"], 4), strict=True))
    renamed = [{names[who]: grade for who, grade in item.items()} for item in shuffled]
    for one, other in zip(agreement_on(items).figures, agreement_on(renamed).figures, strict=True):
        assert one.n == other.n
        assert one.value == (None if other.value is None else pytest.approx(other.value))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(GRADES), st.sampled_from(GRADES)), min_size=10, max_size=60))
def test_no_figure_is_ever_nan_and_every_interval_holds_its_figure(pairs):
    for figure in two_reviewers(pairs).figures:
        assert (figure.value is None) == (figure.undefined_because is not None)
        if figure.value is not None:
            assert math.isfinite(figure.value)
            assert (figure.low is None) == (figure.no_interval_because is not None)
            assert figure.low is None or figure.low <= figure.value <= figure.high


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(GRADES), min_size=2, max_size=40), st.integers(2, 4))
def test_perfect_agreement_with_variation_is_one_whoever_skipped(grades, reviewers):
    assume(len({grade.is_valid for grade in grades}) > 1)
    items = [dict.fromkeys("abcd"[:reviewers], grade) for grade in grades]
    items[0] = dict(list(items[0].items())[:2])
    found = agreement_on(items)
    assert [figure.value for figure in found.figures[:5]] == pytest.approx([1] * 5)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    rng = np.random.default_rng(3)
    pairs = [(GRADES[i], GRADES[j]) for i, j in rng.integers(0, 4, (80, 2))]
    items = [{"a": one, "b": other} for one, other in pairs]
    one, again, other = (agreement_on(items, seed=seed).cohen_kappa for seed in (1, 1, 2))
    assert (one.low, one.high) == (again.low, again.high) != (other.low, other.high)


def test_an_interval_narrows_as_items_are_added():
    pairs = [(Grade.A, Grade.A)] * 8 + [(Grade.B, Grade.C)] * 4 + [(Grade.D, Grade.D)] * 5 + [(Grade.A, Grade.B)] * 3
    few, many = (two_reviewers(pairs * times).krippendorff_alpha for times in (2, 32))
    assert many.high - many.low < (few.high - few.low) / 2


# What cannot be told


def test_one_grade_throughout_leaves_every_figure_but_raw_agreement_undefined():
    found = two_reviewers([(Grade.A, Grade.A)] * 30)
    assert found.raw.value == 1.0
    assert found.raw.low == pytest.approx(0.886, abs=0.001)
    for figure in found.figures[1:]:
        assert figure.value is None
        assert "throughout" in figure.undefined_because
        assert figure.meaning.startswith("Undefined: ")


def test_one_reviewer_without_variation_leaves_the_order_undefined_and_kappa_at_chance():
    found = two_reviewers([(Grade.A, Grade.A)] * 10 + [(Grade.A, Grade.C)] * 10)
    assert found.spearman.value is None
    assert "no order" in found.spearman.undefined_because
    assert found.cohen_kappa.value == pytest.approx(0)


def test_items_that_only_one_reviewer_graded_are_not_counted():
    found = agreement_on([{"a": Grade.A}, {"b": Grade.B}, {"a": Grade.A, "b": Grade.A}])
    assert found.n == 1
    assert {figure.value for figure in found.figures} == {None}
    assert "only one item" in found.raw.undefined_because


def test_no_ratings_at_all_is_undefined_not_an_error():
    found = agreement([])
    assert (found.n, found.reviewers) == (0, ())
    assert "no item" in found.cohen_kappa.undefined_because


def test_few_items_get_a_figure_but_no_interval():
    found = two_reviewers([(Grade.A, Grade.A), (Grade.B, Grade.C), (Grade.D, Grade.D)])
    assert found.cohen_kappa.value is not None
    assert found.cohen_kappa.low is None
    assert "too few to resample" in found.cohen_kappa.meaning


def test_perfect_agreement_claims_no_interval_that_is_a_point():
    found = two_reviewers([(Grade.A, Grade.A)] * 20 + [(Grade.D, Grade.D)] * 20)
    assert found.cohen_kappa.value == 1.0
    assert found.cohen_kappa.low is None
    # Wilson's upper bound for 0 of 40 is 8.8%.
    assert "none of the 40 items shows a disagreement, yet up to 9%" in found.cohen_kappa.no_interval_because
    assert found.raw.low < 0.95


# Ratings


def test_only_ratings_of_the_same_text_are_compared():
    ratings = [
        rating(1, "a", Grade.A, text_hash="old"),
        rating(1, "b", Grade.D, text_hash="new"),
        rating(2, "a", Grade.A),
        rating(2, "b", Grade.A),
    ]
    assert agreement(ratings).n == 1


def test_a_reviewers_last_rating_of_a_text_counts():
    ratings = [rating(1, "a", Grade.D, at=1.0), rating(1, "a", Grade.B, at=2.0), rating(1, "b", Grade.B)]
    ratings += [rating(2, "a", Grade.C), rating(2, "b", Grade.C)]
    assert agreement(ratings).raw.value == 1.0


def test_valid_without_a_grade_counts_for_valid_or_not_alone():
    ratings = [rating(i, who, None, valid=i < 3) for i in range(6) for who in "ab"]
    found = agreement(ratings)
    assert (found.n, found.cohen_kappa.value) == (0, None)
    assert (found.cohen_kappa_valid.n, found.cohen_kappa_valid.value) == (6, 1.0)
    assert found.reviewers == ("a", "b")


def test_more_than_two_reviewers_are_averaged_over_pairs_by_the_items_they_share():
    # a and b share 30 items (kappa 1), a and c share 10 (kappa 0.6: 4 + 4 alike, 2 apart, margins even).
    items = [{"a": Grade.A, "b": Grade.A}] * 15 + [{"a": Grade.D, "b": Grade.D}] * 15
    items += [{"a": Grade.A, "c": Grade.A}] * 4 + [{"a": Grade.D, "c": Grade.D}] * 4
    items += [{"a": Grade.A, "c": Grade.D}, {"a": Grade.D, "c": Grade.A}]
    figure = agreement_on(items).cohen_kappa
    assert figure.value == pytest.approx((30 * 1 + 10 * 0.6) / 40)
    assert (figure.n, figure.pairs, figure.skipped) == (40, 2, 0)
    assert "mean over 2 pairs of reviewers, each weighted by the items they share" in figure.meaning


def test_a_pair_that_never_varies_is_left_out_and_said_so():
    items = [{"a": Grade.A, "b": Grade.A}] * 5 + [{"a": Grade.D, "b": Grade.D}] * 5 + [{"a": Grade.A, "c": Grade.A}] * 7
    items += [{"b": Grade.A, "c": Grade.A}, {"b": Grade.B, "c": Grade.B}]
    figure = agreement_on(items).cohen_kappa
    assert (figure.value, figure.pairs, figure.skipped) == (1.0, 3, 1)
    assert "1 more of the pairs did not vary" in figure.meaning


# The sentences


def test_a_sentence_says_where_the_papers_figure_lies():
    alike = [(grade, grade) for grade in GRADES] * 40 + [(Grade.A, Grade.B)] * 3
    assert "above the paper's 0.57 or 0.58" in two_reviewers(alike).cohen_kappa.meaning
    rng = np.random.default_rng(1)
    apart = [(GRADES[i], GRADES[j]) for i, j in rng.integers(0, 4, (300, 2))]
    assert "below the paper's 0.75" in two_reviewers(apart).cohen_kappa_valid.meaning
    middling = two_reviewers(alike[:40] + apart[:25]).cohen_kappa
    assert middling.low < 0.57 < middling.high
    assert "interval holds the paper's 0.57 or 0.58" in middling.meaning


def test_the_json_of_the_command_line_has_every_figure_and_no_nan():
    made = two_reviewers([(Grade.A, Grade.A)] * 12).as_json()
    assert list(made)[:7] == [
        "n", "raw", "krippendorff_alpha", "weighted_kappa", "cohen_kappa", "cohen_kappa_valid", "spearman",
    ]  # fmt: skip
    assert made["cohen_kappa"] is None
    assert "throughout" in made["undefined"]["cohen_kappa"]


def test_where_nobody_shares_a_text_the_short_way_says_what_the_long_way_says() -> None:
    from core.statistics.figures import figures

    alone = [{"Ada": Grade.A}, {"Bo": Grade.C}, {}]
    valid = [{"Ada": True}, {"Bo": False}]
    assert agreement_on(alone, valid) == Agreement(*figures(alone, valid, 1))
