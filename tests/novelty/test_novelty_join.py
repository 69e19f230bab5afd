"""All similar pairs of a pool, none missed and none too many."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.novelty import flat, join
from core.novelty.arrival import MeasuringStopped
from core.novelty.join import similar_pairs, stream_pairs
from core.novelty.tokens import Tokeniser, tokenise
from tests.novelty.corpora import ANY_SCRIPT, assorted_texts, plain_score, plain_scores


@pytest.fixture
def compiled(monkeypatch):
    """Take the compiled way however few the texts are."""
    monkeypatch.setattr(join, "SMALL", 0)


def plain_pairs(texts, floor, tokeniser=Tokeniser.PAPER, since=0):
    """Return {(later, earlier): score} by comparing everything, repeats paired with their first only."""
    cut = [tokenise(text, tokeniser) for text in texts]
    scores = plain_scores(tuple(texts), tokeniser)
    first = {}
    pairs = {}
    for at, tokens in enumerate(cut):
        twin = first.setdefault(tuple(tokens), at) if tokens else at
        for other in [twin] if twin < at else range(at):
            score = scores[at][other]
            if score >= floor and at >= since and (twin < at or first.get(tuple(cut[other]), other) == other):
                pairs[at, other] = score
    return pairs


def told(pairs):
    found = list(zip(pairs.later.tolist(), pairs.earlier.tolist(), strict=True))
    assert found == sorted(found)
    assert len(set(found)) == len(found)
    return dict(zip(found, pairs.score.tolist(), strict=True))


@pytest.mark.parametrize("floor", [0.2, 0.5, 0.7, 0.9, 1.0])
@pytest.mark.parametrize("words", [8, 60, 2000])
def test_the_join_finds_what_comparing_everything_finds(compiled, floor, words):
    texts = assorted_texts(220, seed=8, words=words)
    assert max(len(text.split()) for text in texts) > 128
    assert told(similar_pairs(texts, floor=floor)) == plain_pairs(texts, floor)


@pytest.mark.parametrize("floor", [0.3, 0.5, 0.8])
def test_a_small_pool_is_joined_without_compiled_code_to_the_same_pairs(floor, monkeypatch):
    monkeypatch.setattr(join, "STRIDE", 64)
    texts = assorted_texts(200, seed=9)
    by_blocks = similar_pairs(texts, floor=floor)
    assert told(by_blocks) == plain_pairs(texts, floor)


@settings(deadline=None, max_examples=80)
@given(st.lists(ANY_SCRIPT, max_size=12), st.sampled_from([0.1, 0.5, 2 / 3, 0.7, 1.0]), st.sampled_from(Tokeniser))
def test_the_join_is_exact_on_any_texts_of_any_script(texts, floor, tokeniser):
    expected = plain_pairs(texts, floor, tokeniser)
    assert told(similar_pairs(texts, tokeniser, floor)) == expected
    found = [pairs for _, pairs in join._compiled(texts, tokeniser, floor, 0)]
    assert sum(len(later) for later, *_ in found) == len(expected)
    assert {(int(i), int(j)) for later, earlier, *_ in found for i, j in zip(later, earlier, strict=True)} == set(
        expected
    )


def test_new_texts_add_only_their_own_pairs(compiled):
    texts = assorted_texts(160, seed=10)
    assert told(similar_pairs(texts, since=100)) == plain_pairs(texts, 0.5, since=100)


def test_a_stream_holds_few_pairs_at_a_time_and_all_in_the_end(compiled, monkeypatch):
    monkeypatch.setattr(join, "STRIDE", 16)
    monkeypatch.setattr(join, "BUFFER", 1)
    texts = [f"write one short poem about thing number {n}" for n in range(200)]
    chunks = list(stream_pairs(texts, floor=0.5))
    assert sum(len(chunk) for chunk in chunks) == 200 * 199 // 2
    assert max(len(chunk) for chunk in chunks) <= len(texts)
    positions = np.concatenate([chunk.later for chunk in chunks]).tolist()
    assert positions == sorted(positions)


def test_many_repeats_of_one_text_do_not_pair_with_each_other(compiled):
    texts = ["Summarise the text."] * 500 + ["Summarise this text."]
    assert len(similar_pairs(texts)) == 500


def test_two_texts_with_one_fingerprint_are_still_told_apart(compiled, monkeypatch):
    monkeypatch.setattr(flat, "first_twins", lambda fingerprint: np.zeros(len(fingerprint), np.int32))
    texts = ["a b c d", "q r s t", "a b c d", "q r s t"]
    assert told(similar_pairs(texts)) == {(2, 0): 1.0, (3, 1): 1.0}


def test_very_long_texts_are_compared_exactly(compiled):
    tokens = [f"w{n * n % 997}" for n in range(3000)]
    other = [token for n, token in enumerate(tokens) if n % 7] + ["end"]
    texts = [" ".join(tokens), " ".join(other)]
    assert told(similar_pairs(texts)) == {(1, 0): plain_score(tokens, other)}


def test_no_floor_is_no_join():
    with pytest.raises(ValueError, match="above 0"):
        similar_pairs(["a"], floor=0)


def test_nothing_joins_to_nothing(compiled):
    assert len(similar_pairs([])) == len(similar_pairs([""])) == len(similar_pairs(["", ""])) == 0


def test_a_join_tells_how_far_it_is_and_stops_when_asked(compiled):
    texts = assorted_texts(join.STRIDE + 100, seed=11)
    steps = []
    similar_pairs(texts, since=50, on_progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (join.STRIDE + 50, join.STRIDE + 50)
    assert steps == sorted(steps)
    with pytest.raises(MeasuringStopped):
        similar_pairs(texts, should_stop=lambda: True)


def test_the_live_gate_loads_no_compiler():
    program = (
        "import sys; from core.novelty import Gate; gate = Gate(); gate.accept(1, 'a b'); gate.admit(2, 'a c');"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_cannot_be_kept_on_disk_is_compiled_all_the_same():
    program = (
        "from numba.core import caching; caching.CacheImpl._locator_classes = [];"
        "from core.novelty.compiling import compiled; import core.words;"
        "core.words.double = lambda n: 2 * n; print(compiled(core.words.double)(21))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ})
    assert done.stdout.strip() == "42", done.stderr
