"""Grades: the papers' shares from the papers' counts, paired tests as the libraries have them, ties said aloud."""

from __future__ import annotations

import random
from collections.abc import Iterable

import numpy as np
import pytest
from scipy.stats import binomtest, wilcoxon

from core.evaluation import paper
from core.evaluation.grading import Graded, agreement_of, by_model, differences, drift, settled
from core.records import Grade

A, B, C, D = Grade


def graded(model: str, grades: Iterable[Grade], reviewer: str = "anna") -> list[Graded]:
    return [Graded(model, task, reviewer, grade, at=task) for task, grade in enumerate(grades)]


def test_published_shares_come_from_published_counts() -> None:
    made = [
        each
        for row in paper.HUMAN
        for each in graded(row.model, [grade for grade, count in row.counts.items() for _ in range(count)])
    ]
    shares = {found.model: round(found.valid.percent or 0, 1) for found in by_model(made)}
    assert shares == {
        "GPT3": 0.4,
        "GPT3 + T0 training": 29.8,
        "GPT3 + SuperNI training": 41.3,
        "GPT3 Self-Instruct + SuperNI": 54.4,
        "GPT3 Self-Instruct": 63.9,
        "InstructGPT 001": 68.7,
        "InstructGPT 002": 82.5,
        "InstructGPT 003": 88.1,
    }
    assert all(found.n == paper.HUMAN_TASKS for found in by_model(made))
    assert [found.model for found in by_model(made)] == sorted(shares, key=lambda model: -shares[model]), "best first"
    ours = by_model(made)[3].valid
    assert (round(ours.low or 0, 1), round(ours.high or 0, 1)) == (57.8, 69.6)  # Wilson, 161 of 252


@pytest.mark.parametrize(
    ("grades", "counts_as"), [((A, C), C), ((A, A, D), A), ((A, B, B, C), B), ((D,), D), ((A, B, C, D, D), C)]
)
def test_a_response_counts_once_with_its_median_the_stricter_of_two(
    grades: tuple[Grade, ...], counts_as: Grade
) -> None:
    assert settled(grades) is counts_as


def test_the_last_word_settles_what_raters_leave_open() -> None:
    made = graded("m", [A]) + graded("m", [C], "ben")
    assert by_model(made)[0].counts[C] == 1
    assert by_model(made, {("m", 0): A})[0].counts[A] == 1
    assert by_model(made)[0].ratings == 2


def drawn(seed: int, first: list[float], second: list[float], n: int = 120) -> list[Graded]:
    draw = random.Random(seed)
    return graded("a", draw.choices(list(Grade), first, k=n)) + graded("b", draw.choices(list(Grade), second, k=n))


def test_differences_are_paired_and_agree_with_the_exact_tests_of_scipy() -> None:
    made = drawn(5, [0.5, 0.2, 0.2, 0.1], [0.2, 0.2, 0.3, 0.3])
    (found,) = differences(made)
    by = {name: [each.grade for each in made if each.model == name] for name in "ab"}
    only_a = sum(x.is_valid and not y.is_valid for x, y in zip(by["a"], by["b"], strict=True))
    only_b = sum(y.is_valid and not x.is_valid for x, y in zip(by["a"], by["b"], strict=True))
    assert found.valid_p == pytest.approx(binomtest(only_a, only_a + only_b).pvalue)
    points = {grade: 4 - at for at, grade in enumerate(Grade)}
    steps = [points[x] - points[y] for x, y in zip(by["a"], by["b"], strict=True)]
    assert found.grade_p == pytest.approx(wilcoxon(steps).pvalue)
    assert found.grade.value == pytest.approx(np.mean(steps))
    assert not found.is_tied and f"{found.a} leads" in found.meaning


def test_the_interval_of_a_difference_is_a_plain_bootstrap_over_tasks() -> None:
    made = drawn(6, [0.4, 0.2, 0.2, 0.2], [0.3, 0.2, 0.2, 0.3])
    (found,) = differences(made)
    valid = [100.0 * (x.grade.is_valid - y.grade.is_valid) for x, y in zip(made[:120], made[120:], strict=True)]
    draw = np.random.default_rng(1)
    plain = [np.mean([valid[at] for at in draw.integers(0, 120, 120)]) for _ in range(4000)]
    low, high = np.quantile(plain, [0.025, 0.975])
    assert found.valid.low == pytest.approx(low, abs=1.5) and found.valid.high == pytest.approx(high, abs=1.5)


def test_two_models_that_tasks_do_not_tell_apart_are_said_to_be_tied() -> None:
    (found,) = differences(drawn(8, [0.25] * 4, [0.25] * 4, n=40))
    assert found.is_tied and found.meaning.startswith("Tied")
    (same,) = differences(graded("a", [A] * 9) + graded("b", [A] * 9))
    assert (same.valid_p, same.grade_p, same.is_tied) == (1.0, 1.0, True)


def test_models_without_a_common_task_are_not_compared() -> None:
    (found,) = differences([Graded("a", 1, "r", A), Graded("b", 2, "r", D)])
    assert (found.n, found.valid_p, found.meaning) == (
        0,
        None,
        "No task has a grade for both, so there is nothing to compare.",
    )


def test_instances_of_one_task_move_together() -> None:
    """Twenty copies of each of ten tasks tell no more than the ten tasks."""
    draw = random.Random(8)
    base = [(draw.choice([A, D]), draw.choice([A, D])) for _ in range(10)]
    made = [
        Graded(model, 20 * task + copy, "r", grades[which], cluster=f"task {task}")
        for task, grades in enumerate(base)
        for copy in range(20)
        for which, model in enumerate("ab")
    ]
    (found,) = differences(made)
    assert found.n == 200 and found.valid_p is not None and found.valid_p > 0.05
    valid = by_model(made)[0].valid
    assert (valid.high or 0) - (valid.low or 0) > 35  # Wilson on 200 would say 14


def test_agreement_is_that_of_audits_with_each_response_an_item() -> None:
    made = graded("m", [A, B, C, D] * 5) + graded("m", [A, B, C, C] * 5, "ben")
    found = agreement_of(made)
    assert found.n == 20 and found.raw.value == pytest.approx(0.75)


def test_a_rater_who_grows_lenient_is_seen_to_drift() -> None:
    made = graded("m", [C, D] * 30 + [A, B] * 30) + graded("m", [C, D] * 60, "ben")
    anna, ben = drift(made)
    assert anna.drifts and anna.second_half > anna.first_half and not ben.drifts
    assert anna.against_others.value == pytest.approx(1.0) and (ben.against_others.high or 0) < 0
