"""Where reviewers differ: the items, all answers side by side, and the last word. And answers known beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.records import Grade, Rating
from core.store import Database, items, rating_history, reviews
from core.store.items import Item
from core.store.reviews import FINAL, GOLD, Judgement


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


def known_answer(database: Database, instance_id: int, text_hash: str, grade: Grade, actor: str) -> int:
    """Store the known answer to this very text, so that it can be mixed into queues as a gold item."""
    with database.write() as c:
        return reviews.rate(c, instance_id, actor, text_hash, Judgement(grade), GOLD)


def answers_known(c: sa.Connection, pool_id: int) -> int:
    """How many texts of a pool have a known answer."""
    return len(rating_history.of_pool(c, pool_id, (GOLD,)))
