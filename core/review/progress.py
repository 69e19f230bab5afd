"""How far a queue and its reviewers are: pace, time left, grades, agreement with others, with gold and with oneself."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

import sqlalchemy as sa

from core.database import Database
from core.pool import tallies
from core.records import Rating
from core.review.dwell import DWELL_S
from core.review.rows import queues, rating_history
from core.review.rows.queues import Queue
from core.statistics.agreement import Agreement, agreement, validity

_BREAK_S = 300.0  # a longer gap between two ratings was a break, not work


@dataclass(frozen=True, slots=True)
class Share:
    """So many of n were the same; `share` is None where n is 0."""

    same: int
    n: int

    @property
    def share(self) -> float | None:
        return self.same / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class ReviewerProgress:
    """One reviewer in a pool. `per_hour` is None until there are three ratings without a long break between.

    `in_queue` items of the queue asked for are rated by them, and `left` wait for them; None where none was asked for.
    """

    reviewer: str
    rated: int
    in_queue: int | None
    left: int | None
    per_hour: float | None
    grades: Mapping[str, int]
    with_others: Share
    with_gold: Share
    with_self: Share


def pace(times: Sequence[float]) -> float | None:
    """Ratings an hour from the times of the latest ones; None where there are too few.

    Breaks are left out, and what came faster than a desk takes a key: verbs and files gave that, and nobody read it.
    """
    gaps = [abs(later - earlier) for later, earlier in pairwise(times)]
    worked = [gap for gap in gaps if DWELL_S <= gap < _BREAK_S]
    return 3600.0 * len(worked) / sum(worked) if len(worked) >= 2 else None


def left_for(c: sa.Connection, queue: Queue, reviewer: str) -> int:
    """How many items of a queue wait for this reviewer: those that they have neither rated nor skipped."""
    return left(queue, rating_history.answered_but_waiting(c, queue.id, reviewer))


def left(queue: Queue, answered: int) -> int:
    """The same, where so many of the waiting items are known to be answered by the reviewer already."""
    return max(0, queue.waiting - answered)


def seconds_left(items: int, per_hour: float | None) -> float | None:
    """How long so many items take at that pace; None without a pace."""
    return items / per_hour * 3600.0 if per_hour else None


def of_reviewers(c: sa.Connection, pool_id: int, queue_id: int | None = None) -> list[ReviewerProgress]:
    """Every reviewer of a pool, in order of name. The same means the same grade, or the same valid or not."""
    queue = None if queue_id is None else queues.get(c, queue_id)
    by_item: dict[tuple[int, str], list[Rating]] = {}
    for one in rating_history.shared(c, pool_id):
        by_item.setdefault((one.instance_id, one.text_hash), []).append(one)
    with_others: dict[str, list[tuple[Rating, Rating]]] = {}
    for rated in by_item.values():
        for mine, other in permutations(rated, 2):
            with_others.setdefault(mine.reviewer, []).append((mine, other))
    gold, said_of_gold = rating_history.against_gold(c, pool_id)
    first, second = rating_history.repeats(c, pool_id)
    said = tallies.said_so_far(c, pool_id)
    found = []
    for reviewer in rating_history.reviewers(c, pool_id):
        grades = rating_history.grades(c, pool_id, reviewer)
        on_gold = [both for both in zip(gold, said_of_gold, strict=True) if both[1].reviewer == reviewer]
        on_repeats = [both for both in zip(first, second, strict=True) if both[0].reviewer == reviewer]
        found.append(
            ReviewerProgress(
                reviewer,
                sum(grades.values()),
                None if queue is None else _rated_in(c, queue, reviewer, said),
                None if queue is None else left_for(c, queue, reviewer),
                pace(rating_history.times(c, pool_id, reviewer)),
                grades,
                _share(with_others.get(reviewer, [])),
                _share(on_gold),
                _share(on_repeats),
            )
        )
    return found


def _rated_in(c: sa.Connection, queue: Queue, reviewer: str, said: Hashable) -> int:
    moment = (said, queue.waiting, queue.done)
    return tallies.kept(
        c,
        ("rated in queue", queue.id, reviewer),
        moment,
        lambda: rating_history.rated_in_queue(c, queue.id, reviewer),
    )


def pool_agreement(c: sa.Connection, pool_id: int) -> Agreement:
    """The agreement of all reviewers on the present texts of a pool."""
    return agreement(rating_history.shared(c, pool_id))


def agreement_of(database: Database, pool_id: int) -> Agreement:
    """The same, as an act."""
    with database.read() as c:
        return pool_agreement(c, pool_id)


def people_of(database: Database, pool_id: int) -> list[ReviewerProgress]:
    """Every reviewer of a pool, as an act."""
    with database.read() as c:
        return of_reviewers(c, pool_id)


def rated_by(database: Database, pool_id: int, reviewer: str) -> int:
    """How many of a pool's items this reviewer has rated at the desk."""
    with database.read() as c:
        return sum(rating_history.grades(c, pool_id, reviewer).values())


def _share(pairs: Sequence[tuple[Rating, Rating]]) -> Share:
    compared = [_same(one, other) for one, other in pairs]
    known = [same for same in compared if same is not None]
    return Share(sum(known), len(known))


def _same(one: Rating, other: Rating) -> bool | None:
    if one.grade is not None and other.grade is not None:
        return one.grade is other.grade
    mine, theirs = validity(one), validity(other)
    return None if mine is None or theirs is None else mine == theirs
