"""One sampled item with everything that reviewers said about it, and the one answer that counts where they differ.

The stricter answer counts: an item is valid, and a question is answered yes, where more than half of its reviewers say
so; its grade is the middle one, the worse of the two middle ones where their number is even. An adjudicator's rating
settles whatever it answers. Anybody may say it who judges blind no more: best who never judged; where it is one of
those who differ, that is told wherever the item is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.records import Grade, Rating
from core.statistics.agreement import validity

DIFFERENCES = {
    "grade": "grade",
    "instruction_valid": "valid task",
    "input_appropriate": "input fits",
    "output_correct": "output right",
}


@dataclass(frozen=True, slots=True)
class JudgedItem:
    """An item as it was frozen: its text and hash, what it has in common with others, and its current ratings.

    `attributes`: such as {"run": "12", "verb": "write", "classification": "no"}. `ratings`: one per reviewer, of this
    very text. `adjudication`: the rating that settles a disagreement, if there was one. `weight`: the instances of its
    task in the population, of which it is a random one. `unfinished`: reviewers whose answers make no difference yet,
    since they still judge while two others are done.
    """

    position: int
    task_id: int
    instance_id: int
    text_hash: str
    instruction: str
    input: str
    output: str
    stratum: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    ratings: tuple[Rating, ...] = ()
    adjudication: Rating | None = None
    weight: int = 1
    unfinished: frozenset[str] = frozenset()

    @property
    def grade(self) -> Grade | None:
        """The grade that counts, None while nobody gave one."""
        return settled_grade(rating.grade for rating in self._deciding("grade"))

    @property
    def is_valid(self) -> bool | None:
        """Whether the item counts as valid, None while nobody said."""
        if self.adjudication is not None and validity(self.adjudication) is not None:
            return validity(self.adjudication)
        return settled(validity(rating) for rating in self.ratings)

    def answer(self, question: str) -> bool | None:
        """Return the answer that counts to a question of Table 2, None while nobody answered it.

        "all_valid" is known once all three are: were it no as soon as one is no, items with a blank could count as no
        and never as yes.
        """
        if question == "all_valid":
            answers = [self.answer(key) for key in ("instruction_valid", "input_appropriate", "output_correct")]
            return None if None in answers else all(answers)
        return settled(getattr(rating, question) for rating in self._deciding(question))

    @property
    def is_disputed(self) -> bool:
        """Whether two reviewers gave it different grades, or one called it valid and another not."""
        grades = {rating.grade for rating in self._compared if rating.grade is not None}
        verdicts = {validity(rating) for rating in self._compared} - {None}
        return len(grades) > 1 or len(verdicts) > 1

    @property
    def differs_on(self) -> tuple[str, ...]:
        """What two reviewers answered differently, as keys of `DIFFERENCES`; "grade" stands for valid or not too."""
        return tuple(key for key in DIFFERENCES if (self.is_disputed if key == "grade" else self._is_split(key)))

    @property
    def is_open(self) -> bool:
        """Whether reviewers differ and nobody has said the last word; what that leaves unanswered stays as it was."""
        return bool(self.differs_on) and self.adjudication is None

    @property
    def is_settled_by_party(self) -> bool:
        """Whether the last word on a difference is by one of those who differ."""
        parties = {rating.reviewer for rating in self.ratings}
        return bool(self.differs_on) and self.adjudication is not None and self.adjudication.reviewer in parties

    @property
    def _compared(self) -> tuple[Rating, ...]:
        return tuple(rating for rating in self.ratings if rating.reviewer not in self.unfinished)

    def _is_split(self, question: str) -> bool:
        return len({getattr(rating, question) for rating in self._compared} - {None}) > 1

    def _deciding(self, answer: str) -> tuple[Rating, ...]:
        if self.adjudication is not None and getattr(self.adjudication, answer) is not None:
            return (self.adjudication,)
        return self.ratings


def settled(votes: Iterable[bool | None]) -> bool | None:
    """Return whether more than half of the given answers are yes, None without an answer."""
    given = [vote for vote in votes if vote is not None]
    return 2 * sum(given) > len(given) if given else None


def settled_grade(grades: Iterable[Grade | None]) -> Grade | None:
    """Return the middle grade, the worse of two middle ones, None without a grade."""
    given = sorted(grade for grade in grades if grade is not None)
    return given[len(given) // 2] if given else None
