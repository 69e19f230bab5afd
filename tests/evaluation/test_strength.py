"""Bradley-Terry with ties: the fixed point by hand, order, honest refusals."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest

from core.evaluation.strength import Duel, matrix, ranking


def duels(strengths: dict[str, float], tasks: int, seed: int = 1, ties: float = 0.2) -> list[Duel]:
    draw = random.Random(seed)
    made = []
    for task in range(tasks):
        for one, two in combinations(strengths, 2):
            chance = strengths[one] / (strengths[one] + strengths[two])
            made.append(Duel(task, one, two, 0.5 if draw.random() < ties else float(draw.random() < chance)))
    return made


def test_strengths_are_where_expected_wins_equal_the_wins_that_were_seen() -> None:
    made = duels({"a": 4.0, "b": 2.0, "c": 1.0}, 80)
    found = {
        each.model: (each.percent.value or 0) / (100 - (each.percent.value or 0)) for each in ranking(made).strengths
    }
    for model in found:
        seen = sum(d.outcome if d.first == model else 1 - d.outcome for d in made if model in (d.first, d.second))
        expected = sum(found[model] / (found[d.first] + found[d.second]) for d in made if model in (d.first, d.second))
        assert seen == pytest.approx(expected, abs=0.05)
    assert np.prod(list(found.values())) == pytest.approx(1.0)


def test_the_strongest_comes_first_with_an_interval_that_resamples_tasks() -> None:
    made = duels({"weak": 1.0, "strong": 5.0, "middle": 2.0}, 60)
    first, second, third = ranking(made).strengths
    assert [first.model, second.model, third.model] == ["strong", "middle", "weak"]
    assert first.percent.low is not None and second.percent.high is not None
    assert first.percent.low > second.percent.high
    twice = ranking([*made, *made]).strengths[0].percent  # the same tasks again tell nothing new
    assert twice.low == pytest.approx(first.percent.low) and twice.high == pytest.approx(first.percent.high)


def test_a_model_that_never_lost_has_no_strength_yet() -> None:
    made = [Duel(task, "a", other, 1.0) for task in range(20) for other in "bc"] + [Duel(1, "b", "c", 0.5)]
    assert ranking(made).strengths == () and "every one of its comparisons" in ranking(made).undefined_because
    assert ranking([]).strengths == ()


def test_the_matrix_counts_both_ways_round_and_names_both_bad() -> None:
    found = matrix([Duel(1, "a", "b", 1.0), Duel(2, "b", "a", 0.5, both_bad=True), Duel(3, "a", "b", 0.0)])
    assert (found["a", "b"].wins, found["a", "b"].losses, found["a", "b"].ties, found["a", "b"].both_bad) == (
        1,
        1,
        1,
        1,
    )
    assert found["b", "a"] == found["a", "b"]
