"""Which candidates get in: asked one by one, a whole pool at once, and replayed from stored pairs."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.novelty import flat, passing
from core.novelty import gate as gate_module
from core.novelty import join as join_module
from core.novelty.arrival import Admissions, MeasuringStopped, Pairs
from core.novelty.gate import Gate, admit, admit_in_turn
from core.novelty.index import Neighbour
from core.novelty.join import similar_pairs
from core.novelty.replay import CurvePoint, curve, replay
from core.novelty.tokens import Tokeniser
from tests.novelty.corpora import ANY_SCRIPT, FEW_WORDS, assorted_texts, plain_scores

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.95, 1.0)


@pytest.fixture
def compiled(monkeypatch):
    """Take the compiled way however few the texts are."""
    monkeypatch.setattr(gate_module, "SMALL", 0)
    monkeypatch.setattr(join_module, "SMALL", 0)


def plainly_admitted(texts, threshold, tokeniser=Tokeniser.PAPER, fixed=0):
    """Return (kept, nearest, score) of each text from textbook scores."""
    accepted, outcome = [], []
    for at, scores in enumerate(plain_scores(tuple(texts), tokeniser)):
        score, nearest = max(((scores[other], -other) for other in accepted), default=(0.0, 0))
        if at >= fixed and score > threshold:
            outcome.append((False, -nearest, score))
        else:
            accepted.append(at)
            outcome.append((True, -1, 0.0))
    return outcome


def told(admissions):
    return list(zip(admissions.kept.tolist(), admissions.nearest.tolist(), admissions.score.tolist(), strict=True))


def test_exactly_the_threshold_gets_in_and_one_token_more_does_not():
    seed = " ".join(f"w{n}" for n in range(20))
    at_threshold = " ".join([f"w{n}" for n in range(14)] + ["x"] * 6)
    above = " ".join([f"w{n}" for n in range(15)] + ["x"] * 5)
    gate = Gate()
    gate.accept(1, seed)
    assert gate.judge(at_threshold).novel
    assert gate.judge(at_threshold).nearest == Neighbour(1, 0.7)
    assert not gate.judge(above).novel


def test_an_empty_pool_lets_everything_in():
    verdict = Gate().judge("Write a poem")
    assert verdict.novel
    assert verdict.nearest is None


def test_a_discard_keeps_nothing_out_but_later_texts_are_paired_with_it():
    gate = Gate()
    gate.discard(1, "write a poem about cats")
    verdict = gate.admit(2, "write a poem about dogs")
    assert verdict.novel
    assert verdict.closest == ()
    assert verdict.similar == (Neighbour(1, 0.8),)
    assert gate.admit(3, "write a poem about fish").closest == (Neighbour(2, 0.8),)


def test_judging_changes_nothing():
    gate = Gate()
    gate.judge("write a poem")
    assert len(gate) == 0


def test_a_text_that_repeats_one_is_paired_with_the_first_alone():
    gate = Gate()
    gate.accept(1, "write a poem about cats")
    gate.admit(2, "Write a poem about cats!")
    gate.admit(3, "write a poem about dogs")
    assert gate.judge("write a poem about CATS").similar == (Neighbour(1, 1.0),)


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_pairs_written_as_candidates_arrive_replay_to_the_same_decisions(threshold):
    texts = assorted_texts(260, seed=4)
    fixed = 9
    running = Gate(threshold=0.7)
    stored = []
    for key, text in enumerate(texts, 1000):
        if key < 1000 + fixed:
            stored += [(key, other.key, other.score) for other in running.judge(text).similar]
            running.accept(key, text)
        else:
            stored += [(key, other.key, other.score) for other in running.admit(key, text).similar]
    pairs = Pairs.of_keys(range(1000, 1000 + len(texts)), *zip(*stored, strict=True), floor=running.floor)
    assert told(replay(pairs, len(texts), threshold, fixed=fixed)) == plainly_admitted(texts, threshold, fixed=fixed)


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [0.0, 0.35, *THRESHOLDS])
@pytest.mark.parametrize("fixed", [0, 12])
def test_a_pool_at_once_is_admitted_as_one_by_one(compiled, monkeypatch, threshold, fixed):
    texts = assorted_texts(240, seed=5)
    expected = plainly_admitted(texts, threshold, fixed=fixed)
    monkeypatch.setattr(passing, "HALF_FROM", 0.0)
    for tokens in (0, 10**9):  # whole signatures, and halves laid over each other: no decision differs
        monkeypatch.setattr(passing, "HALF_UP_TO", tokens)
        assert told(admit(texts, threshold, fixed=fixed)) == expected
    assert told(gate_module._one_by_one(texts, threshold, Tokeniser.PAPER, fixed, None, None)) == expected


def in_turn(texts, threshold, tokeniser, fixed):
    """The compiled gate's decisions, stretch by stretch, as one."""
    outcome = Admissions.undecided(len(texts))
    for start, found in admit_in_turn(texts, threshold, tokeniser, fixed, 2):
        its = slice(start, start + len(found.kept))
        outcome.kept[its], outcome.nearest[its], outcome.score[its] = found.kept, found.nearest, found.score
    return outcome


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(FEW_WORDS, ANY_SCRIPT), max_size=14), st.sampled_from(THRESHOLDS), st.integers(0, 3))
def test_gate_pool_and_replay_agree_on_any_texts(texts, threshold, fixed):
    fixed = min(fixed, len(texts))
    for tokeniser in Tokeniser:
        expected = plainly_admitted(texts, threshold, tokeniser, fixed)
        assert told(admit(texts, threshold, tokeniser, fixed=fixed)) == expected
        assert told(in_turn(texts, threshold, tokeniser, fixed)) == expected
        pairs = similar_pairs(texts, tokeniser, 0.5)
        assert told(replay(pairs, len(texts), threshold, fixed=fixed)) == expected


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_replay_needs_no_more_pairs_than_the_first_twin_and_may_have_all(threshold):
    texts = assorted_texts(150, seed=6)
    scores = plain_scores(texts)
    compared = [(at, other, scores[at][other]) for at in range(150) for other in range(at)]
    later, earlier, score = zip(*[pair for pair in compared if pair[2] >= 0.5], strict=True)
    every_pair = Pairs(np.array(later, np.int32), np.array(earlier, np.int32), np.array(score), 0.5)
    assert len(every_pair) > len(similar_pairs(texts))
    assert told(replay(every_pair, 150, threshold)) == plainly_admitted(texts, threshold)


