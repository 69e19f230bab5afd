"""Sunburst, histograms, lengths and Table 1."""

from __future__ import annotations

import random
from collections import Counter
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.diversity import table1
from core.diversity.lengths import length, unit
from core.diversity.statistics import (
    Sector,
    length_histogram,
    rouge_histogram,
    verb_noun_table,
)
from core.diversity.verbnoun import VerbNoun


def test_the_sunburst_shows_the_top_verbs_and_their_top_nouns() -> None:
    pairs = [VerbNoun("write", "poem")] * 3 + [VerbNoun("write", "essay")] * 2 + [VerbNoun("write", "note")]
    pairs += [VerbNoun("sort", "list")] * 4 + [VerbNoun("fix", "bug"), VerbNoun("explain", None), VerbNoun(None, None)]
    table = verb_noun_table(Counter(pairs), top_verbs=2, top_nouns=2)
    assert table.sectors == (Sector("write", "poem", 3), Sector("write", "essay", 2), Sector("sort", "list", 4))
    assert (table.total, table.with_pair, table.distinct_pairs, table.shown) == (13, 11, 5, 9)
    assert table.coverage == 9 / 13
    assert table.sentence == "11 of 13 have a verb-noun pair"
    assert table.verb_counts() == {"write": 5, "sort": 4}


def test_ties_go_by_the_alphabet() -> None:
    counts = {VerbNoun("b", "y"): 1, VerbNoun("a", "z"): 1, VerbNoun("a", "x"): 1, VerbNoun("c", "x"): 2}
    assert [(s.verb, s.noun) for s in verb_noun_table(counts, 3, 1).sectors] == [("a", "x"), ("c", "x"), ("b", "y")]


def test_an_empty_pool_has_no_coverage() -> None:
    assert verb_noun_table(Counter()).coverage is None


@given(
    st.dictionaries(
        st.builds(VerbNoun, st.sampled_from("abc"), st.sampled_from(["x", "y", "z", None])), st.integers(1, 9)
    )
)
def test_all_sectors_together_are_all_pairs(counts: dict[VerbNoun, int]) -> None:
    table = verb_noun_table(counts, 99, 99)
    assert table.shown == table.with_pair == sum(count for pair, count in counts.items() if pair.is_pair)
    assert len(table.sectors) == table.distinct_pairs


def test_a_score_on_an_edge_belongs_to_the_bar_above() -> None:
    bars = rouge_histogram([0.0, 0.7, 0.15, 0.999, 1.0], bins=20).bins
    assert [n for n, bar in enumerate(bars) if bar.count] == [0, 3, 14, 19]
    assert bars[19].count == 2
    assert bars[14].low == pytest.approx(0.7)


def test_a_score_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        rouge_histogram([1.2])


def test_lengths_have_round_bars_and_one_outlier_does_not_flatten_them() -> None:
    histogram = length_histogram([*range(1, 100), *range(1, 100), 5_000])
    assert {bar.high - bar.low for bar in histogram.bins[:-1]} == {5}
    assert histogram.bins[-1].high > 5_000
    assert sum(bar.count for bar in histogram.bins) == histogram.n == 199


def test_one_text_that_is_far_longer_than_all_others_does_not_press_them_into_one_bar() -> None:
    histogram = length_histogram([*range(1, 67), 40_000])
    assert len(histogram.bins) > 10 and histogram.bins[-1].high == 40_001 and histogram.bins[-1].count >= 1
    assert length_histogram([1, 2, 3, 40_000]).bins[-1].high >= 40_000  # of four, one is no rarity


@given(st.lists(st.integers(0, 3_000)))
def test_no_length_is_lost_between_bars(lengths: list[int]) -> None:
    histogram = length_histogram(lengths)
    assert sum(bar.count for bar in histogram.bins) == len(lengths)
    assert all(left.high == right.low for left, right in zip(histogram.bins, histogram.bins[1:], strict=False))
    assert len(histogram.bins) <= 41


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write a poem.", 3),
        ("", 0),
        ("写一首诗。", 4),
        ("用 Python 写一个函数", 7),
        ("naïve café", 2),
        ("เขียน", 4),
        ("詩を書いてください", 9),
        ("가을에 대한 시", 3),
    ],
)
def test_length_counts_words_or_characters(text: str, expected: int) -> None:
    assert length(text) == expected


def test_the_axis_says_what_is_counted() -> None:
    assert unit(["Write a poem.", "写诗", "Sort."]) == "words"
    assert unit(["写一首诗。", "把句子翻译成英文"]) == "characters"


def test_table_1_counts_a_pool() -> None:
    table = table1.table1(
        [("Sort the list.", False), ("Is this true or false?", True)],
        [("", "yes"), ("3 1 2", "1 2 3"), (" ", "no idea at all")],
    )
    assert table == table1.Table1(2, 1, 1, 3, 2, 4.0, 3.0, 8 / 3)
    assert table.rows()[0] == ("instructions", 2)


def test_an_empty_pool_has_no_means() -> None:
    assert table1.table1([], []).mean_instruction is None


def test_the_paper_s_column_adds_up() -> None:
    assert table1.PAPER.classification + table1.PAPER.non_classification == table1.PAPER.instructions == 52_445


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError):
        table1.table1_from_counts(1, 2, 0, 0, *(table1.WordMean() for _ in range(3)))


def test_table_1_counts_words_of_chinese_by_a_word_breaker_and_beside_it_at_white_space() -> None:
    text = "请把下面这段话翻译成英文，并说明每个成语的意思。"
    table = table1.table1([(text, False), ("Name two 成语 please", False)], [("", "Done."), ("下面这段话", "英文")])
    assert table.mean_instruction == pytest.approx((16 + 4) / 2)
    assert table.between_spaces == (pytest.approx((1 + 4) / 2), 1.0, 1.0)
    rows = dict(table.rows())
    assert rows["mean instruction length (words)"] == pytest.approx(10.0)
    assert rows["mean instruction length (between white space)"] == pytest.approx(2.5)
    assert table1.table1([("Name two idioms", False)], []).between_spaces is None


def test_lengths_that_are_counted_make_the_bars_of_those_laid_out() -> None:
    dice = random.Random(4)
    for n in (1, 2, 7, 1_000, 1_001):
        lengths = [int(dice.expovariate(0.05)) for _ in range(n)]
        plain, told = sorted(lengths), length_histogram(Counter(lengths))
        assert told == length_histogram(lengths)
        assert (told.n, told.median) == (n, median(plain)) and told.mean == pytest.approx(sum(plain) / n)
        assert [bar.count for bar in told.bins[:-1]] == [
            sum(bar.low <= length < bar.high for length in plain) for bar in told.bins[:-1]
        ]


def test_a_million_lengths_take_no_longer_than_there_are_different_ones() -> None:
    """Their page is drawn again and again while a pool is measured beside it."""
    assert length_histogram({3: 10**12, 5: 10**12}).median == 4.0
