"""The measure is exact, and so is the place where a threshold cuts."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score import rouge_scorer

from core.novelty.flat import bounds
from core.novelty.index import NoveltyIndex
from core.novelty.score import least_lcs, rouge_l
from core.novelty.tokens import Tokeniser, tokenise
from tests.novelty.corpora import ANY_SCRIPT, FEW_WORDS, assorted_texts, plain_score

REFERENCE = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)


@settings(deadline=None)
@given(st.one_of(FEW_WORDS, ANY_SCRIPT), st.one_of(FEW_WORDS, ANY_SCRIPT))
def test_a_score_is_the_reference_score(text, other):
    index = NoveltyIndex()
    index.add(1, other)
    reference = REFERENCE.score(other, text)["rougeL"].fmeasure
    assert index.nearest(text).score == pytest.approx(reference, abs=1e-15)


def test_scores_are_the_reference_scores_over_thousands_of_pairs():
    texts = assorted_texts(80, seed=1)
    index = NoveltyIndex()
    for key, text in enumerate(texts):
        index.add(key, text)
    for text in texts:
        reference = [REFERENCE.score(other, text)["rougeL"].fmeasure for other in texts]
        found = [neighbour.score for neighbour in sorted(index.closest(text, 80), key=lambda n: n.key)]
        np.testing.assert_allclose(found, reference, rtol=0, atol=1e-15)


@settings(deadline=None)
@given(ANY_SCRIPT, ANY_SCRIPT)
def test_a_unicode_score_is_the_textbook_score(text, other):
    index = NoveltyIndex(Tokeniser.UNICODE)
    index.add(1, other)
    tokens = (tokenise(text, Tokeniser.UNICODE), tokenise(other, Tokeniser.UNICODE))
    assert index.nearest(text).score == plain_score(*tokens)


def test_fourteen_of_twenty_is_exactly_the_threshold():
    assert rouge_l(14, 40) == 0.7
    assert rouge_l(7, 20) == 0.7
    assert least_lcs(0.7, 40, inclusive=False)[40] == 15
    assert least_lcs(0.7, 40, inclusive=True)[40] == 14


def test_empty_texts_score_nothing():
    assert rouge_l(0, 0) == 0


@settings(deadline=None)
@given(st.integers(0, 100), st.booleans())
def test_the_least_lcs_cuts_where_the_fraction_does(percent, inclusive):
    exact = Fraction(percent, 100)
    for total, least in enumerate(least_lcs(percent / 100, 90, inclusive=inclusive).tolist()):
        if total:
            passes = [(s := Fraction(2 * lcs, total)) > exact or (inclusive and s == exact) for lcs in range(total + 2)]
            assert least == passes.index(True)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.7, 0.75, 0.9, 1.0])
@pytest.mark.parametrize("inclusive", [True, False])
def test_length_bounds_are_those_of_trying_every_length(threshold, inclusive):
    longest = 70
    needed = least_lcs(threshold, 2 * longest, inclusive=inclusive and threshold > 0)
    limits = bounds(needed, longest)
    for m in range(1, longest + 1):
        possible = [n for n in range(1, longest + 1) if needed[m + n] <= min(m, n)]
        if possible:
            assert (limits.shortest[m], limits.longest[m]) == (possible[0], possible[-1])
            assert possible == list(range(possible[0], possible[-1] + 1))
            assert limits.prefix[m] == m - min(needed[m + n] for n in possible) + 1
        else:
            assert limits.prefix[m] == 0
