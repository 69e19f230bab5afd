"""What the ratings of one instance come to under a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.records import Grade
from core.release.predicate import Disagreement, Predicate
from core.release.reasons import Reason
from core.release.row import Judged
from core.release.rows.release_rows import StandingRating

POINTS = {grade.value: points for grade, points in zip(Grade, (4, 3, 2, 1), strict=True)}
RatingsFault = Literal["", "disagreement", "invalid", "grade"]
FAULTS: Mapping[RatingsFault, Reason] = {
    "disagreement": Reason.DISAGREEMENT,
    "invalid": Reason.INVALID,
    "grade": Reason.GRADE,
}


@dataclass(frozen=True, slots=True)
class RatingsVerdict:
    """How many people rated the present text, how many only an older one, and what speaks against it, if anything."""

    current: int = 0
    stale: int = 0
    fault: RatingsFault = ""


def verdict(said: Sequence[StandingRating], rule: Predicate) -> RatingsVerdict:
    """Return what the standing ratings of one instance come to; those of an older text are counted and not heard.

    An adjudicator's word, where there is one, decides what the ratings come to; it is no rating, and settles nothing
    where there are none. A yes-or-no rating without a grade stands for B or D.
    """
    current = [one for one in said if one.is_current]
    people = {one.reviewer for one in current if not one.is_final}  # as `core.pool.standing.recount` counts them
    stale = {one.reviewer for one in said} - people
    final = [one for one in current if one.is_final]
    heard = final[-1:] or current if people else []
    return RatingsVerdict(len(people), len(stale), _fault(heard, bool(final), rule) if heard else "")


def judged(said: Sequence[StandingRating], disagreement: Disagreement) -> Judged:
    """Return whether the present text is valid by its ratings, its mean grade (A 4 to D 1) and how many there are.

    Who is heard, and what counts where they differ, is as in `verdict`.
    """
    current = [one for one in said if one.is_current]
    final = [one for one in current if one.is_final]
    heard = final[-1:] or current
    if len(final) == len(current):  # a last word settles nothing where nobody rated
        return Judged()
    fault = _fault(heard, bool(final), Predicate(valid=True, min_grade=None, disagreement=disagreement))
    points = [POINTS[one.grade or _stand_in(_is_valid(one))] for one in heard]
    return Judged({"": True, "invalid": False}.get(fault), round(sum(points) / len(points), 4), len(heard))


def _fault(heard: Sequence[StandingRating], is_settled: bool, rule: Predicate) -> RatingsFault:
    differ = len({one.grade for one in heard} - {None}) > 1 or len({_is_valid(one) for one in heard}) > 1
    if rule.disagreement == Disagreement.ADJUDICATED and differ and not is_settled:
        return "disagreement"
    faults = [_fault_of(one.grade, _is_valid(one), rule) for one in heard]
    if rule.disagreement == Disagreement.MEDIAN:
        return _fault_of(_middle_grade(heard), 2 * sum(map(_is_valid, heard)) > len(heard), rule)
    if rule.disagreement == Disagreement.MAJORITY:
        passes = 2 * faults.count("") > len(faults)
    else:
        passes = not any(faults)
    if passes:
        return ""
    return "disagreement" if "" in faults else next(fault for fault in faults if fault)


def _fault_of(grade: str | None, is_valid: bool, rule: Predicate) -> RatingsFault:
    if rule.valid and not is_valid:
        return "invalid"
    if rule.min_grade is None:
        return ""
    return "grade" if (grade or _stand_in(is_valid)) > rule.min_grade else ""


def _middle_grade(heard: Sequence[StandingRating]) -> str:
    grades = sorted(one.grade or _stand_in(_is_valid(one)) for one in heard)
    return grades[len(grades) // 2]


def _is_valid(one: StandingRating) -> bool:
    return bool(one.valid) if one.valid is not None else one.grade is not None and Grade(one.grade).is_valid


def _stand_in(is_valid: bool) -> str:
    return Grade.B if is_valid else Grade.D