def test_replay_refuses_a_threshold_that_the_pairs_can_not_answer():
    pairs = similar_pairs(["a b", "a b c"], floor=0.5)
    with pytest.raises(ValueError, match="The stored pairs begin at"):
        replay(pairs, 2, 0.4)


def test_the_curve_counts_candidates_and_not_the_fixed_texts():
    texts = ["a b c d", "a b c x", "a b c d", "q r s t", "a b c d e"]
    pairs = similar_pairs(texts)
    assert curve(pairs, 5, (0.7, 0.8, 1.0), fixed=1) == (
        CurvePoint(0.7, kept=1, dropped=3),
        CurvePoint(0.8, kept=2, dropped=2),
        CurvePoint(1.0, kept=4, dropped=0),
    )
    assert curve(Pairs.joined([], 0.5), 0, (0.7,)) == (CurvePoint(0.7, 0, 0),)


def test_stored_pairs_of_other_texts_are_left_out():
    pairs = Pairs.of_keys([30, 10, 20], [20, 10, 99, 20], [30, 30, 10, 5], [0.9, 0.6, 0.8, 0.7], floor=0.5)
    assert list(zip(pairs.later.tolist(), pairs.earlier.tolist(), pairs.score.tolist(), strict=True)) == [
        (2, 0, 0.9),
        (1, 0, 0.6),
    ]
    assert len(Pairs.of_keys([], [1], [2], [0.9], floor=0.5)) == 0


def test_a_pool_tells_how_far_it_is_and_stops_when_asked(compiled):
    texts = assorted_texts(100, seed=7)
    steps = []
    admit(texts, on_progress=lambda done, total: steps.append((done, total)))
    assert steps == [(0, 100), (100, 100)]
    with pytest.raises(MeasuringStopped):
        admit(texts, should_stop=lambda: True)


def test_small_pools_tell_how_far_they_are_and_stop_when_asked():
    steps = []
    admit(["a b", "a c"], on_progress=lambda done, total: steps.append((done, total)))
    assert steps == [(0, 2), (2, 2)]
    with pytest.raises(MeasuringStopped):
        admit(["a"], should_stop=lambda: True)


@pytest.mark.parametrize("fixed", [0, 12])
def test_several_threads_admit_as_one_does(compiled, monkeypatch, fixed):
    monkeypatch.setattr(passing, "STRIDE", 32)
    monkeypatch.setattr(passing, "SPAN", 5)
    monkeypatch.setattr(gate_module, "workers", lambda: 3)
    texts = assorted_texts(240, seed=8)
    assert told(admit(texts, 0.6, fixed=fixed)) == plainly_admitted(texts, 0.6, fixed=fixed)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_was_foreseen_is_judged_as_if_it_had_not_been(seed):
    texts = assorted_texts(120, seed=seed)
    plain, foreseeing = Gate(0.6, closest=4), Gate(0.6, closest=4)
    for start in range(0, len(texts), 30):
        coming = texts[start : start + 30]
        foreseeing.foresee(coming)
        for key, text in enumerate(coming, start):
            if key % 7 == 3:
                plain.discard(key, text)
                foreseeing.discard(key, text)
            else:
                assert foreseeing.admit(key, text) == plain.admit(key, text)


def test_compiled_code_of_another_version_is_compiled_anew(tmp_path, monkeypatch):
    program = (
        "import pickle, sys\n"
        "from core.novelty import kernels\n"
        "print(kernels.mix._cache._cache_file._index_path, kernels.mix(kernels.np.uint64(3)))"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}

    def run() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    index, found = run()
    Path(index).write_bytes(pickle.dumps("stamp")[:-1] + b"ccore.novelty.arrays\nGone\n.")
    assert run() == [index, found]


def test_places_of_a_very_large_pool_are_wide_enough():
    assert [flat.room_for(n) for n in (0, 2**31 - 1, 2**31)] == [np.int32, np.int32, np.int64]
