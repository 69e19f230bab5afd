"""The people of a pool compared: grades, pace and drift over time, and two of them side by side.

What others gave an item could colour one's own answer. So an item that a queue still waits for is in no comparison and
in no list, but for one's own ratings; shares and paces of people are of all their ratings, as on the list of reviewers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from core.database import Database
from core.records import Grade
from core.review.progress import pace
from core.review.rows import rating_history

VERDICTS = (*(grade.value for grade in Grade), "valid", "invalid")  # the last two where no grade was given
LEAST_IN_BLOCK, BLOCKS = 10, 12  # ratings that a point over time stands for at least, and about how many points


class Verdict(NamedTuple):  # a dataclass takes four times as long to make, and a pool may have a hundred thousand
    """A current rating: what it says of which item; `is_open`: it may be shown with its item to who asked."""

    instance_id: int
    task_id: int
    reviewer: str
    said: str
    is_valid: bool | None
    at: float
    from_file: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class VerdictCell:
    """How often the first said this and the second that, and of which tasks."""

    first: str
    second: str
    task_ids: tuple[int, ...]

    @property
    def n(self) -> int:
        return len(self.task_ids)


@dataclass(frozen=True, slots=True)
class TwoReviewers:
    """Two reviewers on the items that both have rated. `hidden`: items that a queue still waits for, left out."""

    first: str
    second: str
    cells: tuple[VerdictCell, ...]
    hidden: int

    @property
    def n(self) -> int:
        return sum(cell.n for cell in self.cells)

    @property
    def same(self) -> int:
        return sum(cell.n for cell in self.cells if cell.first == cell.second)


@dataclass(frozen=True, slots=True)
class RatingBlock:
    """Some ratings of a reviewer in a row: the time of the middle one, their pace, and how many were valid."""

    at: float
    n: int
    per_hour: float | None
    valid: int
    judged: int
    task_ids: tuple[int, ...]  # those that may be listed


@dataclass(frozen=True)
class ComparedReviewers:
    """Every current rating at a pool's desk, in the order in which they were stored."""

    verdicts: tuple[Verdict, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._by_reviewer))

    def of(self, reviewer: str) -> Sequence[Verdict]:
        return self._by_reviewer.get(reviewer, ())

    @cached_property
    def _by_reviewer(self) -> Mapping[str, Sequence[Verdict]]:
        found: dict[str, list[Verdict]] = {}
        for one in self.verdicts:
            found.setdefault(one.reviewer, []).append(one)
        return found

    def grades(self, reviewer: str) -> Mapping[str, int]:
        """How often the reviewer said each of VERDICTS, without those never said."""
        counts = Counter(one.said for one in self.of(reviewer))
        return {said: counts[said] for said in VERDICTS if counts[said]}

    def listed(self, reviewer: str, said: str) -> tuple[int, ...]:
        """The tasks of which the reviewer said that, as far as they may be listed."""
        return _tasks(one for one in self.of(reviewer) if one.said == said)

    def two(self, first: str, second: str) -> TwoReviewers:
        """Two reviewers on the items that both have rated."""
        theirs = {one.instance_id: one for one in self.of(second)}
        both = [(one, theirs[one.instance_id]) for one in self.of(first) if one.instance_id in theirs]
        shown = [pair for pair in both if all(one.is_open for one in pair)]
        cells: dict[tuple[str, str], list[Verdict]] = {}
        for mine, other in shown:
            cells.setdefault((mine.said, other.said), []).append(mine)
        ordered = sorted(cells, key=lambda pair: (VERDICTS.index(pair[0]), VERDICTS.index(pair[1])))
        found = tuple(VerdictCell(*pair, tuple(one.task_id for one in cells[pair])) for pair in ordered)
        return TwoReviewers(first, second, found, len(both) - len(shown))

    def every_two(self) -> tuple[TwoReviewers, ...]:
        """Every two who have an item in common."""
        pairs = (self.two(first, second) for first, second in combinations(self.names, 2))
        return tuple(two for two in pairs if two.n or two.hidden)

    def over_time(self, reviewer: str) -> tuple[RatingBlock, ...]:
        """The reviewer's ratings in blocks of equal size, earliest first; what a file brought is in none of them."""
        own = sorted((one for one in self.of(reviewer) if not one.from_file), key=lambda one: one.at)
        size = max(LEAST_IN_BLOCK, -(-len(own) // BLOCKS))
        blocks = [own[start : start + size] for start in range(0, len(own), size)]
        if len(blocks) > 1 and len(blocks[-1]) < LEAST_IN_BLOCK:  # too few to be a point of their own
            blocks[-2:] = [blocks[-2] + blocks[-1]]
        return tuple(_block(block) for block in blocks if len(block) >= LEAST_IN_BLOCK)


def compared(database: Database, pool_id: int, viewer: str) -> ComparedReviewers:
    """The people of a pool, as far as a viewer may see what they said."""
    with database.read() as c:
        rows = rating_history.judged(c, pool_id)
    return ComparedReviewers(
        tuple(
            Verdict(
                instance_id,
                task_id,
                reviewer,
                grade or ("valid" if valid else "invalid"),
                valid if valid is not None or grade is None else Grade(grade).is_valid,
                at,
                from_file,
                not waits or reviewer == viewer,
            )
            for _, instance_id, task_id, reviewer, grade, valid, at, from_file, waits in rows
            if grade is not None or valid is not None
        )
    )


def _block(block: Sequence[Verdict]) -> RatingBlock:
    judged = [one.is_valid for one in block if one.is_valid is not None]
    return RatingBlock(
        block[len(block) // 2].at,
        len(block),
        pace([one.at for one in block]),
        sum(judged),
        len(judged),
        _tasks(block),
    )


def _tasks(some: Iterable[Verdict]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(one.task_id for one in some if one.is_open))
