"""Table 2 of Self-Instruct for a sample of ours: three questions and "all fields valid", beside the paper's figures.

With it the other counts of an audit's page: how many got each grade, and the share of valid items by attribute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.audit.judged import JudgedItem
from core.pool.guidelines import ALL_VALID, QUESTIONS
from core.records import Grade
from core.statistics.estimates import Proportion, proportion, samples_to_halve

PAPER_N = 200
PAPER_YES = {"instruction_valid": 184, "input_appropriate": 158, "output_correct": 116, "all_valid": 108}


@dataclass(frozen=True, slots=True)
class QuestionShare:
    """One question: our share, the paper's (of 200), items without an answer, and how many more halve the interval."""

    key: str
    question: str
    share: Proportion
    paper: Proportion
    unanswered: int
    to_halve: int | None


@dataclass(frozen=True, slots=True)
class GradeShare:
    """How many of the graded items got a grade."""

    grade: Grade
    share: Proportion


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The share of valid items for each value of an attribute, the most frequent value first."""

    attribute: str
    rows: tuple[tuple[str, Proportion], ...]


def table2(items: Sequence[JudgedItem], tasks: int | None = None) -> tuple[QuestionShare, ...]:
    """Return the four rows of Table 2 over the items that have an answer; the others are counted, not guessed.

    `tasks`: how many there are to draw from, so that no row asks for more than are left.
    """
    return tuple(_row(question.key, question.text, items, tasks) for question in (*QUESTIONS, ALL_VALID))


def grade_shares(items: Sequence[JudgedItem]) -> tuple[GradeShare, ...]:
    """Return the share of each grade, A to D, among the graded items."""
    given = [item.grade for item in items if item.grade is not None]
    return tuple(GradeShare(grade, proportion(given.count(grade), len(given))) for grade in Grade)


def breakdowns(items: Sequence[JudgedItem]) -> tuple[Breakdown, ...]:
    """Return the share of valid items by each attribute, in the order in which attributes first occur."""
    attributes = dict.fromkeys(name for item in items for name in item.attributes)
    return tuple(_breakdown(name, items) for name in attributes)


def valid_share(items: Sequence[JudgedItem]) -> Proportion:
    """Return the share of valid items among those that were judged."""
    verdicts = [item.is_valid for item in items if item.is_valid is not None]
    return proportion(sum(verdicts), len(verdicts))


def _row(key: str, question: str, items: Sequence[JudgedItem], tasks: int | None) -> QuestionShare:
    answers = [answer for item in items if (answer := item.answer(key)) is not None]
    share = proportion(sum(answers), len(answers))
    paper = proportion(PAPER_YES[key], PAPER_N)
    return QuestionShare(
        key, question, share, paper, len(items) - len(answers), samples_to_halve(share.yes, share.n, tasks)
    )


def _breakdown(attribute: str, items: Sequence[JudgedItem]) -> Breakdown:
    by_value: dict[str, list[JudgedItem]] = {}
    for item in items:
        if attribute in item.attributes:
            by_value.setdefault(item.attributes[attribute], []).append(item)
    rows = [(value, valid_share(group)) for value, group in by_value.items()]
    return Breakdown(attribute, tuple(sorted(rows, key=lambda row: (-row[1].n, row[0]))))
