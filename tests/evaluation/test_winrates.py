"""Win rates follow AlpacaEval's definition; the length-controlled one follows the regression that it is said to be."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from core.evaluation.winrates import Preference, Verdicts, length_controlled, win_rate


def judged(*preferences: float | None) -> Verdicts:
    return Verdicts.of([Preference(at, each, 100, 100 + at) for at, each in enumerate(preferences)])


def test_a_draw_counts_half_an_old_zero_is_a_draw_and_what_was_not_parsed_is_left_out_and_counted() -> None:
    found = win_rate(judged(1, 2, 2, 0, 1.5, None))
    assert (found.n, found.wins, found.losses, found.draws, found.left_out) == (5, 2, 1, 2, 1)
    assert found.win_rate == pytest.approx(60.0)


def test_the_standard_error_is_that_of_the_mean_with_n_minus_one() -> None:
    values = [1, 2, 2, 1.5, 1.25, 2]
    shares = np.array(values) - 1
    assert win_rate(judged(*values)).standard_error == pytest.approx(100 * shares.std(ddof=1) / math.sqrt(len(values)))


def test_a_probability_counts_as_far_as_it_leans() -> None:
    found = win_rate(judged(1.9, 1.2))
    assert (found.wins, found.losses) == (1, 1)
    assert found.win_rate == pytest.approx(55.0)


def test_no_judgement_gives_no_figure() -> None:
    found = win_rate(judged(None, None))
    assert (found.n, found.win_rate, found.standard_error, found.length_controlled) == (0, None, None, None)


def test_both_orders_of_a_task_move_together_in_the_interval() -> None:
    draw = random.Random(4)
    once = [Preference(task, draw.choice((1, 2)), 10, 10) for task in range(60)]
    twice = win_rate(Verdicts.of([*once, *once])).interval
    assert twice == win_rate(Verdicts.of(once)).interval
    apart = [Preference(at, each.preference, 1, 1) for at, each in enumerate([*once, *once])]
    assert twice.low != win_rate(Verdicts.of(apart)).interval.low


def judge_that_likes_length(better: float, seed: int = 1, n: int = 800) -> list[Preference]:
    """Judgements whose chance is logistic in tanh of the standardised length difference, plus `better`."""
    draw = random.Random(seed)
    lengths = [(draw.randint(100, 900), draw.randint(100, 2000)) for _ in range(n)]
    spread = np.std([one - two for one, two in lengths], ddof=1)
    return [
        Preference(at, 1 + 1 / (1 + math.exp(-(better - 2.0 * math.tanh((one - two) / spread)))), one, two)
        for at, (one, two) in enumerate(lengths)
    ]


def test_length_control_recovers_the_constant_that_a_judge_of_known_bias_has() -> None:
    made = judge_that_likes_length(better=-0.3)
    controlled, _ = length_controlled(Verdicts.of(made))
    raw = win_rate(Verdicts.of(made)).win_rate
    assert controlled is not None and raw is not None
    assert controlled == pytest.approx(100 / (1 + math.exp(0.3)), abs=0.5)
    assert raw > 55  # the longer answers had won


def test_length_control_agrees_with_plain_newton_steps() -> None:
    """The regression without a penalty, by hand: the chosen penalty is weak where there is data enough."""
    made = judge_that_likes_length(better=0.4, seed=2)
    longer = np.array([each.baseline_length - each.model_length for each in made], dtype=float)
    rows = np.column_stack([np.tanh(longer / longer.std(ddof=1)), np.ones(len(made))])
    chance = np.array([(each.preference or 0) - 1 for each in made])
    coefficients = np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-rows @ coefficients))
        coefficients += np.linalg.solve((rows.T * (p * (1 - p))) @ rows, rows.T @ (chance - p))
    assert length_controlled(Verdicts.of(made))[0] == pytest.approx(100 / (1 + math.exp(-coefficients[1])), abs=0.3)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ([Preference(at, 1 + at % 2, 10, at) for at in range(5)], "at least 10 tasks"),
        ([Preference(at, 1 + at % 2, 10, 12) for at in range(50)], "differ in length by the same"),
        ([Preference(at, 2, 10, at) for at in range(50)], "won every time"),
    ],
)
def test_length_control_says_why_it_has_no_figure(made: list[Preference], why: str) -> None:
    value, reason = length_controlled(Verdicts.of(made))
    assert value is None and why in reason
