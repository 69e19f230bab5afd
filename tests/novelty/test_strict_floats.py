"""Exactly at the threshold: kept by whole numbers, and where asked for dropped as the released arithmetic does."""

from __future__ import annotations

from rouge_score import rouge_scorer

from core import pools
from core.database import Database
from core.gate.admission import PoolGate
from core.novelty import Gate, released_f1
from core.seeds.seeds import Seed

SHAPES = [
    (7 * k, m, 20 * k - m) for k in range(1, 8) for m in range(7 * k, 20 * k - 7 * k + 1)
]  # LCS and the two lengths of every pair of up to 140 tokens whose F1 is exactly 0.7


def texts_of(lcs: int, one: int, other: int) -> tuple[str, str]:
    shared = [f"s{n}" for n in range(lcs)]
    return (
        " ".join([*shared, *(f"a{n}" for n in range(one - lcs))]),
        " ".join([*shared, *(f"b{n}" for n in range(other - lcs))]),
    )


def test_of_175_shapes_that_score_exactly_the_threshold_the_released_arithmetic_drops_98_and_ours_none() -> None:
    reference = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    assert len(SHAPES) == 175
    dropped = 0
    for number, (lcs, one, other) in enumerate(SHAPES):
        first, second = texts_of(lcs, one, other)
        gate = Gate(0.7)
        gate.accept(1, first)
        assert gate.judge(second).novel
        released = released_f1(0.7, other, one)
        dropped += released > 0.7
        if number % 7 == 0:  # the library is slow
            assert released == reference.score(second, first)["rougeL"].fmeasure
    assert dropped == 98


def test_strict_floats_drops_what_the_released_program_drops_and_says_why(database: Database) -> None:
    above = next(shape for shape in SHAPES if released_f1(0.7, shape[2], shape[1]) > 0.7)
    below = next(shape for shape in SHAPES if released_f1(0.7, shape[2], shape[1]) <= 0.7)
    for name, (lcs, one, other) in (("above", above), ("below", below)):
        first, second = texts_of(lcs, one, other)
        pool, _ = pools.get_or_make(database, name, [Seed("", first, (("", "Out."),), False)])
        with database.read() as c:
            exact, strict = PoolGate(c, pool, 0.7), PoolGate(c, pool, 0.7, strict_floats=True)
        assert exact.measure(second).discard is None
        discard = strict.measure(second).discard
        assert (discard is not None) == (name == "above")
        if discard is not None:
            assert discard.evidence["in released floats"] > discard.evidence["threshold"] == discard.evidence["score"]
