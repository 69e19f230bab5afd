"""Where reviewers differ: the items, all answers side by side, and the last word. And answers known beforehand."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.database import Database
from core.pool import items, judging, standing
from core.pool.items import Item
from core.pool.judgement import FINAL, GOLD, OPEN_DESK, Act, Judgement
from core.pool.standing import ANYTHING
from core.records import Grade, Rating, Refused
from core.review.rows import rating_history


@dataclass(frozen=True, slots=True)
class Difference:
    """An item on which current ratings differ, with those that its finished queues asked for.

    `seen`: every word on it that stood when it was looked at, by id; the last word names it.
    """

    item: Item
    ratings: tuple[Rating, ...]
    seen: tuple[int, ...]

    def is_party(self, reviewer: str) -> bool:
        """Whether one of the answers that differ is this reviewer's own."""
        return any(rating.reviewer == reviewer for rating in self.ratings)


@dataclass(frozen=True, slots=True)
class Walk:
    """Where somebody is among the differences: `shown` stands at `place` of the `waiting` instances.

    `last`: their latest last word, which undo takes back, on an item with the instruction `about`. `undone`: the one
    that redo gives again, where taking it back was the last that they did. `settled` items have a last word,
    `by_a_party` of them by somebody who had rated the item.
    """

    waiting: tuple[int, ...]
    place: int
    shown: Difference | None
    last: Act | None
    undone: Act | None
    about: str
    settled: int
    by_a_party: int


def walk(database: Database, pool_id: int, viewer: str, at: int = 0, limit: int = 1000) -> Walk:
    """The differences that a viewer may see, and the one at or after the instance `at`, else the first."""
    with database.read() as c:
        ids = waiting(c, pool_id, viewer, limit=limit)
        place = bisect_left(ids, at)
        place = place if place < len(ids) else 0
        last = latest_word(c, pool_id, viewer)
        about = items.instruction_of(c, last.instance_id) if last else ""
        shown = get(c, ids[place]) if ids else None
        undone = _undone(c, pool_id, viewer)
        return Walk(
            tuple(ids), place, shown, last, undone[1] if undone else None, about, *rating_history.settled(c, pool_id)
        )


def waiting(c: sa.Connection, pool_id: int, viewer: str, after_id: int = 0, limit: int = 200) -> list[int]:
    """Instances that wait for a last word and whose answers the viewer may see, in order, read by key.

    An item stays away while a queue waits for ratings of it: seen here, others' grades would colour one's own.
    """
    return rating_history.differing(c, pool_id, viewer, after_id, limit)


def get(c: sa.Connection, instance_id: int) -> Difference:
    """One of them with the answers that its finished queues asked for."""
    asked_for = rating_history.asked_for(c, instance_id)
    return Difference(items.get(c, instance_id), tuple(asked_for), _words_on(c, instance_id))


def last_word(
    database: Database,
    instance_id: int,
    text_hash: str,
    said: Judgement,
    adjudicator: str,
    seen: Sequence[int] | None = None,
) -> int:
    """Settle what an item counts as; the reviewers' own ratings, and their agreement, stay what they were.

    Refused where the text was edited or taken out, where nobody's rating of it stands, and where somebody has said
    something of it since it was `seen`.
    """
    with database.write() as c:
        standing.must_be_accepted(c, instance_id)
        if not standing.current(c, instance_id):
            raise Refused("Nobody's rating of this text stands; there is nothing to settle.")
        if seen is not None and _words_on(c, instance_id) != tuple(seen):
            raise Refused("Somebody has rated or settled this item since it was shown; look at it again.")
        return judging.rate(c, instance_id, adjudicator, text_hash, said, FINAL)


def latest_word(c: sa.Connection, pool_id: int, adjudicator: str) -> Act | None:
    """The adjudicator's latest last word that has not been taken back, or None."""
    return judging.latest(c, pool_id, adjudicator, (FINAL,))


def known_answer(
    database: Database, instance_id: int, text_hash: str, grade: Grade, actor: str, seen: int | None = ANYTHING
) -> int:
    """Store the known answer to this very text, so that it can be mixed into queues as a gold item.

    Refused where this person's known answer is no longer the one that was `seen` (None for none).
    """
    with database.write() as c:
        standing.must_be_accepted(c, instance_id)
        return judging.rate(c, instance_id, actor, text_hash, Judgement(grade), GOLD, seen=seen)


def known(database: Database, instance_id: int, actor: str) -> Act | None:
    """The known answer to an item's present text that this person gave, or None."""
    with database.read() as c:
        return known_by(c, instance_id, actor)


def known_by(c: sa.Connection, instance_id: int, actor: str) -> Act | None:
    """The same, inside a transaction that is open."""
    for one in standing.current(c, instance_id, GOLD):
        if one.reviewer == actor:
            return Act(one.id, instance_id, GOLD, "rate", one.text_hash, Judgement(one.grade, note=one.note), one.at)
    return None


def take_back(database: Database, pool_id: int, actor: str, act: Act) -> int:
    """Undo a last word or a known answer by an event, and return its instance; an earlier one of theirs stands again.

    Refused where it has been taken back already.
    """
    with database.write() as c:
        stands = judging.latest(c, pool_id, actor, (act.round,), before_id=act.id + 1)
        if stands is None or stands.id != act.id:
            raise Refused("It has been taken back in another window already; nothing was changed.")
        return judging.take_back(c, pool_id, actor, act)


def redo(database: Database, pool_id: int, actor: str, expected: Act) -> int:
    """Give the last word again that was taken back last, as it was, and return its instance.

    Refused where something else was done since, where somebody has rated or settled the item since, or where its text
    was edited or taken out.
    """
    with database.write() as c:
        undone = _undone(c, pool_id, actor)
        if undone is None or undone[1].id != expected.id:
            raise Refused("Something else was done since it was taken back; settle the item as you see it now.")
        when, word = undone
        standing.must_be_accepted(c, word.instance_id)
        if any(one > when for one in _words_on(c, word.instance_id)):
            raise Refused("Somebody has rated or settled this item since; look at it again.")
        judging.rate(c, word.instance_id, actor, word.text_hash, word.said, FINAL)
        return word.instance_id


def answers_known(c: sa.Connection, pool_id: int) -> int:
    """How many texts of a pool have a known answer."""
    return rating_history.answers_known(c, pool_id)


def _undone(c: sa.Connection, pool_id: int, actor: str) -> tuple[int, Act] | None:
    """The undoing that is this person's very last act on last words, and what it took back; else None."""
    return judging.latest_undone(c, pool_id, actor, (FINAL,))


def _words_on(c: sa.Connection, instance_id: int) -> tuple[int, ...]:
    """Ratings and last words of an item's present text, by id."""
    return tuple(one.id for round in (OPEN_DESK, FINAL) for one in standing.current(c, instance_id, round))
