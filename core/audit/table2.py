"""Table 2 of Self-Instruct for a sample of ours: three questions and "all fields valid", beside the paper's figures.

With it the other counts of an audit's page: how many got each grade, and the share of valid items by attribute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.audit.judged import JudgedItem
from core.pool.guidelines import ALL_VALID, QUESTIONS
from core.records import Grade
from core.statistics.estimates import Proportion, SampledStratum, proportion, samples_to_halve, stratified
from core.words import number_of

PAPER_N = 200
_NOT = [None] * len(QUESTIONS)
_ALL_YES = [True] * len(QUESTIONS)
PAPER_YES = {"instruction_valid": 184, "input_appropriate": 158, "output_correct": 116, "all_valid": 108}


@dataclass(frozen=True, slots=True)
class QuestionShare:
    """One question: our share, the paper's (of 200), items without an answer, and how many more halve the interval.

    `share` counts yes and n as they were given; its percent and interval are weighted where the sample is (see
    `is_weighted`). `least`, `most`: for "all fields valid" alone, and only where answers are missing: the percent that
    it is at the least and at the most of the `begun` items with an answer, whatever the missing ones would be.
    """

    key: str
    question: str
    share: Proportion
    paper: Proportion
    unanswered: int
    to_halve: int | None
    begun: int = 0
    least: float | None = None
    most: float | None = None

    @property
    def bounds(self) -> str:
        """What missing answers leave open, in a sentence; "" where nothing is missing."""
        if self.least is None or self.most is None:
            return ""
        return (
            f"All fields valid: {self.share.n} of {number_of(self.begun, 'item', 'have')} all three answers. With "
            f"the others it is "
            f"between {self.least:.1f}% and {self.most:.1f}%, whatever their missing answers would be."
        )


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


def table2(items: Sequence[JudgedItem], tasks: Mapping[str, int] | None = None) -> tuple[QuestionShare, ...]:
    """Return the four rows of Table 2 over the items that have an answer; the others are counted, not guessed.

    "All fields valid" is asked of the items that have all three answers. `tasks`: how many there are to draw from, by
    stratum: no row asks for more than are left, and each stratum has its weight where the sample does not give it.
    """
    weights = tasks if tasks and is_weighted(items, tasks) else None
    left = sum(tasks.values()) if tasks else None
    return tuple(_row(question.key, question.text, items, weights, left) for question in (*QUESTIONS, ALL_VALID))


def is_weighted(items: Sequence[JudgedItem], tasks: Mapping[str, int]) -> bool:
    """Whether the strata's shares of the sample are not those of the population, as with equal allocation.

    Less than one item too many or too few in a stratum is rounding.
    """
    drawn = Counter(item.stratum for item in items)
    population = sum(tasks.values())
    return any(abs(drawn[name] - len(items) * size / population) >= 1 for name, size in tasks.items())


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


def _row(
    key: str, question: str, items: Sequence[JudgedItem], weights: Mapping[str, int] | None, left: int | None
) -> QuestionShare:
    answers = [(item, item.answer(key)) for item in items]
    known = [(item, answer) for item, answer in answers if answer is not None]
    share = _share(known, weights)
    paper = proportion(PAPER_YES[key], PAPER_N)
    row = QuestionShare(
        key, question, share, paper, len(items) - len(known), samples_to_halve(share.yes, share.n, left)
    )
    if key != ALL_VALID.key:
        return row
    begun = [(item, said) for item in items if (said := [item.answer(question.key) for question in QUESTIONS]) != _NOT]
    if len(begun) == len(known):
        return row
    least = _share([(item, said == _ALL_YES) for item, said in begun], weights)
    most = _share([(item, False not in said) for item, said in begun], weights)
    return replace(row, begun=len(begun), least=least.percent, most=most.percent)


def _share(answers: Sequence[tuple[JudgedItem, bool]], weights: Mapping[str, int] | None) -> Proportion:
    plain = proportion(sum(yes for _, yes in answers), len(answers))
    if weights is None or not answers:
        return plain
    whole = stratified(
        SampledStratum(name, size, len(given), sum(given), worth=len(given))
        for name, size in weights.items()
        for given in ([yes for item, yes in answers if item.stratum == name],)
    )
    return replace(plain, percent=whole.percent, low=whole.low, high=whole.high)


def _breakdown(attribute: str, items: Sequence[JudgedItem]) -> Breakdown:
    by_value: dict[str, list[JudgedItem]] = {}
    for item in items:
        if attribute in item.attributes:
            by_value.setdefault(item.attributes[attribute], []).append(item)
    rows = [(value, valid_share(group)) for value, group in by_value.items()]
    return Breakdown(attribute, tuple(sorted(rows, key=lambda row: (-row[1].n, row[0]))))
