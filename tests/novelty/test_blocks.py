"""The gate in the hands of a crew: the decisions and the evidence of the one that works alone."""

from __future__ import annotations

import os
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.novelty import blocks
from core.novelty import gate as gate_module
from core.novelty.arrival import MeasuringStopped
from core.novelty.blocks import admit_by, nearest_by
from core.novelty.gate import admit
from core.novelty.index import NoveltyIndex, workers
from core.novelty.tokens import Tokeniser
from tests.crew import HereCrew
from tests.novelty.corpora import ANY_SCRIPT, FEW_WORDS, assorted_texts
from tests.novelty.test_novelty_gate import THRESHOLDS, plainly_admitted, told


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [0.0, 0.35, *THRESHOLDS])
@pytest.mark.parametrize(("block", "fixed"), [(1000, 0), (60, 12), (37, 0), (37, 80), (7, 21), (60, 240)])
def test_a_crew_decides_as_one_by_one_whatever_the_blocks_and_whoever_ends_first(threshold, block, fixed):
    texts = assorted_texts(240, seed=5)
    expected = plainly_admitted(texts, threshold, fixed=fixed)
    found = admit_by(HereCrew(seed=block), texts, threshold, Tokeniser.PAPER, fixed=fixed, block=block)
    assert told(found) == expected


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.one_of(FEW_WORDS, ANY_SCRIPT), max_size=14),
    st.sampled_from(THRESHOLDS),
    st.integers(0, 5),
    st.integers(1, 6),
)
def test_a_crew_agrees_on_any_texts(texts, threshold, fixed, block):
    fixed = min(fixed, len(texts))
    for tokeniser in Tokeniser:
        found = admit_by(HereCrew(seed=fixed), texts, threshold, tokeniser, fixed=fixed, block=block)
        assert told(found) == plainly_admitted(texts, threshold, tokeniser, fixed)


def test_who_has_a_crew_asks_the_same_door(monkeypatch):
    monkeypatch.setattr(gate_module, "SMALL", 10)
    texts, crew = assorted_texts(120, seed=3), HereCrew()
    assert told(admit(texts, 0.6, crew=crew, fixed=4)) == plainly_admitted(texts, 0.6, fixed=4)
    assert crew.done


def test_it_tells_how_far_it_is_and_stops_when_asked():
    texts, steps = assorted_texts(100, seed=7), []
    take = partial(admit_by, threshold=0.7, tokeniser=Tokeniser.PAPER, block=30)
    take(HereCrew(), texts, on_progress=lambda done, total: steps.append((done, total)))
    assert steps[0] == (0, 100) and steps[-1] == (100, 100) and steps == sorted(steps)
    answers = iter([False] * 9)
    with pytest.raises(MeasuringStopped):
        take(HereCrew(), texts, should_stop=lambda: next(answers, True))


def test_few_texts_wait_in_memory_at_a_time(monkeypatch):
    """They lie on disk: a block is read when somebody is free to number it."""
    crew, read = HereCrew(workers=2), []

    class Watched(list):
        def __getitem__(self, place):
            read.append(len(crew.done))
            return super().__getitem__(place)

    admit_by(crew, Watched(assorted_texts(100, seed=7)), 0.7, Tokeniser.PAPER, block=10)
    assert read == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8]


def test_the_nearest_seed_of_each_is_the_one_that_is_found_here(monkeypatch):
    monkeypatch.setattr(blocks, "SLICE", 16)
    index = NoveltyIndex()
    for key, text in enumerate(assorted_texts(20, seed=1), 100):
        index.add(key, text)
    texts = assorted_texts(50, seed=2)
    keys, scores = nearest_by(HereCrew(), index, texts)
    here = index.nearest_of_each(texts)
    assert list(zip(keys.tolist(), scores.tolist(), strict=True)) == [(one.key, one.score) for one in here]


def test_a_worker_keeps_to_the_cores_that_it_was_given(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert workers() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "none")
    assert workers() == min(len(os.sched_getaffinity(0)), 8)
