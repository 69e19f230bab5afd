"""Where reviewers differ: the items, all answers side by side, and the last word. And answers known beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.database import Database
from core.pool import items, reviews
from core.pool.items import Item
from core.pool.reviews import FINAL, GOLD, Act, Judgement
from core.records import Grade, Rating, Refused
from core.review.rows import rating_history


@dataclass(frozen=True, slots=True)
class Difference:
    """An item on which current ratings differ, with all of them."""

    item: Item
    ratings: tuple[Rating, ...]


def waiting(c: sa.Connection, pool_id: int, viewer: str, after_id: int = 0, limit: int = 200) -> list[int]:
    """Instances that wait for a last word and whose answers the viewer may see, in order, read by key.

    An item stays away while a queue waits for ratings of it: seen here, others' grades would colour one's own.
    """
    return rating_history.differing(c, pool_id, viewer, after_id, limit)


def get(c: sa.Connection, instance_id: int) -> Difference:
    """One of them with everybody's answers."""
    return Difference(items.get(c, instance_id), tuple(reviews.current(c, instance_id)))


def last_word(database: Database, instance_id: int, text_hash: str, said: Judgement, adjudicator: str) -> int:
    """Settle what an item counts as; the reviewers' own ratings, and their agreement, stay what they were."""
    with database.write() as c:
        return reviews.rate(c, instance_id, adjudicator, text_hash, said, FINAL)


def latest_word(c: sa.Connection, pool_id: int, adjudicator: str) -> Act | None:
    """The adjudicator's latest last word that has not been taken back, or None."""
    return reviews.latest(c, pool_id, adjudicator, (FINAL,))


def known_answer(database: Database, instance_id: int, text_hash: str, grade: Grade, actor: str) -> int:
    """Store the known answer to this very text, so that it can be mixed into queues as a gold item."""
    with database.write() as c:
        return reviews.rate(c, instance_id, actor, text_hash, Judgement(grade), GOLD)


def known_by(c: sa.Connection, instance_id: int, actor: str) -> Act | None:
    """The known answer to an item's present text that this person gave, or None."""
    for one in reviews.current(c, instance_id, GOLD):
        if one.reviewer == actor:
            return Act(one.id, instance_id, GOLD, "rate", one.text_hash, Judgement(one.grade, note=one.note), one.at)
    return None


def take_back(database: Database, pool_id: int, actor: str, act: Act) -> int:
    """Undo a last word or a known answer by an event, and return its instance; an earlier one of theirs stands again.

    Refused where it has been taken back already.
    """
    with database.write() as c:
        stands = reviews.latest(c, pool_id, actor, (act.round,), before_id=act.id + 1)
        if stands is None or stands.id != act.id:
            raise Refused("It has been taken back in another window already; nothing was changed.")
        return reviews.take_back(c, pool_id, actor, act)


def answers_known(c: sa.Connection, pool_id: int) -> int:
    """How many texts of a pool have a known answer."""
    return len(rating_history.of_pool(c, pool_id, (GOLD,)))
