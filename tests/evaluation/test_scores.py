"""Reference scores are rouge-score's own, to the last bit, and fast."""

from __future__ import annotations

import random

import pytest
from rouge_score.rouge_scorer import RougeScorer

from core.evaluation.scores import Scorable, exact_match, score_all, scored

WORDS = ("running", "Cats", "the", "generously", "sky's", "x1", "naïve", "flies", "42", "-", "relational", "BUT")


def answers(n: int, seed: int = 1, longest: int = 60) -> list[Scorable]:
    draw = random.Random(seed)

    def text(shortest: int = 0) -> str:
        return " ".join(draw.choices(WORDS, k=draw.randint(shortest, longest)))

    return [
        Scorable(
            text(), tuple(text(1) for _ in range(draw.randint(1, 4))), f"task {at % 20}", "odd" if at % 2 else "even"
        )
        for at in range(n)
    ]


def test_rouge_l_is_that_of_rouge_score_in_one_plain_loop() -> None:
    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    made = answers(300)
    plain = [100 * max(scorer.score(ref, each.text)["rougeL"].fmeasure for ref in each.references) for each in made]
    assert [score.rouge_l for score in score_all(made)] == plain


@pytest.mark.parametrize(
    ("text", "references", "same"),
    [
        ("Yes, it is!", ("yes it is",), True),
        ("  a\n b ", ("A B",), True),
        ("a b", ("a", "a b"), True),
        ("", ("none",), False),
        ("can't", ("cant",), True),
    ],
)
def test_exact_match_folds_case_punctuation_and_space(text: str, references: tuple[str, ...], same: bool) -> None:
    assert exact_match(text, references) is same


def test_scores_come_over_all_by_task_and_by_category_with_intervals_over_tasks() -> None:
    made = [*answers(400), Scorable("no reference", (), "task 0"), Scorable("  ", ("x",), "task 0")]
    found = scored(made)
    assert (found.overall.n, found.overall.empty, found.unscored, found.overall.tasks) == (
        401,
        found.overall.empty,
        1,
        20,
    )
    assert sum(row.n for row in found.by_task) == 401
    assert {row.name for row in found.by_category} == {"odd", "even"}
    low, value, high = found.overall.rouge_l.low, found.overall.rouge_l.value, found.overall.rouge_l.high
    assert low is not None and value is not None and high is not None and low < value < high


def test_a_handful_of_tasks_has_a_figure_and_no_interval() -> None:
    found = scored([Scorable("a b", ("a b",), "one"), Scorable("a", ("b",), "two")])
    assert (found.overall.rouge_l.value, found.overall.rouge_l.low) == (50.0, None)
    assert scored([]).overall.rouge_l.value is None
